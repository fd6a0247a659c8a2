"""The race and status pages in a real browser, over the real API and database."""

import psycopg
import pytest

from shared.clock import real_now
from tests.fixtures import builders

pytestmark = [pytest.mark.browser, pytest.mark.postgres]

READY = "document.getElementById('sheet')?.dataset.state === 'ready'"


def opened(page, site, race_id):
    page.open(f"{site.url}/static/race.html?race_id={race_id}")
    page.wait_for(READY)
    return page


def cells(number):
    """Return the expression for the texts of a runner's row."""
    return f"[...document.querySelectorAll('#runners tr')[{number - 1}].children].map(cell => cell.innerText.trim())"


def test_runners_show_prices_money_and_dashes_for_the_unknown(page, day, site):
    ids = [builders.identity(builders.identity("browser race", 1), "runner", at) for at in (1, 2)]
    tracker = builders.tracker([(ids[0], 10, 8), (ids[1], 15, 9), (ids[0], 3, 1)])
    race = day.write(1, starts_in_s=200, prices=[3, None, 5], money_tracker=tracker)
    opened(page, site, race)
    first, second = page.evaluate(cells(1)), page.evaluate(cells(2))
    assert first[0] == "1"
    assert first[1].startswith("Runner 1")
    assert first[4:6] == ["3.00", "1.50"]
    assert first[8] == "13%", "the tracker's two rows of the runner are added up"
    assert second[4] == "–"
    assert "$9,151" in page.evaluate("document.getElementById('pools').innerText")
    assert page.evaluate("document.getElementById('pools').innerText.includes('–')"), "an unknown pool is no number"
    assert page.errors == []


def test_a_scratched_runner_is_struck_through_and_has_no_price(page, day, site):
    race = day.write(1, starts_in_s=200, prices=[3, 4, 5], runners={2: {"is_scratched": True, "scratch_time": 1}})
    opened(page, site, race)
    second = page.evaluate(cells(2))
    assert "scratched" in second[1]
    assert second[4] == "–"
    style = "getComputedStyle(document.querySelectorAll('#runners .name')[1]).textDecorationLine"
    assert page.evaluate(style) == "line-through"
    assert "2 runners" in page.evaluate("document.getElementById('race-facts').textContent")


def test_a_price_history_is_drawn_and_told_in_words(page, day, site):
    for price in (5, 4.2, 3.6):
        race = day.write(1, starts_in_s=200, prices=[price, 4])
    opened(page, site, race)
    spark = "document.querySelector('#runners .spark')"
    assert page.evaluate(f"{spark}.querySelector('path').getAttribute('d')").startswith("M")
    assert "to 3.60" in page.evaluate(f"{spark}.getAttribute('aria-label')")


def test_results_and_dividends_are_shown_once_final(page, day, site):
    race = day.write(
        1, starts_in_s=-600, prices=[3, 4, 6], status="Final",
        results=[builders.result(1, 3), builders.result(2, 1)],
        dividends=[builders.dividend(amount=3.6, status="Interim"), builders.dividend(amount=3.7)],
    )  # fmt: skip
    opened(page, site, race)
    assert "Runner 3" in page.evaluate("document.querySelector('#placings tr').innerText")
    dividends = page.evaluate("document.getElementById('dividends').innerText")
    assert "$3.70" in dividends
    assert "$3.60" not in dividends, "final replaces interim"


def test_an_unknown_race_is_said_to_be_unknown(page, site):
    page.open(f"{site.url}/static/race.html?race_id=nothing")
    page.wait_for("document.getElementById('title').textContent === 'There is no such race'")


def test_the_status_page_says_that_no_worker_ever_was(page, site):
    page.open(f"{site.url}/static/status.html")
    page.wait_for(READY)
    assert page.evaluate("document.getElementById('no-workers').hidden") is False
    page.wait_for("document.getElementById('workers').textContent === 'no worker'")
    assert page.errors == []


def test_a_worker_heartbeat_is_shown(page, site, database_url):
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """INSERT INTO worker_status (worker_id, host, pid, version, started_at, heartbeat_at, heartbeat_real,
                 is_leader, lateness_p50_ms, lateness_p99_ms) VALUES ('w1', 'h', 1, '0', %(now)s, %(now)s, %(now)s,
                 true, 20, 84)""",
            {"now": real_now()},
        )
    page.open(f"{site.url}/static/status.html")
    page.wait_for(READY)
    assert "leader" in page.evaluate("document.getElementById('worker-rows').innerText")
    page.wait_for("/workers \\d+ s ago · polls 84 ms late/.test(document.getElementById('workers').textContent)")
