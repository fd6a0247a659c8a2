"""A race's pools from the database."""

from datetime import datetime

from api.read.reader import Reader, Row
from api.view import freshness
from shared.errors import NotFound

_OF_THE_RACE = ("status", "start_time", "racing_day")


async def race_pools(reader: Reader, race_id: str, now: datetime, speed: float) -> tuple[Row, Row]:
    """Return a race's pools, and what of the race they were judged by; NotFound when it is not stored."""
    row = await reader.one("select_race_pools", race_id=race_id)
    if row is None:
        raise NotFound(f"no race {race_id} is stored")
    race = {name: row.pop(name) for name in _OF_THE_RACE}
    row |= freshness(row["last_polled_at"], race["status"], race["start_time"], now, speed)
    return row, race
