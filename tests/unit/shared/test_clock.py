"""The clock and the NZ racing day, over both changes of daylight saving."""

import threading
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import Clock, racing_day, racing_day_bounds, real_monotonic, real_now

instants = st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-07-16T16:59:59.999999", "2026-07-16"),  # 04:59 NZST
        ("2026-07-16T17:00:00", "2026-07-17"),
        ("2026-07-17T00:50:00", "2026-07-17"),
        ("2026-07-17T16:59:59", "2026-07-17"),
        ("2026-01-16T15:59:59", "2026-01-16"),  # 04:59 NZDT
        ("2026-01-16T16:00:00", "2026-01-17"),
        ("2026-01-16T11:49:00", "2026-01-16"),  # 00:49 NZDT: the evening's last AUS race
    ],
)
def test_the_racing_day_runs_from_five_to_five_in_new_zealand(instant, day):
    assert racing_day(datetime.fromisoformat(instant).replace(tzinfo=UTC)) == date.fromisoformat(day)


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=10)), timezone(timedelta(hours=-7))])
def test_the_zone_an_instant_is_told_in_does_not_matter(zone):
    instant = datetime(2026, 7, 16, 17, 30, tzinfo=UTC)
    assert racing_day(instant.astimezone(zone)) == date(2026, 7, 17)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        ("2026-04-04", 25),  # clocks go back on Sunday 5 April 03:00, before 05:00
        ("2026-04-05", 24),
        ("2026-09-26", 23),  # clocks go forward on Sunday 27 September 02:00
        ("2026-09-27", 24),
        ("2026-07-17", 24),
        ("2026-01-17", 24),
    ],
)
def test_a_racing_day_has_its_right_number_of_hours(day, hours):
    begins, ends = racing_day_bounds(date.fromisoformat(day))
    assert ends - begins == timedelta(hours=hours)


@given(st.dates(date(2015, 1, 1), date(2035, 1, 1)))
def test_racing_days_leave_no_gap_and_overlap_nowhere(day):
    begins, ends = racing_day_bounds(day)
    assert begins.tzinfo is UTC
    assert racing_day_bounds(day + timedelta(days=1))[0] == ends
    assert racing_day(begins) == racing_day(ends - timedelta(microseconds=1)) == day
    assert racing_day(ends) == day + timedelta(days=1)


def sunday_of(year, month, which):
    """Return the *which*-th Sunday of a month."""
    return [date(year, month, day) for day in range(1, 31) if date(year, month, day).weekday() == 6][which]


@given(st.dates(date(1975, 1, 1), date(2099, 12, 31)))
@settings(max_examples=500)
def test_a_racing_day_begins_at_five_and_is_as_long_as_the_zone_says(day):
    begins, ends = racing_day_bounds(day)
    zone = ZoneInfo("Pacific/Auckland")
    local, next_local = begins.astimezone(zone), ends.astimezone(zone)
    assert (local.date(), local.time()) == (day, time(5))
    assert (next_local.date(), next_local.time()) == (day + timedelta(days=1), time(5))
    moved = next_local.utcoffset() - local.utcoffset()
    assert ends - begins == timedelta(hours=24) - moved


@given(st.integers(2008, 2099))
@settings(max_examples=40, deadline=None)
def test_a_year_has_one_day_of_23_hours_and_one_of_25_and_they_are_those_of_the_law(year):
    """Clocks move on the first Sunday of April and the last of September, at night: within Saturday's racing day."""
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    lengths = {day: ends - begins for day in days for begins, ends in [racing_day_bounds(day)]}
    changed = {day: length for day, length in lengths.items() if length != timedelta(hours=24)}
    assert changed == {
        sunday_of(year, 4, 0) - timedelta(days=1): timedelta(hours=25),
        sunday_of(year, 9, -1) - timedelta(days=1): timedelta(hours=23),
    }


@given(instants)
def test_every_instant_lies_in_its_racing_day(instant):
    begins, ends = racing_day_bounds(racing_day(instant))
    assert begins <= instant < ends


def test_the_plain_clock_is_the_real_time_aware_and_in_utc():
    before, now, after = real_now(), Clock().now(), real_now()
    assert before <= now <= after
    assert now.tzinfo is UTC


def test_a_fast_clock_runs_so_many_times_real_time_from_its_start():
    start = datetime(2026, 7, 17, tzinfo=UTC)
    origin = real_now() - timedelta(seconds=10)
    now = Clock(60.0, origin, start).now()
    assert timedelta(seconds=600) <= now - start < timedelta(seconds=600 + 60 * 30)
    assert Clock(60.0, origin, start).real_seconds(120) == 2


def test_clocks_of_one_origin_agree_whenever_they_are_built():
    origin, start = real_now(), datetime(2026, 7, 17, tzinfo=UTC)
    one, other = Clock(10.0, origin, start), Clock(10.0, origin, start)
    first, second, third = one.now(), other.now(), one.now()
    assert first <= second <= third


def test_waits_are_domain_time_and_end_with_their_event():
    clock = Clock(1000.0, real_now(), datetime(2026, 7, 17, tzinfo=UTC))
    began = real_monotonic()
    assert not clock.wait(threading.Event(), 100)
    assert 0.09 < real_monotonic() - began < 30
    over = threading.Event()
    over.set()
    assert clock.wait(over, 1_000_000)
    assert clock.wait_until(over, clock.now() + timedelta(days=1))


@pytest.mark.parametrize("seconds", [0, -1, -1_000_000])
def test_a_wait_for_what_has_passed_returns_at_once(seconds):
    assert not Clock().wait(threading.Event(), seconds)
