"""DOMAIN §2's table row by row, the instants that fill the buckets, and which jobs are due."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import timetable
from tests.fixtures.rederived import EDGES, bucket_at
from workers import cadence

START = datetime(2026, 7, 17, 0, 50, tzinfo=UTC)
MINUTE = 60
HOURS = 3600


def instants(profile, status, first_s, last_s):
    """Return the due instants between two distances to the start, as seconds to the start."""
    found, probe = [], START - timedelta(seconds=first_s, microseconds=1)
    while (probe := cadence.due_after(profile, status, START, probe)) is not None:
        to_start = (START - probe).total_seconds()
        if to_start < last_s:
            break
        found.append(to_start)
        assert len(found) < 5000
    return found


BEFORE = [  # from, to (minutes to the start), interval in seconds
    ("standard", 60, 20, 300), ("standard", 20, 10, 120), ("standard", 10, 5, 60),
    ("standard", 5, 0, 15),
    ("fast", 120, 60, 60), ("fast", 60, 20, 60), ("fast", 20, 15, 60), ("fast", 15, 10, 30), ("fast", 10, 5, 30),
    ("fast", 5, 0, 15),
]  # fmt: skip


@pytest.mark.parametrize(("profile", "begins", "ends", "every"), BEFORE)
@pytest.mark.parametrize("status", ["open", "closed", "interim", "what-is-this"])
def test_the_interval_before_the_start_is_the_table_s_for_every_status(profile, begins, ends, every, status):
    for seconds in (begins * MINUTE - 1, (begins + ends) * MINUTE / 2, ends * MINUTE + 1):
        assert cadence.interval_s(profile, status, seconds) == every


@pytest.mark.parametrize(("profile", "begins", "ends", "every"), BEFORE)
def test_due_instants_before_the_start_stand_so_far_apart_and_five_seconds_ahead_of_the_edges(
    profile, begins, ends, every
):
    found = instants(profile, "open", begins * MINUTE + 5, ends * MINUTE + 5)
    assert found[-1] == ends * MINUTE + 5
    # The zones of 2 minutes end on edges that are no multiple of their interval: a shorter step, never a longer one.
    steps = [earlier - later for earlier, later in pairwise(found)]
    assert max(steps) == every
    assert all(to_start % 15 == 5 for to_start in found)


AFTER = [
    ("standard", "open", 0, 10, 15), ("standard", "closed", 0, 15, 60), ("standard", "interim", 0, 15, 60),
    ("standard", "live", 0, 15, 60), ("standard", "never-heard-of", 0, 15, 60), ("standard", "closed", 16, 120, 300),
    ("standard", "open", 16, 120, 300), ("fast", "open", 0, 10, 15), ("fast", "closed", 16, 120, 60),
    ("fast", "interim", 16, 120, 60),
]  # fmt: skip


@pytest.mark.parametrize(("profile", "status", "begins", "ends", "every"), AFTER)
def test_the_interval_after_the_start_is_the_table_s(profile, status, begins, ends, every):
    for seconds in (begins * MINUTE + 1, (begins + ends) * MINUTE / 2, ends * MINUTE - 1):
        assert cadence.interval_s(profile, status, -seconds) == every
    found = instants(profile, status, -begins * MINUTE - 1, -ends * MINUTE)
    steps = {earlier - later for earlier, later in pairwise(found)}
    assert steps == {every}


@pytest.mark.parametrize("status", ["closed", "interim", "live"])
def test_the_fast_profile_is_quick_at_first_after_the_close(status):
    assert cadence.interval_s("fast", status, -1) == 15


@pytest.mark.parametrize("profile", ["standard", "fast"])
@pytest.mark.parametrize("status", ["final", "abandoned", "cancelled"])
@pytest.mark.parametrize("seconds", [7200, 100, 0, -100, -7200])
def test_a_terminal_race_is_not_polled(profile, status, seconds):
    instant = START - timedelta(seconds=seconds)
    assert cadence.interval_s(profile, status, seconds) is None
    assert cadence.due_after(profile, status, START, instant) is None
    assert cadence.due_before(profile, status, START, instant) is None
    assert cadence.retry_at(profile, status, START, instant, instant) is None


def test_the_standard_profile_polls_nothing_more_than_an_hour_ahead_and_the_fast_one_a_day():
    assert cadence.interval_s("standard", "open", HOURS + 60) is None
    assert cadence.interval_s("fast", "open", 24 * HOURS - 60) == 60
    assert cadence.interval_s("fast", "open", 24 * HOURS + 60) is None


def test_the_first_due_instant_of_a_far_race_is_where_its_window_opens():
    far = START - timedelta(hours=30)
    assert cadence.due_after("standard", "open", START, far) == START - timedelta(hours=1, seconds=5)
    assert cadence.due_after("fast", "open", START, far) == START - timedelta(hours=24, seconds=5)


@pytest.mark.parametrize(("profile", "ahead"), [("standard", timedelta(hours=1)), ("fast", timedelta(hours=24))])
def test_the_window_reaches_two_hours_back_and_the_profile_s_time_ahead(profile, ahead):
    earliest, latest = cadence.window(profile, START)
    assert earliest == START - timedelta(hours=2)
    assert ahead <= latest - START <= ahead + timedelta(seconds=5)


EXPECTED_STANDARD = [60, 55, 50, 45, 40, 35, 30, 25, 20, 15, 10, 5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("profile", ["standard", "fast"])
@pytest.mark.parametrize("late_s", [0, 2, 4.9])
def test_a_poll_at_its_instant_or_a_little_late_fills_every_bucket_before_the_start(profile, late_s):
    filled = {bucket_at(to_start - late_s) for to_start in instants(profile, "open", HOURS + 5, 0)}
    assert filled == set(EXPECTED_STANDARD)


@pytest.mark.parametrize("profile", ["standard", "fast"])
@pytest.mark.parametrize("late_s", [0, 2, 4.9])
def test_a_race_still_open_after_its_start_fills_every_half_minute(profile, late_s):
    found = instants(profile, "open", 0, -300)
    filled = {bucket_at(to_start - late_s) for to_start in found}
    assert {float(bucket) for bucket in filled} == {edge for edge in EDGES if edge < 0}


@given(st.sampled_from(["standard", "fast"]), st.sampled_from(["open", "closed", "x"]), st.integers(-7200, 100_000))
def test_due_after_and_due_before_agree_on_one_grid(profile, status, seconds):
    instant = START - timedelta(seconds=seconds)
    following = cadence.due_after(profile, status, START, instant)
    assert following > instant
    last = cadence.due_before(profile, status, START, following)
    assert last == following
    before = cadence.due_before(profile, status, START, instant)
    assert before is None or before <= instant


@given(st.sampled_from(["standard", "fast"]), st.integers(-900, 3700), st.integers(1, 240))
def test_the_grid_does_not_depend_on_when_a_race_was_first_seen(profile, seconds, more):
    one = cadence.due_after(profile, "open", START, START - timedelta(seconds=seconds))
    other = cadence.due_after(profile, "open", START, START - timedelta(seconds=seconds + more))
    while other < one:
        other = cadence.due_after(profile, "open", START, other)
    assert other == one


def test_a_moved_start_moves_the_schedule_at_once():
    now = START - timedelta(minutes=4)
    later = START + timedelta(minutes=20)
    assert cadence.due_after("standard", "open", START, now) == now + timedelta(seconds=10)
    assert cadence.due_after("standard", "open", later, now) == later - timedelta(minutes=20, seconds=5)


@pytest.mark.parametrize(("seconds", "wait"), [(3000, 15), (700, 15), (400, 15), (100, 15), (-100, 15)])
def test_a_failed_poll_is_due_again_fifteen_seconds_or_the_interval_after_its_instant(seconds, wait):
    instant = START - timedelta(seconds=seconds)
    failed_at = instant + timedelta(seconds=5)
    assert cadence.retry_at("standard", "open", START, instant, failed_at) == instant + timedelta(seconds=wait)


def test_a_poll_that_failed_late_is_not_due_in_the_past():
    failed_at = START - timedelta(minutes=2)
    due = failed_at - timedelta(minutes=1)
    assert cadence.retry_at("standard", "open", START, due, failed_at) >= failed_at


@pytest.mark.parametrize(("seconds", "urgent"), [(301, True), (299, True), (0, True), (-300, True), (900, False), (-3600, False)])  # fmt: skip
def test_races_inside_five_minutes_keep_their_polls_when_the_budget_is_short(seconds, urgent):
    assert cadence.is_urgent(START, START - timedelta(seconds=seconds)) is urgent


# The daily pipeline (DOMAIN §3).

PIPELINE = ["daily-meetings", "daily-races", "daily-entrants"]


def due(now, good=None, tried=None, *, has_card=True):
    """Return the pipeline's jobs that are due, the others left out."""
    good = good or {}
    return [job for job in cadence.due_jobs(now, good, {**good, **(tried or {})}, has_card=has_card) if job in PIPELINE]


def carried_out(now, good=None):
    """Run what is due, one after another and each well, until nothing is; return the jobs in their order."""
    good, ran = dict(good or {}), []
    while found := due(now, good):
        assert len(ran) < 10
        ran.append(found[0])
        good[found[0]] = now
    return ran


def at(hour, minute=0, second=0, day=17):
    return datetime(2026, 7, day, hour, minute, second, tzinfo=UTC)


DONE = {"daily-meetings": at(17, 0, 1), "daily-races": at(17, 10, 1), "daily-entrants": at(17, 20, 1)}


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (at(16, 59, 59, 18), []),
        (at(17, 0, 0, 18), PIPELINE[:1]),
        (at(17, 9, 59, 18), PIPELINE[:1]),
        (at(17, 10, 0, 18), PIPELINE[:2]),
        (at(17, 20, 0, 18), PIPELINE),
        (at(3, 0, 0, 19), PIPELINE),
    ],
)
def test_each_job_is_due_from_its_hour_on_until_it_has_run(now, wanted):
    assert due(now, DONE)[:1] == wanted[:1]
    assert carried_out(now, DONE) == wanted


def test_a_job_that_ran_since_its_hour_is_not_due():
    assert due(at(17, 30), DONE) == []
    assert due(at(16, 59, 59, 18), DONE) == []


def test_a_service_that_starts_after_the_hour_runs_the_whole_pipeline_in_its_order():
    assert due(at(3), {}, has_card=False)[:1] == PIPELINE[:1]
    assert carried_out(at(3)) == PIPELINE


def test_a_start_without_the_day_s_card_runs_the_meetings_although_a_run_was_good():
    assert due(at(18), DONE, has_card=False)[:1] == ["daily-meetings"]


def test_a_failed_job_rests_a_minute_and_is_due_again():
    done = {name: when for name, when in DONE.items() if name != "daily-entrants"}
    tried = {"daily-entrants": at(17, 20)}
    assert due(at(17, 20, 59), done, tried) == []
    assert due(at(17, 21, 1), done, tried) == ["daily-entrants"]


def test_while_the_card_rests_after_failing_what_stands_on_it_waits_too():
    """Run without a card they would find nothing, be called good, and not run again that day."""
    tried = {"daily-meetings": at(17, 30)}
    assert due(at(17, 30, 30), {}, tried, has_card=False) == []
    assert due(at(17, 31, 1), {}, tried, has_card=False)[:1] == PIPELINE[:1]


@pytest.mark.parametrize("now", [at(17), at(17, 10), at(17, 20)])
def test_the_last_hour_of_a_job_is_on_or_before_now(now):
    for job in timetable.PIPELINE:
        last = cadence.scheduled_before(job, now)
        assert last <= now < last + timedelta(days=1)
        assert last.time() == job.at


def test_a_gap_is_left_once_the_first_missed_instant_is_a_polls_deadline_ago():
    last = START - timedelta(minutes=30, seconds=5)
    missed = START - timedelta(minutes=25, seconds=5)
    assert not cadence.left_gap("standard", "open", START, last, missed)
    assert not cadence.left_gap("standard", "open", START, last, missed + timedelta(seconds=5))
    assert cadence.left_gap("standard", "open", START, last, missed + timedelta(seconds=6))
    assert cadence.left_gap("standard", "open", START, last, START + timedelta(minutes=3))
