"""The acceptance check's gaps, where a start is moved: out of the table until an hour before the new one."""

from datetime import UTC, datetime, timedelta

from tests.acceptance import polling
from tests.acceptance.check_served import _knowns
from tests.acceptance.oracle import Expected
from tests.acceptance.stored import Stored

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


NEW = OLD + timedelta(minutes=18)
CARD_AT, NEXT_ANSWER = OLD - timedelta(minutes=70), NEW - timedelta(minutes=60)


def start_known_after_a_card_said(start, answers):
    """Return which start is known right after a card moved it, and what *answers* say of it."""
    change = {"kind": "start_time", "at": CARD_AT, "payload": {"from": OLD.isoformat(), "to": start.isoformat()}}
    race = {"created_at": OLD - timedelta(days=1), "status": "open", "start_time": answers[-1][1]}
    expected = Expected(statuses=[(answers[0][0], "open")], starts=answers)
    knowns = _knowns(expected, Stored({"races": [race], "changes": [change]}))
    return max((known for known in knowns if known.at <= CARD_AT), key=lambda known: known.at).start


def test_a_move_that_the_card_told_first_is_known_from_then_on():
    assert start_known_after_a_card_said(NEW, [(OLD - timedelta(hours=8), OLD), (NEXT_ANSWER, NEW)]) == NEW


def test_a_card_that_puts_back_what_an_answer_said_excuses_nothing():
    answers = [(OLD - timedelta(hours=8), OLD), (OLD - timedelta(minutes=75), NEW)]
    assert start_known_after_a_card_said(OLD, answers) == NEW
