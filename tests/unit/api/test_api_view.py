"""PURE stages, freshness and favourites of the board (DOMAIN §2, §6, §7)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from api.view import favourites_first, freshness, phase_of, polled_every_s

START = datetime(2025, 7, 17, 0, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "stage", "following", "remaining"),
    [
        (600, "early_market", "pre_race", 480), (120, "early_market", "pre_race", 0),
        (119.99, "pre_race", "going_to_post", 89), (30, "pre_race", "going_to_post", 0),
        (29.99, "going_to_post", "at_post", 24), (5, "going_to_post", "at_post", 0),
        (4.99, "at_post", "running", 4), (0.01, "at_post", "running", 0),
        (0, "running", None, None), (-0.01, "running", None, None), (-500, "running", None, None),
    ],
)  # fmt: skip
def test_a_race_goes_through_the_stages_by_minutes_to_its_start(minutes, stage, following, remaining):
    phase = phase_of("open", START, START - timedelta(minutes=minutes))
    assert (phase.stage, phase.next_phase_name, phase.next_phase_minutes) == (stage, following, remaining)


@pytest.mark.parametrize("status", ["final", "abandoned", "cancelled"])
@pytest.mark.parametrize("minutes", [300, 4, -10])
def test_a_race_that_is_over_is_finished_whatever_the_time(status, minutes):
    phase = phase_of(status, START, START - timedelta(minutes=minutes))
    assert (phase.stage, phase.next_phase_name, phase.next_phase_minutes) == ("finished", None, None)


@pytest.mark.parametrize("status", ["closed", "interim", "postponed", "something new"])
def test_no_other_status_ends_a_race(status):
    assert phase_of(status, START, START + timedelta(minutes=5)).stage == "running"
    assert phase_of(status, START, START - timedelta(hours=8)).stage == "early_market"


def test_minutes_are_whole_and_negative_after_the_start():
    assert [phase_of("open", START, START + timedelta(seconds=s)).minutes_until for s in (-61, -60, -59, 0, 1, 60, 61)] == [
        1, 1, 0, 0, -1, -1, -2,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "seconds", "every"),
    [
        ("open", 3601, None), ("open", 3600, 300), ("open", 1201, 300), ("open", 1200, 120), ("open", 601, 120),
        ("open", 600, 60), ("open", 301, 60), ("open", 300, 15), ("open", 0, 15), ("open", -600, 15),
        ("open", -601, 60), ("closed", -1, 60), ("closed", -900, 60), ("interim", -901, 300), ("live", -5000, 300),
        ("final", 100, None), ("abandoned", -100, None),
    ],
)  # fmt: skip
def test_the_cadence_that_staleness_is_judged_by(status, seconds, every):
    assert polled_every_s(status, seconds) == every


@pytest.mark.parametrize(
    ("status", "to_start", "age", "stale"),
    [
        ("open", 100, 35, False), ("open", 100, 36, True), ("open", 2000, 605, False), ("open", 2000, 606, True),
        ("open", 4000, 90_000, False), ("final", -100, 90_000, False), ("closed", -100, 125, False),
        ("closed", -100, 126, True), ("closed", 30_000, 90_000, False),
    ],
)  # fmt: skip
def test_a_price_is_stale_after_two_intervals_and_a_deadline(status, to_start, age, stale):
    now = START - timedelta(seconds=to_start)
    found = freshness(now - timedelta(seconds=age), status, START, now)
    assert found == {"last_polled_at": now - timedelta(seconds=age), "age_seconds": age, "stale": stale}


def test_the_deadline_is_real_time_whatever_the_speed():
    now = START - timedelta(seconds=100)
    assert freshness(now - timedelta(seconds=300), "open", START, now)["stale"]
    assert not freshness(now - timedelta(seconds=300), "open", START, now, speed=60)["stale"]


def test_a_race_never_polled_has_no_age_and_is_stale_once_it_should_have_been():
    far, near = START - timedelta(hours=2), START - timedelta(minutes=50)
    assert freshness(None, "open", START, far) == {"last_polled_at": None, "age_seconds": None, "stale": False}
    assert freshness(None, "open", START, near)["stale"]


def test_an_age_is_never_negative():
    assert freshness(START + timedelta(seconds=2), "open", START, START)["age_seconds"] == 0


def runner(number, fixed=None, pool=None, **changes):
    return {
        "entrant_id": f"e{number}", "name": f"Runner {number}", "runner_number": number, "is_scratched": False,
        "bookmaker": "tab_nz", "fixed_win": fixed and Decimal(str(fixed)), "pool_win": pool and Decimal(str(pool)),
        **changes,
    }  # fmt: skip


def test_the_favourite_stands_first_then_the_longer_prices_then_those_without_one():
    shown = favourites_first([runner(1), runner(2, 5), runner(3, 2.5), runner(4, 5), runner(5, 1.5, is_scratched=True)])
    assert [row["number"] for row in shown] == [3, 2, 4, 1, 5]
    assert [row["is_favorite"] for row in shown] == [True, False, False, False, False]


def test_joint_favourites_are_both_favourites():
    shown = favourites_first([runner(1, 3), runner(2, 3), runner(3, 4)])
    assert [row["is_favorite"] for row in shown] == [True, True, False]


def test_a_scratched_runner_has_no_price_whatever_is_stored():
    (shown,) = favourites_first([runner(1, 3, 3.2, is_scratched=True)])
    assert (shown["best_odds_decimal"], shown["best_bookmaker"], shown["all_odds"], shown["is_favorite"]) == (
        None,
        None,
        [],
        False,
    )


def test_the_tote_counts_as_best_only_where_nobody_quotes_a_fixed_price():
    both, tote = favourites_first([runner(1, 3, 9), runner(2, None, 12)])
    assert (both["best_odds_decimal"], len(both["all_odds"])) == (3, 2)
    assert tote["best_odds_decimal"] == 12


def test_nobody_is_favourite_where_nobody_has_a_price():
    assert [row["is_favorite"] for row in favourites_first([runner(1), runner(2)])] == [False, False]
    assert favourites_first([]) == []
