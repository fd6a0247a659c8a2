"""DOMAIN §6: the board by stage, against the database."""

from collections import defaultdict
from datetime import timedelta

import pytest

from tests.fixtures.api import ABANDONED, FINAL, OPEN, RUNNING, SCRATCHED, SPELLINGS, UNPRICED, got, number, wire
from tests.fixtures.stored import DAY, NOW, START

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]
STAGES = ["early_market", "pre_race", "going_to_post", "at_post", "running", "finished"]


@pytest.fixture
async def board(client):
    return await got(client, "/api/live-odds/races-by-stage")


def stage_of(row):
    if row["status"] in {"final", "abandoned"}:
        return "finished"
    minutes = (row["start_time"] - NOW).total_seconds() / 60
    return next(
        (
            name
            for least, name in ((120, "early_market"), (30, "pre_race"), (5, "going_to_post"), (1e-9, "at_post"))
            if minutes >= least
        ),
        "running",
    )


async def test_every_race_of_the_day_stands_in_its_stage(board, stored_day):
    wanted = defaultdict(list)
    for row in stored_day.rows("SELECT * FROM races WHERE racing_day = %s ORDER BY start_time, race_id", DAY):
        wanted[stage_of(row)].append(row["race_id"])
    wanted["finished"].reverse()
    assert list(board["stages"]) == STAGES
    assert {name: [race["race_id"] for race in races] for name, races in board["stages"].items()} == {
        name: wanted[name] for name in STAGES
    }
    assert board["success"] is True
    assert board["total_races"] == sum(map(len, wanted.values())) == 15
    assert board["timestamp"] == wire(NOW)


async def test_a_started_race_runs_and_finished_ones_come_newest_first(board):
    assert [race["race_id"] for race in board["stages"]["running"]] == [RUNNING]
    assert [race["race_id"] for race in board["stages"]["finished"]] == [ABANDONED, FINAL]


async def test_a_race_on_the_board(board, stored_day):
    (race,) = board["stages"]["at_post"]
    (row,) = stored_day.rows("SELECT * FROM races JOIN meetings USING (meeting_id) WHERE race_id = %s", OPEN)
    assert race.pop("runners_data")
    assert race == {
        "race_id": OPEN,
        "off_time": wire(START),
        "course": row["meeting_name"],
        "name": row["name"],
        "race_number": 3,
        "status": "open",
        "type": "thoroughbred",
        "category": "T",
        "country": "NZ",
        "distance": 1200,
        "meeting_id": row["meeting_id"],
        "runners": 7,
        "minutes_until": 4,
        "last_updated": wire(START - timedelta(minutes=4.2)),
        "next_phase_name": "running",
        "next_phase_minutes": 4,
        "last_polled_at": wire(START - timedelta(minutes=4.2)),
        "age_seconds": 12,
        "stale": False,
    }


async def test_runners_stand_favourite_first_with_the_highest_price_of_each(board, stored_day):
    (race,) = board["stages"]["at_post"]
    stored = {row["runner_number"]: row for row in stored_day.rows("SELECT * FROM entrants WHERE race_id = %s", OPEN)}
    runners = race["runners_data"]
    assert len(runners) == 8
    for runner in runners:
        row = stored[runner["number"]]
        assert (runner["entrant_id"], runner["name"]) == (row["entrant_id"], row["name"])
        assert runner["best_odds_decimal"] == number(row["win_odds"])
        quotes = {quote["type"]: quote["odds_decimal"] for quote in runner["all_odds"]}
        assert quotes == {kind: number(row[kind]) for kind in ("fixed_win", "pool_win") if row[kind] is not None}
    prices = [runner["best_odds_decimal"] for runner in runners[:-1]]
    assert prices == sorted(prices)
    assert [runner["is_favorite"] for runner in runners] == [True] + [False] * 7
    assert runners[0]["best_bookmaker"] == "tab_nz"
    assert runners[-1]["number"] == SCRATCHED
    assert (runners[-1]["best_odds_decimal"], runners[-1]["best_bookmaker"], runners[-1]["all_odds"]) == (
        None,
        None,
        [],
    )
    assert runners[-2]["number"] == UNPRICED  # only the tote quotes it


@SPELLINGS
async def test_the_phases_to_come_are_counted_in_whole_minutes(client, prefix):
    board = await got(client, f"{prefix}/live-odds/races-by-stage")
    phases = {name: {(race["next_phase_name"]) for race in races} for name, races in board["stages"].items()}
    assert phases == {
        "early_market": {"pre_race"},
        "pre_race": {"going_to_post"},
        "going_to_post": set(),
        "at_post": {"running"},
        "running": {None},
        "finished": {None},
    }
    for race in board["stages"]["early_market"]:
        assert race["next_phase_minutes"] == race["minutes_until"] - 120
