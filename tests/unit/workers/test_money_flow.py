"""DOMAIN §4: where a poll lies in its race's timeline, and amounts in cents."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures.rederived import bucket_at
from workers.transform.money_flow import amount_of, bucket_of, moment_of, share_amount

START = datetime(2026, 7, 17, 0, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [
        (86_400, 60), (3600, 60), (3599.999, 55), (3300, 55), (3299.999, 50), (3000, 50), (1800, 30), (1799, 25),
        (600, 10), (599.999, 5), (300, 5), (299.999, 4), (240, 4), (239.999, 3), (180, 3), (120, 2), (60, 1),
        (59.999, 0), (0, 0), (-0.001, -0.5), (-30, -0.5), (-30.001, -1), (-60, -1), (-60.001, -1.5), (-90, -1.5),
        (-270, -4.5), (-270.001, -5), (-300, -5), (-300.001, -6), (-360, -6), (-360.001, -7), (-3600, -60),
    ],
)  # fmt: skip
def test_every_edge_belongs_to_the_bucket_it_begins(seconds, bucket):
    assert float(bucket_of(seconds)) == bucket


@given(st.integers(-90_000, 90_000))
def test_the_bucket_is_the_one_of_the_rule(seconds):
    assert bucket_of(seconds) == bucket_at(seconds)


@given(st.integers(-10_000_000, 10_000_000))
def test_every_bucket_fits_its_column(seconds):
    assert abs(bucket_of(seconds)) <= Decimal("9999.9")


@pytest.mark.parametrize(
    ("seconds", "kind"),
    [(3600, "5m"), (1801, "5m"), (1800, "2m"), (301, "2m"), (300, "30s"), (1, "30s"), (0, "live"), (-100, "live")],
)
def test_the_interval_s_type_is_told_by_the_minutes_left(seconds, kind):
    assert moment_of(START - timedelta(seconds=seconds), START).interval_type == kind


def test_seconds_to_the_start_are_whole_and_rounded_down():
    assert moment_of(START - timedelta(seconds=90, milliseconds=700), START).time_to_start_seconds == 90
    assert moment_of(START + timedelta(milliseconds=1), START).time_to_start_seconds == -1


@pytest.mark.parametrize(
    ("pool", "hold", "cents"),
    [
        (100_000, 19, 19_000), (915_138, 19, 173_876), (50, 1, 1), (49, 1, 0), (150, 1, 2), (0, 50, 0),
        (None, 19, None), (100, None, None),
    ],
)  # fmt: skip
def test_an_amount_is_the_pool_s_part_in_cents_with_halves_up(pool, hold, cents):
    assert amount_of(pool, hold) == cents


@pytest.mark.parametrize(
    ("pool", "share", "cents"),
    [(100, "0.125", 13), (100, "0.124", 12), (1, "0.5", 1), (None, "0.5", None), (100, None, None), (100, "1", 100)],
)
def test_a_share_s_amount_is_in_cents_with_halves_up(pool, share, cents):
    assert share_amount(pool, None if share is None else Fraction(share)) == cents


@given(st.integers(0, 10**12), st.lists(st.integers(0, 100), max_size=30))
def test_the_parts_never_drift_from_the_pool_by_more_than_half_a_cent_each(pool, holds):
    whole = sum(amount_of(pool, hold) for hold in holds)
    assert abs(whole * 100 - pool * sum(holds)) <= 50 * len(holds)
