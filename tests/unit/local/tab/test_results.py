from datetime import UTC, date, datetime, timedelta

import pytest

from local.tab.event_json import Asked, event_data
from local.tab.market import TAKE_OUT, pools
from local.tab.race_day import Recipe, plan_day
from local.tab.results import dividend_rows, order, protest_reason, result_rows
from local.tab.runners import field
from local.tab.story import moment, status_at, tell

RACES = [race for n in range(6) for race in plan_day(Recipe(1, 20), date(2026, 3, 11) + timedelta(days=n)).races]


def first(wanted):
    return next(r for r in RACES if tell(r).abandoned_at is None and not tell(r).bare_final and wanted(tell(r)))


def pays(rows, product, status):
    return {
        row["description"]: row["dividend"] for row in rows if (row["product_name"], row["status"]) == (product, status)
    }


def test_nothing_is_told_before_the_interim():
    race = first(lambda s: not s.photo)
    assert result_rows(race, tell(race).interim - 1) == []
    assert dividend_rows(race, tell(race).interim - 1) == []


def test_interim_dividends_come_first_and_at_the_final_each_is_there_twice():
    race = first(lambda s: not s.photo)
    story = tell(race)
    interim, final = dividend_rows(race, story.interim), dividend_rows(race, story.final)
    assert {row["status"] for row in interim} == {"Interim"}
    for product in ("Pool Win", "Pool Place", "Pool Quinella", "Pool Trifecta", "Pool First4"):
        assert pays(final, product, "Interim") == pays(final, product, "Final") == pays(interim, product, "Interim")
    assert len({row["id"] for row in final}) == len(final) == 2 * len(interim)


def test_the_win_dividend_is_what_the_tote_last_showed():
    race = first(lambda s: not s.dead_heat)
    data = event_data(race, moment(tell(race), tell(race).final + 30), Asked())
    winner = data["results"][0]["runner_number"]
    shown = next(r["odds"]["pool_win"] for r in data["runners"] if r["runner_number"] == winner)
    assert pays(data["dividends"], "Pool Win", "Final") == {str(winner): shown}


def test_a_dead_heat_shares_a_position_and_the_pool():
    race = first(lambda s: s.dead_heat == 1 and s.protest != "upheld")
    at = tell(race).final
    assert [placing.position for placing in order(race, at)][:3] == [1, 1, 3]
    wins = pays(dividend_rows(race, at), "Pool Win", "Final")
    assert len(wins) == 2
    now = pools(race, at)
    for number, paid in wins.items():
        half = now.win_total * (1 - TAKE_OUT["Win"]) / 2 / now.win[int(number)]
        assert paid == pytest.approx(max(1.0, half), abs=0.11)
    assert len(pays(dividend_rows(race, at), "Pool Trifecta", "Final")) == 2


def test_a_dead_heat_for_third_pays_four_places():
    race = first(lambda s: s.dead_heat == 3 and s.protest != "upheld")
    at = tell(race).final
    placings = order(race, at)
    assert [placing.position for placing in placings][:4] == [1, 2, 3, 3]
    if len(placings) >= 8:
        assert len(pays(dividend_rows(race, at), "Pool Place", "Final")) == 4


def test_a_photo_finish_tells_the_winner_alone_at_first():
    race = first(lambda s: s.photo)
    assert len(result_rows(race, tell(race).interim)) == 1
    assert dividend_rows(race, tell(race).interim) == []
    assert len(result_rows(race, tell(race).final)) > 1


def test_an_upheld_protest_changes_result_and_dividends_after_the_final():
    race = first(lambda s: s.protest == "upheld" and not s.dead_heat)
    story = tell(race)
    before, after = result_rows(race, story.final), result_rows(race, story.decided_at)
    assert status_at(story, story.decided_at - 1) == "Final"
    assert [r["runner_number"] for r in after[:2]] == [r["runner_number"] for r in before[:2]][::-1]
    assert pays(dividend_rows(race, story.final), "Pool Win", "Final") != pays(
        dividend_rows(race, story.decided_at), "Pool Win", "Final"
    )
    assert protest_reason(race, story, story.decided_at).startswith("Protest UPHELD")


def test_a_dismissed_protest_changes_nothing_but_the_words():
    race = first(lambda s: s.protest == "dismissed")
    story = tell(race)
    assert result_rows(race, story.interim + 60) == result_rows(race, story.final)
    assert "DISMISSED" in protest_reason(race, story, story.final)


def test_a_final_may_come_without_dividends_and_an_abandoned_race_with_some():
    bare = next(race for race in RACES if tell(race).bare_final and tell(race).abandoned_at is None)
    assert dividend_rows(bare, tell(bare).final) == []
    assert result_rows(bare, tell(bare).final)
    lost = [race for race in RACES if tell(race).abandoned_at is not None]
    told = [dividend_rows(race, tell(race).abandoned_at) for race in lost]
    assert [] in told
    assert [row["positions"] for rows in told for row in rows[:1]] == [None] * sum(map(bool, told))


def test_scratched_runners_are_in_no_result_and_every_other_is():
    for race in RACES[::9]:
        story = tell(race)
        if story.abandoned_at is None:
            gone = {r.number for r in field(race) if r.is_scratched(story.final)}
            told = {row["runner_number"] for row in result_rows(race, story.final)}
            assert told == {r.number for r in field(race)} - gone


def test_favoured_runners_win_more_often():
    places = []
    for race in RACES:
        story = tell(race)
        if story.abandoned_at is None:
            best = max((p.runner for p in order(race, story.final)), key=lambda r: r.chance)
            places.append(order(race, story.final)[0].runner is best)
    assert 0.2 < sum(places) / len(places) < 0.6


def test_an_event_is_the_same_whenever_it_is_asked_for():
    race = RACES[3]
    at = moment(tell(race), tell(race).off - 100)
    once = event_data(race, at, Asked(True, True, True, True, True, True))
    event_data(race, at + 60, Asked())
    again = event_data(race, at, Asked(True, True, True, True, True, True))
    assert once == again
    assert datetime.fromtimestamp(at, UTC).second % 15 == 0
