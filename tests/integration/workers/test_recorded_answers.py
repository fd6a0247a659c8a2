"""Every recorded answer stored whole: the file on one side, the database on the other, field by field."""

import json
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from shared.clock import racing_day
from shared.db import writer_pool
from workers.leadership import Leadership
from workers.upstream.parse_race import parse_race
from workers.write.polls import PollRecord
from workers.write.staging import RaceWriter

FOLDER = os.environ.get("RACEDAY_TAB_API")
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(not FOLDER, reason="RACEDAY_TAB_API does not name the recorded answers"),
]
EVENTS = sorted(path.name for path in Path(FOLDER or ".").glob("samples/*.json") if "meeting" not in path.name)
FULL = "race-event-full-response.json"
KINDS = ("fixed_win", "fixed_place", "pool_win", "pool_place")


class Stored:
    """A recorded answer (*data*) and the rows that came of writing it."""

    def __init__(self, name, url):
        raw = (Path(FOLDER) / "samples" / name).read_bytes()
        self.data = json.loads(raw)["data"]
        self.race_id = self.data["race"]["event_id"]
        self.polled_at = datetime.fromtimestamp(self.data["race"]["advertised_start"], UTC) - timedelta(minutes=3)
        self.url = url
        answer = parse_race(raw, self.race_id)
        with writer_pool(url, size=2, application_name="test") as pool:
            lease = Leadership(pool.connection, "test")
            lease.tick()
            writer = RaceWriter(pool.connection, "test", lambda: lease.epoch, lambda *_: False)
            self.written = writer.write(answer, PollRecord("poll", self.polled_at, self.polled_at))

    def rows(self, query):
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            return connection.execute(query, {"race_id": self.race_id}).fetchall()

    def entrants(self):
        rows = self.rows("SELECT * FROM entrants WHERE race_id = %(race_id)s")
        return {row["entrant_id"]: row for row in rows}


def cents(dollars):
    return None if dollars is None else round(Decimal(str(dollars)) * 100)


@pytest.fixture(params=EVENTS)
def stored(request, database_url):
    return Stored(request.param, database_url)


def test_the_race_and_its_meeting_are_stored_as_recorded(stored):
    race = stored.data["race"]
    (row,) = stored.rows(
        "SELECT r.*, m.meeting_name, m.country, m.category, m.date FROM races r JOIN meetings m "
        "USING (meeting_id) WHERE race_id = %(race_id)s"
    )
    assert row["name"] == race["description"].strip()
    assert row["status"] == race["status"].lower()
    assert (row["race_number"], row["distance"]) == (race["race_number"], race["distance"])
    assert row["start_time"].timestamp() == race["advertised_start"]
    assert row["actual_start"].timestamp() == race["actual_start"]
    assert (row["meeting_name"], row["country"], row["category"]) == (
        race["meeting_name"],
        race["country"],
        race["type"],
    )
    assert row["date"].isoformat() == row["racing_day"].isoformat()
    assert row["date"] == racing_day(row["start_time"])
    assert row["date"].isoformat() == race.get("race_date_nz", row["date"].isoformat())
    assert row["track_condition"] == (race["track_condition"] or None)
    assert row["weather"] == (race["weather"] or None)
    assert row["prize_cents"] == cents((race.get("prize_monies") or {}).get("total_value"))


def test_every_runner_is_stored_as_recorded(stored):
    entrants = stored.entrants()
    assert set(entrants) == {runner["entrant_id"] for runner in stored.data["runners"]}
    for runner in stored.data["runners"]:
        row = entrants[runner["entrant_id"]]
        scratched = bool(runner["is_scratched"] or runner["scratch_time"])
        assert row["name"] == runner["name"].strip()
        assert (row["runner_number"], row["barrier"]) == (runner["runner_number"], runner["barrier"])
        assert row["jockey"] == (runner.get("jockey", "").strip() or None)
        assert row["trainer_name"] == (runner.get("trainer_name", "").strip() or None)
        assert row["silk_colours"] == (runner.get("silk_colours", "").strip() or None)
        assert row["horse_id"] == runner.get("horse_id")
        assert row["is_scratched"] is scratched
        for kind in KINDS:
            given = None if scratched else Decimal(str(runner["odds"].get(kind) or 0)) or None
            assert row[kind] == given, (runner["name"], kind)


def test_prices_pools_and_results_are_stored_as_recorded(stored):
    data = stored.data
    priced = {
        (runner["entrant_id"], kind): Decimal(str(runner["odds"][kind]))
        for runner in data["runners"]
        for kind in KINDS
        if runner["odds"].get(kind) and not (runner["is_scratched"] or runner["scratch_time"])
    }
    history = stored.rows("SELECT * FROM odds_history WHERE race_id = %(race_id)s")
    assert {(row["entrant_id"], row["type"]): row["odds"] for row in history} == priced
    assert {row["event_timestamp"] for row in history} <= {stored.polled_at}
    totals = {pool["product_type"].lower(): cents(pool["total"]) for pool in data.get("tote_pools") or []}
    pools = stored.rows("SELECT * FROM race_pools WHERE race_id = %(race_id)s")
    assert len(pools) == bool(totals)
    for row in pools:
        assert row["win_pool_total"] == totals.get("win")
        assert row["place_pool_total"] == totals.get("place")
        assert row["quinella_pool_total"] == totals.get("quinella")
        assert row["trifecta_pool_total"] == totals.get("trifecta")
        assert row["first4_pool_total"] == totals.get("firstfour")
        six = [
            totals[name] for name in ("win", "place", "quinella", "trifecta", "exacta", "firstfour") if name in totals
        ]
        assert row["total_race_pool"] == sum(six)
        assert {pool["product_type"] for pool in row["other_pools"]} == {
            pool["product_type"] for pool in data["tote_pools"]
        } - {"Win", "Place", "Quinella", "Trifecta", "Exacta", "FirstFour"}
    revisions = stored.rows("SELECT * FROM race_results WHERE race_id = %(race_id)s")
    assert len(revisions) == bool(data.get("results") or data.get("dividends"))
    for row in revisions:
        placed = {(r["entrant_id"], r["position"], r["runner_number"]) for r in data.get("results") or []}
        assert {(r["entrant_id"], r["position"], r["runner_number"]) for r in row["results"]} == placed
        final = {d["product_name"] for d in data.get("dividends") or [] if d["status"] == "Final"}
        kept = [d for d in data.get("dividends") or [] if d["status"] == "Final" or d["product_name"] not in final]
        assert sorted(d["dividend_id"] for d in row["dividends"]) == sorted(d["id"] for d in kept)
        assert sorted(d["dividend"] for d in row["dividends"]) == sorted(d["dividend"] for d in kept)


def test_the_recorded_money_is_exact(database_url):
    """DOMAIN §1, §4: the sums over the tracker's 76 rows, the tote's shares, six totals and the others."""
    stored = Stored(FULL, database_url)
    by_number = {row["runner_number"]: row for row in stored.entrants().values()}
    assert [by_number[number]["hold_percentage"] for number in (6, 5, 4, 2, 7, 3, 1, 8)] == [
        19,
        16,
        16,
        13,
        4,
        5,
        18,
        2,
    ]
    (race,) = stored.rows("SELECT * FROM races WHERE race_id = %(race_id)s")
    assert sum(removed["hold_percentage"] for removed in race["tracker_removed"].values()) == 8
    assert round(by_number[6]["tote_share"] * 100, 1) == Decimal("12.7")
    assert round(by_number[5]["tote_share"] * 100, 1) == Decimal("22.0")
    assert abs(sum(row["tote_share"] for row in by_number.values()) - 1) < Decimal("0.0000001")
    assert by_number[6]["win_pool_amount"] == round(Decimal(915138) * 19 / 100)
    (pools,) = stored.rows("SELECT * FROM race_pools WHERE race_id = %(race_id)s")
    assert (pools["win_pool_total"], pools["place_pool_total"], pools["quinella_pool_total"]) == (
        915138,
        392351,
        534106,
    )
    assert (pools["trifecta_pool_total"], pools["first4_pool_total"]) == (797624, 461792)
    assert pools["total_race_pool"] == 915138 + 392351 + 534106 + 797624 + 461792
    assert [pool["product_type"] for pool in pools["other_pools"]] == ["EarlyQuadrella"]
    (result,) = stored.rows("SELECT * FROM race_results WHERE race_id = %(race_id)s")
    assert [row["position"] for row in result["results"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert result["result_status"] == "final"
    assert {row["status"] for row in result["dividends"]} == {"Final"}


def test_writing_the_recorded_event_again_adds_a_poll_and_nothing_else(database_url):
    stored = Stored(FULL, database_url)
    tables = ("odds_history", "money_flow_history", "race_pools_history", "race_results", "changes", "entrants")

    def count(table):
        return stored.rows(f"SELECT count(*) FROM {table}")[0]["count"]  # noqa: S608  our own names

    before = {table: count(table) for table in tables}
    stored.polled_at += timedelta(seconds=15)
    answer = parse_race((Path(FOLDER) / "samples" / FULL).read_bytes(), stored.race_id)
    with writer_pool(database_url, size=1, application_name="test") as pool:
        lease = Leadership(pool.connection, "test")
        epoch = lease.borrow()
        writer = RaceWriter(pool.connection, "test", lambda: epoch, lambda *_: False)
        again = writer.write(answer, PollRecord("poll", stored.polled_at, stored.polled_at))
    assert (again.outcome, again.kinds) == ("unchanged", ())
    assert {table: count(table) for table in tables} == before
    assert count("polls") == 2
