"""The board in a real browser, over the real API and database."""

import pytest

from tests.fixtures import builders

pytestmark = [pytest.mark.browser, pytest.mark.postgres]

READY = "document.getElementById('board')?.dataset.state === 'ready'"
REFRESH = "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'r'}))"


def card(race_id, what="innerText"):
    return f"document.querySelector('[data-key=\"{race_id}\"]')?.{what}"


def stage(name):
    return f"document.getElementById('stage-{name}').innerText"


def opened(page, site, path="/"):
    page.open(site.url + path)
    page.wait_for(READY)
    return page


def test_races_stand_in_their_stage_with_prices_and_favourite_first(page, day, site):
    soon = day.write(1, starts_in_s=120, prices=[8, 2.4, None, 15])
    later = day.write(2, starts_in_s=40 * 60, prices=[3.1, 4])
    opened(page, site)
    assert "R1 Awapuni" in page.evaluate(stage("at_post"))
    assert "R2 Awapuni" in page.evaluate(stage("pre_race"))
    rows = page.evaluate(
        f"[...{card(soon, 'querySelectorAll')}('.runners li')].map(li => li.innerText.split('\\n').join(' '))"
    )
    assert [row.split()[0] for row in rows] == ["2", "1", "4", "3"]
    assert rows[0].endswith("2.40")
    assert rows[3].endswith("–"), "an unknown price is no number"
    assert "3.10" in page.evaluate(card(later))
    assert page.errors == []


def test_a_new_answer_moves_the_price_in_place_and_marks_it(page, day, site):
    race = day.write(1, starts_in_s=200, prices=[3, 4])
    opened(page, site)
    page.evaluate(f"window.node = document.querySelector('[data-key=\"{race}\"]')")
    day.write(1, starts_in_s=200, prices=[2.5, 4.6])
    page.wait_for(f"{card(race)}.includes('2.50')")
    assert page.evaluate(f"window.node === document.querySelector('[data-key=\"{race}\"]')"), "the card was made anew"
    moves = page.evaluate(
        f"[...{card(race, 'querySelectorAll')}('.runners li')].map(li => [li.dataset.move, li.title])"
    )
    assert moves == [["shortened", "shortened from 3.00"], ["drifted", "drifted from 4.00"]]


def test_the_countdown_runs_and_tells_both_times_on_hover(page, day, site):
    race = day.write(1, starts_in_s=250, prices=[3, 4])
    opened(page, site)
    reading = card(race, "querySelector('.countdown').textContent")
    before = page.evaluate(reading)
    assert before.startswith(("04:", "03:"))
    page.wait_for(f"{reading} !== '{before}'")
    assert "New Zealand" in page.evaluate(card(race, "querySelector('.countdown').title"))


def test_old_prices_are_called_stale_and_say_their_age(page, day, site):
    old = day.write(1, starts_in_s=150, prices=[3, 4], polled_ago_s=300)
    fresh = day.write(2, starts_in_s=200, prices=[3, 4])
    opened(page, site)
    assert "stale" in page.evaluate(card(old))
    assert "5 min ago" in page.evaluate(card(old))
    assert "stale" not in page.evaluate(card(fresh))


def test_a_stopped_api_shows_as_offline_and_comes_back(page, day, site):
    race = day.write(1, starts_in_s=250, prices=[3, 4])
    opened(page, site)
    site.stop()
    page.evaluate(REFRESH)
    page.wait_for("document.body.classList.contains('offline')")
    said = page.evaluate("document.getElementById('connection').textContent")
    assert said.startswith("offline · last answer ")
    assert "3.00" in page.evaluate(card(race)), "what was known stays to be read"
    day.write(1, starts_in_s=250, prices=[2.8, 4])
    site.start()
    page.wait_for(f"!document.body.classList.contains('offline') && {card(race)}.includes('2.80')", within_s=60)
    assert page.evaluate("document.getElementById('announce').textContent") == "back online"


def test_an_abandoned_race_is_finished_and_not_run(page, day, site):
    race = day.write(1, starts_in_s=3600, prices=[3, 4], status="Abandoned")
    opened(page, site)
    assert "R1" in page.evaluate(stage("finished"))
    assert "not run" in page.evaluate(card(race))


def test_a_final_race_names_its_winners(page, day, site):
    race = day.write(
        1, starts_in_s=-600, prices=[3, 4, 6], status="Final",
        results=[builders.result(1, 3), builders.result(2, 1), builders.result(3, 2)],
        dividends=[builders.dividend()],
    )  # fmt: skip
    opened(page, site)
    page.wait_for(f"{card(race)}.includes('1st')")
    rows = page.evaluate(f"[...{card(race, 'querySelectorAll')}('.runners li')].map(li => li.innerText)")
    assert "1st" in rows[0]
    assert "3 Runner 3" in rows[0]


def test_the_keyboard_walks_over_the_cards_and_opens_a_race(page, day, site):
    first = day.write(1, starts_in_s=120, prices=[3, 4])
    second = day.write(2, starts_in_s=180, prices=[3, 4])
    opened(page, site)
    focused = "document.activeElement.closest('.card')?.dataset.key"
    page.press("ArrowDown")
    assert page.evaluate(focused) == first
    page.press("ArrowDown")
    assert page.evaluate(focused) == second
    assert page.evaluate("document.querySelectorAll('.card a[tabindex=\"0\"]').length") == 1
    page.press("Enter")
    page.wait_for(
        "location.pathname.endsWith('/race.html') && document.getElementById('sheet')?.dataset.state === 'ready'"
    )
    assert second in page.evaluate("location.search")


def test_focus_stays_on_its_race_when_the_board_is_refreshed(page, day, site):
    race = day.write(1, starts_in_s=302, prices=[3, 4])
    opened(page, site)
    page.press("ArrowDown")
    page.wait_for(f"{stage('at_post')}.includes('R1')")
    assert page.evaluate("document.activeElement.closest('.card')?.dataset.key") == race


def test_slash_filters_and_question_mark_helps(page, day, site):
    day.write(1, starts_in_s=120, prices=[3, 4])
    day.write(2, starts_in_s=180, prices=[3, 4], course="Te Rapa")
    opened(page, site)
    page.press("/")
    for letter in "rapa":
        page.press(letter)
    page.wait_for("document.getElementById('shown').textContent === '1 of 2 races'")
    page.press("Escape")
    page.wait_for("document.getElementById('shown').textContent === '2 races'")
    page.press("?")
    assert page.evaluate("document.getElementById('help').open")
    page.press("Enter")
    page.wait_for("!document.getElementById('help').open")
    assert page.errors == []


def test_the_filter_is_remembered(page, day, site):
    day.write(1, starts_in_s=120, prices=[3, 4])
    day.write(2, starts_in_s=180, prices=[3, 4], course="Randwick", country="AUS")
    opened(page, site)
    page.evaluate("document.querySelector('[name=country][value=AUS]').click()")
    page.wait_for("document.querySelectorAll('.card').length === 1")
    opened(page, site)
    assert page.evaluate("document.querySelectorAll('.card').length") == 1
    assert "R2 Randwick" in page.evaluate("document.getElementById('board').innerText")


@pytest.mark.parametrize("path", ["/", "/static/status.html", "race"])
def test_nothing_scrolls_sideways_at_360_pixels(page, day, site, path):
    race = day.write(
        1, starts_in_s=120, prices=[3, 4, 5], course="A Course With A Very Long Name Indeed Upon The Water"
    )
    page.viewport(360, 740)
    page.open(site.url + (f"/static/race.html?race_id={race}" if path == "race" else path))
    page.wait_for("document.querySelector('[data-state=ready]') !== null")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.errors == []


def test_markup_in_a_name_is_shown_as_text(page, day, site):
    name = "<img src=x onerror=alert(1)>"
    race = day.write(1, starts_in_s=120, prices=[3, 4], course=name, runners={1: {"name": name}})
    opened(page, site)
    assert page.evaluate(f"{card(race)}.split('{name}').length") == 3
    assert page.evaluate("document.querySelectorAll('main img').length") == 0
    assert page.errors == []


def test_an_empty_database_shows_an_empty_board(page, site):
    opened(page, site)
    assert page.evaluate("document.getElementById('shown').textContent") == "0 races"
    assert "no race here now" in page.evaluate(stage("at_post"))
    assert page.errors == []
