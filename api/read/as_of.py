"""A race as it was known at an instant, from its history."""

from datetime import datetime, timedelta

from api import as_of
from api.failures import OutOfRange
from api.read.reader import Reader, Row
from api.view import freshness
from shared.clock import Clock
from shared.errors import NotFound


async def race_then(
    reader: Reader, clock: Clock, now: datetime, race_id: str, *, at: datetime | None, minus_s: int | None
) -> tuple[Row, Row]:
    """Return what was known of a race, and the race as it is; *minus_s* counts back from the advertised start."""
    async with reader.snapshot() as snapshot:
        race = await snapshot.one("select_race_then", race_id=race_id)
        if race is None:
            raise NotFound(f"no race {race_id} is stored")
        at = at or race["start_time"] - timedelta(seconds=minus_s or 0)
        if at > now:
            raise OutOfRange("is in the future", "at" if minus_s is None else "minus")
        if at < race["created_at"]:
            raise NotFound(f"race {race_id} was not known before {race['created_at']:%Y-%m-%dT%H:%M:%SZ}")
        keys = {"race_id": race_id, "racing_day": race["racing_day"], "at": at}
        changes = await snapshot.rows("select_race_changes", race_id=race_id)
        entrants = await snapshot.rows("select_entrants_then", **keys)
        pools = await snapshot.one("select_pools_then", **keys)
        poll = await snapshot.one("select_poll_then", **keys)
        result = await snapshot.one("select_result_then", race_id=race_id, at=at)
    return _body(race, changes, entrants, pools, poll, result, at, clock.speed), race


def _body(
    race: Row,
    changes: list[Row],
    entrants: list[Row],
    pools: Row | None,
    poll: Row | None,
    result: Row | None,
    at: datetime,
    speed: float,
) -> Row:
    status = as_of.value_then(changes, "status", at, race["status"])
    start = as_of.start_then(changes, at, race["start_time"])
    for row in entrants:
        row["is_scratched"] = as_of.was_scratched(changes, row["entrant_id"], at, now_value=row["is_scratched"])
    if result is not None:
        result["results_data"] = result.pop("results")
    return {
        **{name: race[name] for name in ("race_id", "name", "race_number", "meeting_id", "meeting_name")},
        "at": at,
        "seconds_to_start": int((start - at).total_seconds()),
        "status": status,
        "start_time": start,
        "track_condition": as_of.value_then(changes, "track_condition", at, race["track_condition"]),
        "weather": as_of.value_then(changes, "weather", at, race["weather"]),
        "entrants": entrants,
        "pools": pools,
        "result": result,
        **freshness(poll["started_at"] if poll else None, status, start, at, speed),
    }
