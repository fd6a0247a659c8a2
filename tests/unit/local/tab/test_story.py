import itertools
from datetime import date, timedelta

import pytest

from local.tab.race_day import Recipe, plan_day
from local.tab.runners import field
from local.tab.story import STEP, advertised_at, moment, started_at, status_at, tell

RACES = [race for n in range(6) for race in plan_day(Recipe(1, 20), date(2026, 3, 11) + timedelta(days=n)).races]
STORIES = [tell(race) for race in RACES]
ORDER = ["Open", "Closed", "Interim", "Final", "Abandoned"]


def test_status_only_moves_on_except_where_a_market_was_suspended():
    for story in STORIES:
        seen = [status_at(story, at) for at in range(story.programmed - 12 * 3600, story.final + 3600, 60)]
        steps = [(a, b) for a, b in itertools.pairwise(seen) if a != b]
        back = [(a, b) for a, b in steps if ORDER.index(b) < ORDER.index(a)]
        assert back == ([("Closed", "Open")] if story.suspended and back else [])
        assert seen[-1] in {"Final", "Abandoned"}


@pytest.mark.parametrize(
    "incident",
    [
        lambda s: s.moved_at is not None and s.advertised > s.programmed,
        lambda s: s.moved_at is not None and s.advertised < s.programmed,
        lambda s: s.suspended is not None,
        lambda s: s.abandoned_at is not None and s.abandoned_at < s.programmed - 3600,
        lambda s: s.abandoned_at is not None and s.abandoned_at > s.advertised,
        lambda s: s.photo,
        lambda s: s.dead_heat == 1,
        lambda s: s.dead_heat == 3,
        lambda s: s.protest == "dismissed",
        lambda s: s.protest == "upheld" and s.decided_at > s.final,
        lambda s: s.bare_final,
        lambda s: s.start_error != 0,
        lambda s: s.off - s.advertised > 240,
    ],
)
def test_everything_that_goes_wrong_on_a_race_day_goes_wrong_in_a_week(incident):
    assert any(incident(story) for story in STORIES)


def test_runners_are_scratched_early_at_the_barrier_and_after_the_start():
    waits = [r.scratched_at - tell(race).off for race in RACES for r in field(race) if r.scratched_at is not None]
    assert any(wait < -3600 for wait in waits)
    assert any(-120 <= wait < 0 for wait in waits)
    assert any(0 < wait < 120 for wait in waits)


def test_a_meeting_is_lost_from_some_race_on():
    lost = [race for race in RACES if race.meeting.abandoned_from and race.number >= race.meeting.abandoned_from[0]]
    assert lost
    assert all(tell(race).abandoned_at == race.meeting.abandoned_from[1] for race in lost)


def test_races_stay_open_past_the_advertised_start_and_actual_equals_advertised_until_they_are_off():
    assert any(status_at(story, story.advertised + 120) == "Open" for story in STORIES)
    for story in STORIES:
        before = story.off - 1
        assert started_at(story, before) == advertised_at(story, before)
        if story.abandoned_at is None and not story.start_error:
            assert started_at(story, story.off) == story.off


def test_a_moved_start_is_advertised_from_the_moment_of_the_move():
    story = next(s for s in STORIES if s.moved_at is not None)
    assert advertised_at(story, story.moved_at - 1) == story.programmed
    assert advertised_at(story, story.moved_at) == story.advertised != story.programmed


def test_moments_are_steps_of_fifteen_seconds_that_never_run_ahead_and_end():
    for story in STORIES[:200]:
        moments = [moment(story, at) for at in range(story.off - 300, story.final + 7200, 7)]
        assert moments == sorted(moments)
        assert all(m % STEP == 0 for m in moments)
        assert all(m <= at for m, at in zip(moments, range(story.off - 300, story.final + 7200, 7), strict=True))
        assert len(set(moments)) < 40


def test_no_change_of_status_is_hidden_between_two_moments():
    for story in STORIES[:200]:
        for at in range(story.off // STEP * STEP - 300, story.final + 2000, STEP):
            assert status_at(story, moment(story, at)) == status_at(story, at)
