from datetime import UTC, date, datetime, timedelta

import pytest

from local.tab.card_json import meetings, race_list
from local.tab.race_day import Recipe, find_meeting, find_race, plan_day
from local.tab.runners import field
from local.tab.story import tell
from shared.clock import NZ, racing_day, racing_day_bounds

DAY = date(2026, 7, 18)


@pytest.mark.parametrize("wanted", [10, 12, 40])
@pytest.mark.parametrize("around_the_clock", [True, False])
def test_a_card_has_the_meetings_asked_for_and_others_to_filter_out(wanted, around_the_clock):
    plan = plan_day(Recipe(1, wanted, around_the_clock), DAY)
    kinds = [(m.track.country, m.category) for m in plan.meetings]
    assert sum(country in {"NZ", "AUS"} and category in {"T", "H"} for country, category in kinds) == wanted
    assert {"G"} < {category for _, category in kinds}
    assert {"UK"} < {country for country, _ in kinds}
    assert any(race.number == 0 for race in plan.races if race.meeting.wanted)
    assert len({m.meeting_id for m in plan.meetings}) == len(plan.meetings)
    assert len({race.race_id for race in plan.races}) == len(plan.races)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_there_is_life_at_every_hour_of_every_day_without_a_day_given(seed):
    recipe, now = Recipe(seed), datetime(2026, 4, 3, tzinfo=UTC)  # over the end of New Zealand's summer time
    for _ in range(6 * 72):
        now += timedelta(minutes=10)
        days = (racing_day(now - timedelta(days=1)), racing_day(now), racing_day(now + timedelta(days=1)))
        ahead = [
            (tell(race).programmed - now.timestamp()) / 60
            for day in days
            for race in plan_day(recipe, day).races
            if race.meeting.wanted and race.number
        ]
        assert sum(0 <= minutes < 60 for minutes in ahead) >= 3
        assert sum(-60 <= minutes < 0 for minutes in ahead) >= 2


@pytest.mark.parametrize("day", [date(2026, 4, 5), date(2026, 9, 27), DAY])
@pytest.mark.parametrize("around_the_clock", [True, False])
def test_every_race_lies_in_its_racing_day_also_when_clocks_change(day, around_the_clock):
    begins, ends = racing_day_bounds(day)
    for race in plan_day(Recipe(2, 20, around_the_clock), day).races:
        assert begins.timestamp() <= race.start < ends.timestamp()


def test_a_day_of_its_own_runs_from_late_morning_past_midnight():
    races = [race for race in plan_day(Recipe(1, 20, around_the_clock=False), DAY).races if race.meeting.wanted]
    first = {m: min(r.start for r in races if r.meeting.track.country == m) for m in ("NZ", "AUS")}
    assert datetime.fromtimestamp(first["NZ"], NZ).hour == 11
    last = datetime.fromtimestamp(max(race.start for race in races), NZ)
    assert last.date() == DAY + timedelta(days=1)
    assert all(race.meeting.track.country == "AUS" for race in races if race.start == max(r.start for r in races))


def test_the_same_recipe_gives_the_same_day_and_another_seed_another():
    recipe = Recipe(7, 12)
    first = [(race, field(race), tell(race)) for race in plan_day(recipe, DAY).races[:20]]
    for cached in (plan_day, field, tell):
        cached.cache_clear()
    assert [(race, field(race), tell(race)) for race in plan_day(recipe, DAY).races[:20]] == first
    assert plan_day(Recipe(8, 12), DAY).races[0].race_id != first[0][0].race_id


def test_races_and_meetings_are_found_by_id_on_any_day_and_nonsense_is_not():
    recipe = Recipe(1)
    plan = plan_day(recipe, DAY - timedelta(days=40))
    assert find_race(recipe, plan.races[5].race_id) == plan.races[5]
    assert find_meeting(recipe, plan.meetings[3].meeting_id) == plan.meetings[3]
    for nonsense in ("", "x", "00000000-0000-0000-0000-000000000000", plan.races[5].race_id[:-1] + "z", "-" * 40):
        assert find_race(recipe, nonsense) is None
        assert find_meeting(recipe, nonsense) is None


def test_fields_have_five_to_twenty_four_runners_and_no_horse_runs_twice_on_a_day():
    races = plan_day(Recipe(3, 40, around_the_clock=False), DAY).races
    sizes = {len(field(race)) for race in races}
    assert min(sizes) >= 5
    assert max(sizes) <= 24
    assert {5, 12, 18} <= sizes
    names = [runner.name for race in races for runner in field(race)]
    assert len(set(names)) == len(names)
    assert len({runner.entrant_id for race in races for runner in field(race)}) == len(names)


def test_a_horse_keeps_its_number_and_trainer_from_day_to_day():
    runners = {}
    for days in range(6):
        for race in plan_day(Recipe(3, 40), DAY + timedelta(days=days)).races:
            for runner in field(race):
                assert runners.setdefault(runner.name, (runner.horse, runner.trainer)) == (runner.horse, runner.trainer)


def test_the_card_filters_by_category_and_country_and_repeats_over_days():
    recipe, at = Recipe(1), racing_day_bounds(DAY)[0].timestamp()
    rows = meetings(recipe, [DAY], at, "H", "AUS")
    assert rows
    assert {(row["category"], row["country"]) for row in rows} == {("H", "AUS")}
    two = meetings(recipe, [DAY, DAY + timedelta(days=1)], at)
    assert {row["date"] for row in two} == {"2026-07-18T00:00:00Z", "2026-07-19T00:00:00Z"}
    listed = race_list(recipe, [DAY], at, "T", "NZ")
    assert listed == sorted(listed, key=lambda row: row["advertised_start"])
