"""The acceptance oracle's view of when races were polled."""

from datetime import UTC, datetime, timedelta

from tests.acceptance import polling

START = datetime(2025, 7, 17, 0, 50, tzinfo=UTC)


def before(minutes, seconds=0):
    return START - timedelta(minutes=minutes, seconds=seconds)


def poll_row(at, outcome="changed", seconds=0.1):
    return {"started_at": at, "finished_at": at + timedelta(seconds=seconds), "outcome": outcome}


def test_a_long_spell_without_a_good_poll_is_told_unless_three_faults_in_a_row_explain_it():
    known = [polling.Known(before(4), "open", START)]
    polls = [poll_row(before(4)), poll_row(before(3)), poll_row(before(2, 55))]
    watched = [(before(4), before(2, 50))]
    assert [gap.since for gap in polling.gaps("race", polls, known, watched, [])] == [before(4)]
    faults = [(before(3, s).timestamp(), False) for s in (45, 30, 15)]
    assert polling.gaps("race", polls, known, watched, faults) == []
    broken = [*faults[:2], (before(3, 20).timestamp(), True), faults[2]]
    assert len(polling.gaps("race", polls, known, watched, broken)) == 1


def test_a_terminal_race_may_rest_and_a_closed_one_is_asked_each_minute():
    assert polling.interval("final", -3) is None
    assert [polling.interval("closed", m) for m in (8, 3, -3, -16)] == [60, 15, 60, 300]
    assert [polling.interval("open", m) for m in (61, 60, 20, 10, 5, -9, -11)] == [None, 300, 120, 60, 15, 15, 60]


def test_polls_of_one_race_that_run_at_once_are_found():
    rows = [poll_row(before(4), seconds=10), poll_row(before(3, 55)), poll_row(before(3))]
    assert polling.overlaps(rows) == [(before(4), before(3, 55))]
