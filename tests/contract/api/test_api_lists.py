"""DOMAIN §7: seed 004's lists, users, coverage, movers and as-of, against the database."""

from datetime import timedelta

import pytest

from shared.alerts import DEFAULT_INDICATORS
from tests.fixtures.api import ABANDONED, FINAL, OPEN, SPELLINGS, USER, got, number, runner_id, wire
from tests.fixtures.stored import DAY, NOW, START

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]
ENVELOPE = {"success", "count", "limit", "offset", "data"}


@SPELLINGS
async def test_live_odds_are_the_runners_of_races_that_are_not_over(client, stored_day, prefix):
    shown = await got(client, f"{prefix}/live-odds?date={DAY}&limit=1000")
    stored = stored_day.rows(
        "SELECT e.* FROM entrants e JOIN races r USING (race_id) WHERE r.racing_day = %s "
        "AND r.status NOT IN ('final', 'abandoned') ORDER BY r.start_time, race_id, runner_number",
        DAY,
    )
    assert set(shown) == ENVELOPE
    assert (shown["success"], shown["count"], shown["limit"], shown["offset"]) == (True, len(stored), 1000, 0)
    for row, runner in zip(stored, shown["data"], strict=True):
        assert (runner["entrant_id"], runner["number"], runner["bookmaker"]) == (
            row["entrant_id"],
            row["runner_number"],
            "tab_nz",
        )
        assert runner["odds_decimal"] == number(row["win_odds"])
        assert {key: runner[key] for key in ("fixed_win", "fixed_place", "pool_win", "pool_place")} == {
            key: number(row[key]) for key in ("fixed_win", "fixed_place", "pool_win", "pool_place")
        }
        assert {"last_polled_at", "age_seconds", "stale"} <= set(runner)


async def test_lists_are_paged_by_limit_and_offset_without_gap_or_repeat(client):
    whole = (await got(client, "/api/live-odds?limit=1000"))["data"]
    paged = []
    for offset in range(0, len(whole), 5):
        page = await got(client, f"/api/live-odds?limit=5&offset={offset}")
        assert page["count"] == len(page["data"]) <= 5
        paged += page["data"]
    assert paged == whole


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("course=park%201", 13),
        ("course=Nowhere", 0),
        ("bookmaker=tab_nz", 13),
        ("bookmaker=other", 0),
        ("date=2025-07-16", 0),
    ],
)
async def test_live_odds_are_narrowed_by_course_bookmaker_and_day(client, query, count):
    assert (await got(client, f"/api/live-odds?limit=1000&{query}"))["count"] == count


@SPELLINGS
async def test_historical_odds_are_opening_and_closing_price_and_where_it_came_in(client, stored_day, prefix):
    shown = (await got(client, f"{prefix}/historical-odds?date={DAY}"))["data"]
    assert {row["race_id"] for row in shown} == {FINAL, ABANDONED}
    positions = {1: 2, 2: 3, 3: 1, 4: None}
    for runner in (row for row in shown if row["race_id"] == FINAL):
        (row,) = stored_day.rows(
            "SELECT * FROM entrants WHERE race_id = %s AND entrant_id = %s", FINAL, runner["entrant_id"]
        )
        for key in ("opening_price", "closing_price", "high_price", "low_price"):
            assert runner[key] == number(row[key])
        assert runner["closing_missing"] == row["closing_missing"]
        assert runner["position"] == positions[runner["number"]]
    assert runner["opening_price"] != runner["closing_price"]


async def test_a_past_day_s_odds(client):
    shown = await got(client, "/api/historical-odds?date=2025-07-16")
    assert (shown["count"], shown["data"][0]["date"]) == (3, "2025-07-16")


@SPELLINGS
async def test_statistics_count_the_day(client, stored_day, prefix):
    shown = await got(client, f"{prefix}/statistics")
    ((counted),) = stored_day.rows(
        "SELECT (SELECT count(*) FROM meetings WHERE date = %s) AS meetings, count(*) AS races, "
        "sum(total_race_pool)::bigint AS pools FROM races LEFT JOIN race_pools USING (race_id) WHERE racing_day = %s",
        DAY,
        DAY,
    )
    assert (shown["meetings"], shown["races"], shown["total_pools_cents"]) == tuple(counted.values())
    assert shown["races_by_status"] == {"open": 12, "final": 1, "abandoned": 1, "closed": 1}
    assert sum(shown["races_by_status"].values()) == shown["races"]
    assert (shown["entrants"], shown["scratched"], shown["races_with_result"]) == (20, 1, 1)
    assert (shown["good_polls"], shown["expected_buckets"]) == (28, 17)


@SPELLINGS
async def test_bookmakers_and_courses_are_lists(client, prefix):
    bookmakers = await got(client, f"{prefix}/bookmakers")
    assert bookmakers == {
        "success": True, "count": 1, "limit": 100, "offset": 0,
        "data": [{"bookmaker": "tab_nz", "name": "TAB NZ", "is_tote": True}],
    }  # fmt: skip
    courses = await got(client, f"{prefix}/courses?country=NZ")
    assert courses == {"success": True, "count": 0, "limit": 100, "offset": 0, "data": []}


async def test_coverage_is_what_the_job_stored(client):
    shown = await got(client, "/api/coverage")
    assert (shown["date"], shown["count"], shown["reconciliation"]) == (DAY.isoformat(), 1, None)
    (race,) = shown["races"]
    assert race["race_id"] == FINAL
    assert (race["expected_polls"], race["good_polls"], race["failed_polls"]) == (30, 28, 2)
    assert race["gaps"] == [{"cause": "down"}]
    assert (await got(client, "/api/coverage?date=2025-07-15"))["races"] == []


@SPELLINGS
async def test_a_user_without_ranges_has_the_six_defaults(client, prefix):
    shown = await got(client, f"{prefix}/user-alert-configs?userId=Default%20User")
    assert shown["user_id"] == "Default User"
    assert (shown["toggle_all"], shown["audible_alerts_enabled"]) == (True, True)
    assert shown["indicators"] == [dict(each) for each in DEFAULT_INDICATORS]
    assert [(each["percentage_range_min"], each["percentage_range_max"]) for each in shown["indicators"]] == [
        (5, 10), (10, 15), (15, 20), (20, 25), (25, 50), (50, None),
    ]  # fmt: skip
    assert all(each["enabled"] for each in shown["indicators"])
    assert shown == await got(client, "/api/user-alert-configs")


async def test_a_user_s_own_ranges(client):
    shown = await got(client, f"/api/user-alert-configs?user_id={USER}")
    assert (shown["toggle_all"], shown["audible_alerts_enabled"]) == (False, True)
    (only,) = shown["indicators"]
    assert (only["percentage_range_min"], only["percentage_range_max"], only["enabled"]) == (5, 9, False)


@SPELLINGS
async def test_notifications_come_newest_first(client, stored_day, prefix):
    shown = await got(client, f"{prefix}/notifications?userId={USER}")
    stored = stored_day.rows("SELECT * FROM notifications WHERE user_id = %s ORDER BY created_at DESC", USER)
    assert [row["notification_id"] for row in shown] == [row["notification_id"] for row in stored]
    assert shown[0]["created_at"] == wire(stored[0]["created_at"])
    assert (shown[0]["time_interval"], shown[0]["payload"]) == (7, {"percent": 12.5})
    since = wire(NOW - timedelta(minutes=8))
    assert len(await got(client, f"/api/notifications?user_id={USER}&since={since}")) == 1
    assert await got(client, "/api/notifications?user_id=nobody") == []


async def test_a_plus_in_an_instant_may_arrive_as_a_space(client):
    since = (NOW - timedelta(minutes=8)).isoformat()
    assert "+00:00" in since
    assert len(await got(client, f"/api/notifications?user_id={USER}&since={since}")) == 1


@SPELLINGS
async def test_movers_compare_with_the_price_of_the_window_s_begin(client, stored_day, prefix):
    shown = await got(client, f"{prefix}/movers?windowMinutes=20&minimumPercent=1")
    (since,) = {mover["from_at"] for mover in shown["movers"] if mover["race_id"] == OPEN}
    (before,) = stored_day.rows(
        "SELECT max(event_timestamp) AS at FROM odds_history WHERE race_id = %s AND type = 'fixed_win'"
        " AND event_timestamp <= %s",
        OPEN, NOW - timedelta(minutes=20),
    )  # fmt: skip
    assert since == wire(before["at"])
    for mover in shown["movers"]:
        moved = (mover["to_odds"] / mover["from_odds"] - 1) * 100
        assert mover["move_percent"] == pytest.approx(moved, abs=0.01)
        assert mover["direction"] == ("steam" if moved < 0 else "drift")
        assert mover["seconds_to_start"] == 240
    sizes = [abs(mover["move_percent"]) for mover in shown["movers"]]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == 6  # not the scratched one, and not the one without a fixed price


async def test_movers_by_direction_and_least_move(client):
    steam = await got(client, "/api/movers?direction=steam&window_minutes=20")
    drift = await got(client, "/api/movers?direction=drift&window_minutes=20")
    assert {mover["runner_number"] for mover in steam["movers"]} == {2, 4, 6}
    assert {mover["runner_number"] for mover in drift["movers"]} == {1, 3, 5}
    assert (await got(client, "/api/movers?minimum_percent=999"))["movers"] == []


@pytest.mark.parametrize("minutes", [62, 55, 31, 29, 12, 5, 4.5])
async def test_as_of_is_what_the_last_poll_by_then_wrote(client, stored_day, minutes):
    at = START - timedelta(minutes=minutes)
    shown = await got(client, f"/api/races/{OPEN}/as-of?at={wire(at)}")
    polled = max(START - timedelta(minutes=m) for m in (62, 55, 45, 30, 20, 12, 8, 5.1, 4.2) if m >= minutes)
    assert shown["last_polled_at"] == wire(polled)
    assert shown["seconds_to_start"] == minutes * 60
    assert shown["weather"] == ("Fine" if minutes > 20 else "Showery")
    for runner in shown["entrants"]:
        for kind in ("fixed_win", "fixed_place", "pool_win", "pool_place"):
            rows = stored_day.rows(
                "SELECT odds FROM odds_history WHERE race_id = %s AND entrant_id = %s AND type = %s "
                "AND event_timestamp <= %s ORDER BY event_timestamp DESC LIMIT 1",
                OPEN, runner["entrant_id"], kind, at,
            )  # fmt: skip
            assert runner[kind] == (number(rows[0]["odds"]) if rows else None)
    scratched = next(runner for runner in shown["entrants"] if runner["entrant_id"] == runner_id(7))
    assert scratched["is_scratched"] is (minutes <= 20)
    pools = stored_day.rows(
        "SELECT * FROM race_pools_history WHERE race_id = %s AND polling_timestamp <= %s ORDER BY polling_timestamp DESC",
        OPEN, at,
    )[0]  # fmt: skip
    assert shown["pools"]["win_pool_total"] == pools["win_pool_total"]


async def test_as_of_counts_back_from_the_start(client):
    by_instant = await got(client, f"/api/races/{OPEN}/as-of?at={wire(START - timedelta(minutes=10))}")
    assert await got(client, f"/races/{OPEN}/as-of?minus=600") == by_instant


async def test_as_of_knows_the_status_and_the_result_of_then(client):
    start = START - timedelta(minutes=60)
    seen = [await got(client, f"/api/races/{FINAL}/as-of?at={wire(start + timedelta(minutes=m))}") for m in (-2, 6, 10)]
    assert [one["status"] for one in seen] == ["open", "interim", "final"]
    assert [one["result"] and one["result"]["revision"] for one in seen] == [None, 1, 2]
    assert [len(one["result"]["results_data"]) for one in seen[1:]] == [1, 3]


async def test_as_of_refuses_what_nobody_knew_or_can_know(client):
    before = await client.get(f"/api/races/{OPEN}/as-of?at=2025-07-01T00:00:00Z")
    future = await client.get(f"/api/races/{OPEN}/as-of?at=2025-08-01T00:00:00Z")
    neither = await client.get(f"/api/races/{OPEN}/as-of")
    both = await client.get(f"/api/races/{OPEN}/as-of?at=2025-07-17T00:00:00Z&minus=5")
    assert [answer.status_code for answer in (before, future, neither, both)] == [404, 422, 400, 400]
    assert future.json()["details"] == [{"parameter": "at", "problem": "is in the future"}]
