"""The acceptance check's gaps, where a start is moved: out of the table until an hour before the new one."""

from datetime import UTC, datetime, timedelta

from tests.acceptance import polling

OLD = datetime(2026, 11, 21, 5, 50, tzinfo=UTC)
MOVED_AT = OLD - timedelta(minutes=55)


def found(new_start, polled_minutes_before):
    knowns = [polling.Known(OLD - timedelta(hours=2), "open", OLD), polling.Known(MOVED_AT, "open", new_start)]
    polls = [
        {"started_at": new_start - timedelta(minutes=each), "outcome": "changed"} for each in polled_minutes_before
    ]
    first = [
        {"started_at": OLD - timedelta(minutes=60) + timedelta(minutes=5 * n), "outcome": "changed"} for n in (0, 1)
    ]
    watched = [(OLD - timedelta(hours=3), new_start - timedelta(minutes=45))]
    return polling.gaps("r", [*first, *polls], knowns, watched, [])


def test_no_poll_is_missed_while_the_moved_start_is_more_than_an_hour_away():
    assert found(OLD + timedelta(minutes=30), (60, 55)) == []


def test_a_spell_inside_the_hour_before_the_moved_start_is_a_gap():
    (gap,) = found(OLD + timedelta(minutes=30), ())
    assert gap.since == OLD - timedelta(minutes=30)


def test_a_start_that_is_not_moved_away_excuses_nothing():
    (gap,) = found(OLD + timedelta(minutes=1), ())
    assert gap.since == MOVED_AT
