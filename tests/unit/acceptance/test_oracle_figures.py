"""The acceptance oracle's arithmetic, worked out by hand."""

from decimal import Decimal

import pytest

from tests.acceptance import figures as rule

D = Decimal


@pytest.mark.parametrize(
    ("minutes", "bucket", "kind"),
    [
        (75, 60, "5m"), (60, 60, "5m"), (59.9, 55, "5m"), (55, 55, "5m"), (30.1, 30, "5m"), (30, 30, "2m"),
        (10, 10, "2m"), (9.99, 5, "2m"), (5, 5, "30s"), (4.99, 4, "30s"), (0.01, 0, "30s"), (0, 0, "live"),
        (-0.25, -0.5, "live"), (-0.5, -0.5, "live"), (-0.51, -1, "live"), (-5, -5, "live"), (-5.1, -6, "live"),
        (-7, -7, "live"), (-7.2, -8, "live"),
    ],
)  # fmt: skip
def test_a_bucket_is_the_largest_edge_not_above_the_time_to_start(minutes, bucket, kind):
    assert rule.bucket_of(minutes * 60) == D(str(bucket))
    assert rule.interval_type(minutes * 60) == kind


def test_the_grid_leads_back_from_bucket_to_bucket():
    walked, bucket = [], D(-7)
    while bucket is not None:
        walked.append(float(bucket))
        bucket = rule.previous_bucket(bucket)
    after_start = [-7, -6, -5, -4.5, -4, -3.5, -3, -2.5, -2, -1.5, -1, -0.5]
    assert walked == [*after_start, 0, 1, 2, 3, 4, *range(5, 65, 5)]


def test_indicators_are_growth_of_five_or_more_against_the_bucket_before():
    assert rule.money_indicators({"a": 50, "b": 50}, {"a": 20, "b": 80}) == {"a": D("30.00"), "b": D("0.00")}
    assert rule.money_indicators({"a": 50, "b": -9}, {"a": 0, "b": -5}) == {"a": D("0.00"), "b": D("0.00")}
    assert rule.money_indicators({"a": 50}, {}) == {"a": None}
    assert rule.odds_indicator({"fixed_win": D(3)}, {"fixed_win": D(4)}) == D("25.00")
    assert rule.odds_indicator({"fixed_win": None, "pool_win": D(9)}, {"fixed_win": D(4), "pool_win": D(10)}) == D(10)
    assert rule.odds_indicator({"fixed_win": D("3.9")}, {"fixed_win": D(4)}) == 0
    assert rule.odds_indicator({"fixed_win": D(3)}, None) is None
