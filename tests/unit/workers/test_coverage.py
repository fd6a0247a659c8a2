"""Expected against actual: due instants, buckets, the last five minutes, gaps and their cause."""

from datetime import UTC, datetime, timedelta

import pytest

from workers import cadence
from workers.transform.coverage import Known, PollFact, coverage_of, due_instants

START = datetime(2026, 3, 7, 3, 0, tzinfo=UTC)
STATUSES = [
    (START - timedelta(hours=5), "open"),
    (START + timedelta(seconds=40), "closed"),
    (START + timedelta(minutes=3), "interim"),
    (START + timedelta(minutes=6), "final"),
]
OVER = START + timedelta(minutes=6)


KNOWN = Known([(STATUSES[0][0], START)], STATUSES)
GOOD = "changed"


def everything(known=KNOWN, until=OVER, profile="standard"):
    return [due.at for due in due_instants(profile, known, until)]


def covered(polls, until=OVER, known=KNOWN):
    return coverage_of("standard", known, polls, until)


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
    found = covered([PollFact(instant + timedelta(seconds=1), GOOD) for instant in everything()])
    assert found.gaps == ()
    assert found.good_polls == found.expected_polls
    assert found.last_five_expected == found.last_five_good == 21
    # 60 … 5, 4 … 0, and the half minute after the start while it was open
    assert found.expected_buckets == 12 + 5 + 1


def test_one_missed_instant_is_no_gap():
    polls = [PollFact(instant, GOOD) for instant in everything()]
    assert covered(polls[:20] + polls[21:]).gaps == ()


BEGINS, ENDS = START - timedelta(minutes=12), START - timedelta(minutes=2)


def ten_minutes_of(outcome, error=None):
    """Return polls at every instant, those of ten minutes with *outcome*; None: there were none."""
    out = [(instant, BEGINS <= instant < ENDS) for instant in everything()]
    return [PollFact(at, outcome if bad else GOOD, error if bad else None) for at, bad in out if outcome or not bad]


@pytest.mark.parametrize(
    ("outcome", "error", "cause"),
    [
        (None, None, "down"),
        ("unavailable", "/events/x: no good answer within 5 s (status)", "upstream"),
        ("refused", "/events/x: 404", "upstream"),
        ("payload", "race.status: missing", "upstream"),
        ("unavailable", "/events/x: the request budget is spent", "budget"),
        ("unavailable", "/events/x: stopping", "down"),
        ("store", "the connection is lost", "store"),
        ("older", "race x is stored as of 03:00", "internal"),
        ("internal", "KeyError", "internal"),
    ],
)
def test_an_outage_of_ten_minutes_is_named_with_its_cause(outcome, error, cause):
    (gap,) = covered(ten_minutes_of(outcome, error)).gaps
    missed = [instant for instant in everything() if BEGINS <= instant < ENDS]
    assert (gap.begins, gap.missed, gap.cause) == (missed[0], len(missed), cause)
    assert gap.ends >= missed[-1]


def test_one_failed_poll_before_the_worker_went_down_is_not_the_cause_of_all_that_was_missed():
    polls = ten_minutes_of(None)
    last = PollFact(BEGINS + timedelta(seconds=1), "store", "the connection is lost")
    (gap,) = covered(sorted([*polls, last], key=lambda poll: poll.at)).gaps
    assert gap.cause == "down"


def test_retries_and_other_jobs_polls_answer_no_instant_a_second_time():
    extra = [PollFact(instant + timedelta(seconds=n), GOOD) for instant in everything() for n in (1, 3, 7)]
    later = [PollFact(OVER + timedelta(minutes=15 * n), GOOD) for n in range(1, 5)]
    found = covered(extra + later)
    assert found.good_polls == found.expected_polls
    assert found.last_five_good == found.last_five_expected
    missed = covered([*ten_minutes_of(None), *later])
    assert missed.good_polls == missed.expected_polls - missed.gaps[0].missed


def test_a_poll_long_after_the_last_instant_does_not_answer_it():
    polls = [PollFact(instant, GOOD) for instant in everything()[:-1]]
    found = covered([*polls, PollFact(OVER + timedelta(minutes=20), GOOD)])
    assert found.good_polls == found.expected_polls - 1


def moved(by, at):
    """Return what was known of a race whose start moved by *by*, told *at*; it is open to the end."""
    begins = START - timedelta(hours=5)
    return Known([(begins, START), (at, START + by)], [(begins, "open")])


def test_a_start_moved_earlier_asks_for_no_poll_that_was_not_due_by_what_was_known():
    earlier, at = START - timedelta(minutes=20), START - timedelta(minutes=40, seconds=4)
    known = moved(-timedelta(minutes=20), at)
    instants = everything(known, earlier)
    ahead = timedelta(seconds=cadence.AHEAD_S)
    # an hour to 40 min before the old start, then from the new one's 18 min down: 5 of one, 4 + 5 + 20 + 1 of the other
    assert instants[:5] == [START - timedelta(minutes=each) - ahead for each in (60, 55, 50, 45, 40)]
    assert instants[5] == earlier - timedelta(minutes=18) - ahead
    found = covered([PollFact(instant + timedelta(seconds=1), GOOD) for instant in instants], earlier, known)
    assert (found.expected_polls, found.good_polls, found.gaps) == (len(instants), len(instants), ())
    assert found.last_five_expected == found.last_five_good == 21


def test_a_start_moved_out_of_the_hour_asks_for_nothing_until_an_hour_before_it():
    at, by = START - timedelta(minutes=42), timedelta(minutes=90)
    instants = everything(moved(by, at), START + by)
    assert instants[:4] == [START - timedelta(minutes=each, seconds=cadence.AHEAD_S) for each in (60, 55, 50, 45)]
    assert instants[4] == START + by - timedelta(minutes=60, seconds=cadence.AHEAD_S)


def test_a_race_that_is_not_due_yet_has_nothing_expected():
    found = covered([], until=START - timedelta(hours=3))
    assert (found.expected_polls, found.expected_buckets, found.gaps) == (0, 0, ())


def test_a_race_nobody_polled_is_one_gap():
    found = covered([])
    (gap,) = found.gaps
    assert gap.missed == found.expected_polls
    assert gap.cause == "down"
