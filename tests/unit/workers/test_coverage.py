"""Expected against actual: due instants, buckets, the last five minutes, gaps and their cause."""

from datetime import UTC, datetime, timedelta

import pytest

from workers import cadence
from workers.transform.coverage import PollFact, coverage_of, due_instants

START = datetime(2026, 3, 7, 3, 0, tzinfo=UTC)
STATUSES = [
    (START - timedelta(hours=5), "open"),
    (START + timedelta(seconds=40), "closed"),
    (START + timedelta(minutes=3), "interim"),
    (START + timedelta(minutes=6), "final"),
]
OVER = START + timedelta(minutes=6)


def everything(profile="standard"):
    return due_instants(profile, START, STATUSES, OVER)


def covered(polls, until=OVER):
    return coverage_of("standard", START, STATUSES, polls, until)


def test_the_expected_polls_follow_the_table_and_the_statuses():
    instants = everything()
    ahead = timedelta(seconds=cadence.AHEAD_S)
    before = [instant for instant in instants if instant < START]
    # 60, 55 … 20; 18, 16 … 10; 9 … 5; then each 15 s down to 0
    assert len(before) == 9 + 5 + 5 + 20
    assert before[0] == START - timedelta(minutes=60) - ahead
    assert before[-1] == START - ahead
    # open until 40 s after: each 15 s; then each minute until it is final
    after = [round((instant - START).total_seconds()) for instant in instants if instant >= START]
    assert after == [10, 25, 40, 55, 115, 175, 235, 295, 355]


def test_a_race_polled_at_every_instant_has_no_gap_and_all_its_buckets():
    found = covered([PollFact(instant + timedelta(seconds=1), good=True) for instant in everything()])
    assert found.gaps == ()
    assert found.good_polls == found.expected_polls
    assert found.last_five_expected == found.last_five_good == 21
    # 60 … 5, 4 … 0, and the half minute after the start while it was open
    assert found.expected_buckets == 12 + 5 + 1


def test_one_missed_instant_is_no_gap():
    polls = [PollFact(instant, good=True) for instant in everything()]
    assert covered(polls[:20] + polls[21:]).gaps == ()


@pytest.mark.parametrize(
    ("error", "cause"),
    [(None, "down"), ("no good answer within 5 s", "upstream"), ("the request budget is spent", "budget")],
)
def test_an_outage_of_ten_minutes_is_named_with_its_cause(error, cause):
    begins, ends = START - timedelta(minutes=12), START - timedelta(minutes=2)
    polls = [
        PollFact(instant, good=not begins <= instant < ends, error=error if begins <= instant < ends else None)
        for instant in everything()
        if error is not None or not begins <= instant < ends
    ]
    (gap,) = covered(polls).gaps
    missed = [instant for instant in everything() if begins <= instant < ends]
    assert (gap.begins, gap.missed, gap.cause) == (missed[0], len(missed), cause)
    assert gap.ends >= missed[-1]


def test_a_race_that_is_not_due_yet_has_nothing_expected():
    found = covered([], until=START - timedelta(hours=3))
    assert (found.expected_polls, found.expected_buckets, found.gaps) == (0, 0, ())


def test_a_race_nobody_polled_is_one_gap():
    found = covered([])
    (gap,) = found.gaps
    assert gap.missed == found.expected_polls
    assert gap.cause == "down"
