"""Every recorded answer's pools, placings and dividends as stored: the file on one side, whole rows on the other."""

from datetime import date

from tests.fixtures.recorded import (
    FULL,
    MARKS,
    TERMINAL,
    Stored,
    cents,
    stored,  # noqa: F401  the fixture
    text,
)

pytestmark = MARKS
SIX = {
    "win_pool_total": "Win",
    "place_pool_total": "Place",
    "quinella_pool_total": "Quinella",
    "trifecta_pool_total": "Trifecta",
    "exacta_pool_total": "Exacta",
    "first4_pool_total": "FirstFour",
}


def six_totals(pools):
    found = {column: pools.get(product) for column, product in SIX.items()}
    return found | {"total_race_pool": sum(total for total in found.values() if total is not None)}


def test_the_pools_are_stored_in_cents_and_those_of_several_races_beside_them(stored):  # noqa: F811  the fixture
    pools = stored.pools()
    rows, history = stored.table("race_pools"), stored.table("race_pools_history")
    if not pools:
        assert (rows, history) == ([], [])
        return
    (row,), (first,) = rows, history
    others = [pool for pool in stored.data["tote_pools"] if pool["product_type"] not in SIX.values()]
    assert {pool["product_type"]: pool for pool in row["other_pools"]} == {
        pool["product_type"]: {
            "product_type": pool["product_type"],
            "total": cents(pool["total"]),
            "status": text(pool["status"]),
        }
        for pool in others
    }
    assert len(row.pop("other_pools")) == len(others)
    assert row == six_totals(pools) | {
        "race_id": stored.race_id,
        "currency": "NZD",
        "data_quality_score": 100,  # Win and Place are there in every answer recorded with pools, no name is unknown
        "extracted_pools": len(pools) - len(others),
        "last_updated": stored.polled_at,
    }
    assert first == six_totals(pools) | {
        "racing_day": date.fromisoformat(stored.day),
        "race_id": stored.race_id,
        "polling_timestamp": stored.polled_at,
    }


def placings(data):
    """Return the placings by position; runners that share one by their number."""
    rows = sorted(data.get("results") or (), key=lambda row: (row["position"], row["runner_number"]))
    return [
        {
            "position": row["position"],
            "runner_number": row["runner_number"],
            "entrant_id": row["entrant_id"],
            "name": text(row["name"]),
            "barrier": row["barrier"],
            "margin": row["margin_length"],
            "positional_margin": text(row.get("positional_margin")),
            "winning_time": row.get("winning_time") or None,
            "time_ran": row.get("time_ran") or None,
        }
        for row in rows
    ]


def dividends(data):
    """Return the rows that count, by id: a tote's Final rows of a product replace its Interim ones."""
    rows = data.get("dividends") or ()
    settled = {(row["tote"], row["product_name"]) for row in rows if row["status"] == "Final"}
    return {
        row["id"]: {
            "dividend_id": row["id"],
            "tote": text(row["tote"]),
            "product_name": row["product_name"],
            "status": row["status"],
            "dividend": row["dividend"],
            "pool_size_cents": cents(row["pool_size"]),
            "jackpot_size_cents": cents(row["jackpot_size"]),
            "positions": row["positions"] and [[each["runner_number"], each["position"]] for each in row["positions"]],
            "description": text(row["description"]),
        }
        for row in rows
        if row["status"] == "Final" or (row["tote"], row["product_name"]) not in settled
    }


def test_the_result_is_stored_as_one_revision_of_whole_rows(stored):  # noqa: F811  the fixture
    data, race = stored.data, stored.race
    revisions = stored.table("race_results")
    if not (data.get("results") or data.get("dividends")):
        assert revisions == []
        return
    (row,) = revisions
    told = row.pop("dividends")
    assert len({each["dividend_id"] for each in told}) == len(told)
    assert {each["dividend_id"]: each for each in told} == dividends(data)
    assert row == {
        "race_id": stored.race_id,
        "revision": 1,
        "result_status": "final" if race["status"] in TERMINAL else "interim",
        "results": placings(data),
        "photo_finish": race.get("photo_finish", False),
        "stewards_inquiry": race.get("stewards_inquiry", False),
        "protest_lodged": race.get("protest", False),
        "protest_text": text(race.get("protest_reason")),
        "recorded_at": stored.polled_at,
    }


def test_the_recorded_pools_and_placings_are_exact(database_url):
    """The same, told by hand: six totals, the pool of four races beside them, eight placings, Final dividends only."""
    full = Stored(FULL, database_url)
    (pools,) = full.table("race_pools")
    totals = [pools[f"{name}_pool_total"] for name in ("win", "place", "quinella", "trifecta", "first4", "exacta")]
    assert totals == [915138, 392351, 534106, 797624, 461792, None]
    assert pools["total_race_pool"] == 915138 + 392351 + 534106 + 797624 + 461792
    assert [pool["product_type"] for pool in pools["other_pools"]] == ["EarlyQuadrella"]
    (result,) = full.table("race_results")
    assert [row["position"] for row in result["results"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert result["result_status"] == "final"
    assert {row["status"] for row in result["dividends"]} == {"Final"}
    assert sum(row["status"] == "Final" for row in full.data["dividends"]) == len(result["dividends"]) == 7
