"""DOMAIN §7: entrants, pools, results and the timeline: keys, types and values against the database."""

from collections import defaultdict
from datetime import timedelta

import pytest

from tests.fixtures.api import (
    FINAL,
    OPEN,
    SCRATCHED,
    SPELLINGS,
    UNPRICED,
    YESTERDAY,
    got,
    number,
    runner_id,
    wire,
)
from tests.fixtures.stored import START

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]

PRICES = ("fixed_win", "fixed_place", "pool_win", "pool_place", "win_odds", "place_odds")
NUMBERS = (*PRICES, "hold_percentage", "bet_percentage", "tote_share", "opening_price", "closing_price", "high_price")
SAME = (
    "entrant_id", "race_id", "name", "runner_number", "jockey", "trainer_name", "barrier", "silk_colours",
    "silk_url_64x64", "silk_url_128x128", "is_scratched", "is_late_scratched", "win_pool_amount",
    "place_pool_amount", "tote_win_amount", "tote_source", "age", "gear", "horse_id", "closing_missing",
)  # fmt: skip


@pytest.mark.parametrize("path", ["/api/entrants?race_id=", "/api/entrants?raceId=", "/entrants?raceId="])
async def test_entrants_are_as_stored_by_number(client, stored_day, path):
    listed = await got(client, path + OPEN)
    stored = stored_day.rows("SELECT * FROM entrants WHERE race_id = %s ORDER BY runner_number", OPEN)
    assert len(listed) == len(stored) == 8
    for shown, row in zip(listed, stored, strict=True):
        assert {key: shown[key] for key in SAME} == {key: row[key] for key in SAME}
        assert {key: shown[key] for key in NUMBERS} == {key: number(row[key]) for key in NUMBERS}
        assert shown["scratch_time"] == wire(row["scratch_time"])
        for key in ("win_pool_amount", "place_pool_amount"):
            assert shown[key] is None or type(shown[key]) is int


async def test_every_entrant_tells_how_old_its_prices_are(client):
    for shown in await got(client, f"/api/entrants?race_id={OPEN}"):
        assert shown["last_polled_at"] == wire(START - timedelta(minutes=4.2))
        assert (shown["age_seconds"], shown["stale"]) == (12, False)


async def test_what_is_not_known_is_null_and_never_zero(client):
    by_number = {row["runner_number"]: row for row in await got(client, f"/api/entrants?race_id={OPEN}")}
    assert by_number[UNPRICED]["fixed_win"] is None
    assert by_number[UNPRICED]["win_odds"] == 31.0  # the tote's, where there is no fixed price
    assert by_number[UNPRICED]["hold_percentage"] is None
    assert by_number[SCRATCHED]["is_scratched"] is True
    assert all(by_number[SCRATCHED][price] is None for price in PRICES)


async def test_odds_history_is_every_change_newest_first(client, stored_day):
    wanted = defaultdict(list)
    for row in stored_day.rows(
        "SELECT * FROM odds_history WHERE race_id = %s ORDER BY event_timestamp DESC, type", OPEN
    ):
        wanted[row["entrant_id"]].append(
            {
                "odds": number(row["odds"]),
                "type": row["type"],
                "timestamp": wire(row["event_timestamp"]),
                "source": row["source"],
                "bookmaker": row["bookmaker"],
            }
        )
    listed = await got(client, f"/api/entrants?race_id={OPEN}")
    assert {row["entrant_id"]: row["odds_history"] for row in listed} == wanted
    withdrawn = next(row for row in listed if row["runner_number"] == SCRATCHED)["odds_history"]
    assert withdrawn[0]["odds"] is None


async def test_money_flow_history_is_every_change_newest_first(client, stored_day):
    wanted = defaultdict(list)
    for row in stored_day.rows(
        "SELECT * FROM money_flow_history WHERE race_id = %s ORDER BY polling_timestamp DESC", OPEN
    ):
        wanted[row["entrant_id"]].append(
            {
                "hold_percentage": number(row["hold_percentage"]),
                "bet_percentage": number(row["bet_percentage"]),
                "win_pool_amount": row["win_pool_amount"],
                "place_pool_amount": row["place_pool_amount"],
                "tote_share": number(row["tote_share"]),
                "tote_win_amount": row["tote_win_amount"],
                "time_to_start": row["time_to_start"],
                "timestamp": wire(row["polling_timestamp"]),
            }
        )
    listed = await got(client, f"/api/entrants?race_id={OPEN}")
    assert {row["entrant_id"]: row["money_flow_history"] for row in listed if row["money_flow_history"]} == wanted


@SPELLINGS
async def test_pools_in_cents(client, stored_day, prefix):
    shown = await got(client, f"{prefix}/race-pools?raceId={OPEN}")
    (row,) = stored_day.rows("SELECT * FROM race_pools WHERE race_id = %s", OPEN)
    for key in (
        "race_id", "win_pool_total", "place_pool_total", "quinella_pool_total", "trifecta_pool_total",
        "exacta_pool_total", "first4_pool_total", "total_race_pool", "currency", "data_quality_score",
        "extracted_pools", "other_pools",
    ):  # fmt: skip
        assert shown[key] == row[key], key
    assert type(shown["win_pool_total"]) is int
    assert shown["trifecta_pool_total"] is None
    assert shown["last_updated"] == wire(row["last_updated"])
    assert shown["age_seconds"] == 12


async def test_pools_of_a_race_without_any_are_null(client, stored_day):
    ((race_id,),) = [
        tuple(row.values()) for row in stored_day.rows("SELECT race_id FROM races WHERE last_polled_at IS NULL LIMIT 1")
    ]
    shown = await got(client, f"/api/race-pools?race_id={race_id}")
    assert shown["win_pool_total"] is None
    assert shown["data_quality_score"] is None
    assert shown["last_polled_at"] is None
    assert shown["age_seconds"] is None


@SPELLINGS
async def test_the_result_is_the_newest_revision(client, stored_day, prefix):
    shown = await got(client, f"{prefix}/race-results?raceId={FINAL}")
    row = stored_day.rows("SELECT * FROM race_results WHERE race_id = %s ORDER BY revision DESC", FINAL)[0]
    assert shown["results_available"] is True
    assert shown["revision"] == row["revision"] == 2
    assert shown["result_status"] == row["result_status"] == "final"
    assert shown["result_time"] == wire(row["recorded_at"])
    assert shown["results_data"] == row["results"]
    assert [place["position"] for place in shown["results_data"]] == [1, 2, 3]
    assert {"position", "runner_number", "entrant_id", "name", "margin"} <= set(shown["results_data"][0])
    (dividend,) = shown["dividends_data"]
    assert (dividend["product_name"], dividend["status"], dividend["dividend"]) == ("Pool Win", "Final", 4.3)
    assert dividend["positions"] == [{"runner_number": 1, "position": 1}]
    assert (shown["photo_finish"], shown["stewards_inquiry"], shown["protest_lodged"]) == (False, False, False)


async def test_fixed_odds_come_by_runner_number_under_both_names(client, stored_day):
    shown = await got(client, f"/api/race-results?race_id={FINAL}")
    for row in stored_day.rows("SELECT * FROM entrants WHERE race_id = %s", FINAL):
        assert shown["fixed_odds_data"][str(row["runner_number"])] == {
            "fixed_win": number(row["fixed_win"]),
            "fixed_place": number(row["fixed_place"]),
            "fixed_win_odds": number(row["fixed_win"]),
            "fixed_place_odds": number(row["fixed_place"]),
            "runner_name": row["name"],
            "entrant_id": row["entrant_id"],
        }


async def test_a_race_without_a_result_says_so(client):
    shown = await got(client, f"/api/race-results?race_id={OPEN}")
    assert shown["results_available"] is False
    assert (shown["results_data"], shown["dividends_data"]) == ([], [])
    assert (shown["result_status"], shown["result_time"], shown["revision"]) == (None, None, None)


@pytest.mark.parametrize(
    "resource", ["entrants", "race-pools", "race-results", "money-flow-timeline", "races/navigation"]
)
async def test_a_race_that_is_not_stored_is_404_and_none_is_400(client, resource):
    unknown = await client.get(f"/api/{resource}?race_id=4711")
    assert (unknown.status_code, unknown.json()) == (404, {"error": "no race 4711 is stored"})
    missing = await client.get(f"/api/{resource}")
    assert missing.status_code == 400
    assert missing.json()["details"] == [{"parameter": "race_id", "problem": "is missing"}]


def document(row):
    """Return a bucket row of the database as the wire has it."""
    decimals = {
        "time_interval", "hold_percentage", "bet_percentage", "win_pool_percentage", "place_pool_percentage",
        "tote_share", "fixed_win", "fixed_place", "pool_win", "pool_place", "money_indicator", "odds_indicator",
    }  # fmt: skip
    instants = {"event_timestamp", "polling_timestamp", "created_at"}
    shown = {key: number(value) if key in decimals else value for key, value in row.items()}
    shown |= {key: wire(row[key]) for key in instants}
    return {**shown, "racing_day": row["racing_day"].isoformat()}


@SPELLINGS
async def test_the_timeline_is_the_buckets_as_stored(client, stored_day, prefix):
    shown = await got(client, f"{prefix}/money-flow-timeline?raceId={OPEN}&limit=2000")
    stored = stored_day.rows(
        "SELECT * FROM money_flow_buckets WHERE race_id = %s ORDER BY created_at, time_interval DESC, entrant_id", OPEN
    )
    assert shown["documents"] == [document(row) for row in stored]
    assert shown["total"] == len(stored) == 8 * 8
    assert (shown["success"], shown["race_id"], shown["pool_type"], shown["limit"]) == (True, OPEN, "win", 2000)
    assert shown["bucketed_data"] is True
    assert shown["next_cursor"] is None
    assert shown["next_created_at"] == shown["documents"][-1]["created_at"]
    assert shown["interval_coverage"]["intervals"] == [60, 55, 45, 30, 20, 10, 5, 4]
    assert 50 in shown["interval_coverage"]["missing"]
    assert 3 not in shown["interval_coverage"]["missing"]
    assert shown["age_seconds"] == 12


@pytest.mark.parametrize("limit", [1, 5, 8, 63, 64])
async def test_pages_of_the_timeline_have_neither_gap_nor_repeat(client, limit):
    whole = (await got(client, f"/api/money-flow-timeline?race_id={OPEN}&limit=2000"))["documents"]
    paged, query = [], ""
    while True:
        page = await got(client, f"/api/money-flow-timeline?race_id={OPEN}&limit={limit}{query}")
        paged += page["documents"]
        if page["next_cursor"] is None:
            break
        # The client sends both back.
        query = f"&cursorAfter={page['next_cursor']}&createdAfter={page['next_created_at']}"
    assert paged == whole


async def test_the_timeline_after_an_instant_leaves_out_what_began_before(client):
    whole = (await got(client, f"/api/money-flow-timeline?race_id={OPEN}&limit=2000"))["documents"]
    instant = whole[20]["created_at"]
    later = await got(client, f"/api/money-flow-timeline?race_id={OPEN}&limit=2000&created_after={instant}")
    assert later["documents"] == [row for row in whole if row["created_at"] > instant]


@pytest.mark.parametrize("query", ["entrants={},{}", "entrants={}&entrants={}"])
async def test_the_timeline_of_some_runners(client, query):
    wanted = [runner_id(1), runner_id(4)]
    shown = await got(client, f"/api/money-flow-timeline?race_id={OPEN}&{query.format(*wanted)}")
    assert shown["entrant_ids"] == wanted
    assert {row["entrant_id"] for row in shown["documents"]} == set(wanted)
    assert shown["total"] == 16


async def test_the_increment_is_that_of_the_pool_asked_for(client):
    win = (await got(client, f"/api/money-flow-timeline?race_id={OPEN}&poolType=win"))["documents"]
    place = (await got(client, f"/api/money-flow-timeline?race_id={OPEN}&pool_type=place"))["documents"]
    assert [row["incremental_amount"] for row in win] == [row["incremental_win_amount"] for row in win]
    assert [row["incremental_amount"] for row in place] == [row["incremental_place_amount"] for row in place]
    assert any(row["incremental_place_amount"] for row in place)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("pool_type=exacta", "pool_type"), ("cursor_after=zzz", "cursor_after"), ("created_after=yesterday", "created_after"),
        ("created_after=2025-07-17T00:00:00", "created_after"), ("entrants=a%20b", "entrants"), ("limit=many", "limit"),
    ],
)  # fmt: skip
async def test_a_malformed_parameter_of_the_timeline_is_named(client, query, parameter):
    answer = await client.get(f"/api/money-flow-timeline?race_id={OPEN}&{query}")
    assert answer.status_code == 400
    assert answer.json()["details"][0]["parameter"] == parameter


async def test_past_days_are_still_there(client):
    assert len(await got(client, f"/api/entrants?race_id={YESTERDAY}")) == 3
