"""What the load generator asks of every route: paths made of rows that are stored."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from api.cursor import Cursor
from shared.queries import Queries

_UNBOUNDED = {"/api/stream", "/api/export/odds.csv", "/api/export/money-flow.csv"}  # they end when they are read
BOARD, ENTRANTS = "/api/live-odds/races-by-stage", "/api/entrants"


@dataclass(frozen=True)
class Stored:
    """Rows to ask for: races of the whole month, those about to start, places in the feed."""

    races: list[dict[str, Any]]
    near: list[dict[str, Any]]
    cursors: list[str]


def stored(url: str) -> Stored:
    """Return what the database at *url* holds."""
    queries = Queries("bench")
    with psycopg.connect(url, row_factory=dict_row) as connection:
        races, near, cursors = (
            connection.execute(queries[name], {}).fetchall()
            for name in ("select_sample_races", "select_near_races", "select_sample_cursors")
        )
    return Stored(races, near, [str(Cursor(row["cluster_id"], row["xid"], row["id"])) for row in cursors])


def targets(rows: Stored, served: set[str]) -> dict[str, list[str]]:
    """Return paths by route; AssertionError when a route of *served*, the OpenAPI's paths, is left out."""
    every: dict[str, Callable[[dict[str, Any]], str]] = {
        "/api/meetings": lambda race: f"/api/meetings?date={race['racing_day']}",
        "/api/meetings/{meeting_id}": lambda race: f"/api/meetings/{race['meeting_id']}",
        "/api/races": lambda race: f"/api/races?meeting_id={race['meeting_id']}",
        "/api/races/{race_id}": lambda race: f"/api/races/{race['race_id']}",
        "/api/races/{race_id}/as-of": lambda race: f"/api/races/{race['race_id']}/as-of?minus=120",
        "/api/races/navigation": lambda race: f"/api/races/navigation?race_id={race['race_id']}",
        "/api/entrants": lambda race: f"/api/entrants?race_id={race['race_id']}",
        "/api/race-pools": lambda race: f"/api/race-pools?race_id={race['race_id']}",
        "/api/race-results": lambda race: f"/api/race-results?race_id={race['race_id']}",
        "/api/money-flow-timeline": lambda race: f"/api/money-flow-timeline?race_id={race['race_id']}",
        "/api/historical-odds": lambda race: f"/api/historical-odds?date={race['racing_day']}",
        "/api/statistics": lambda race: f"/api/statistics?date={race['racing_day']}",
        "/api/coverage": lambda race: f"/api/coverage?date={race['racing_day']}",
    }
    found = {route: list(dict.fromkeys(map(path, rows.races))) for route, path in every.items()}
    found |= {
        f"{ENTRANTS} (about to start)": [f"{ENTRANTS}?race_id={race['race_id']}" for race in rows.near],
        "/api/changes": [f"/api/changes?cursor={cursor}" for cursor in rows.cursors],
        "/api/notifications": ["/api/notifications?limit=100"],
        "/api/movers": ["/api/movers?minimum_percent=1"],
    }
    alone = served - set(found) - _UNBOUNDED
    assert not any("{" in route for route in alone), f"a route without a target: {alone}"
    return found | {route: [route] for route in sorted(alone)}
