"""Races from the database, with their freshness."""

from datetime import datetime, timedelta

from api.read.reader import Reader, Row, Snapshot
from api.view import with_freshness
from shared.clock import Clock
from shared.errors import NotFound


async def race(reader: Reader | Snapshot, race_id: str) -> Row:
    """Return one race as stored; NotFound when it is not."""
    row = await reader.one("select_race_by_id", race_id=race_id)
    if row is None:
        raise NotFound(f"no race {race_id} is stored")
    return row


async def races_of_meeting(reader: Reader, meeting_id: str) -> list[Row]:
    """Return a meeting's races by number; NotFound when there is no such meeting."""
    rows = await reader.rows("select_races_by_meeting", meeting_id=meeting_id)
    if not rows and await reader.one("select_meeting_by_id", meeting_id=meeting_id) is None:
        raise NotFound(f"no meeting {meeting_id} is stored")
    return rows


async def races_between(reader: Reader, lower: datetime, upper: datetime, limit: int) -> list[Row]:
    """Return the races that are not over and start between the two."""
    return await reader.rows("select_races_by_start", lower_bound=lower, upper_bound=upper, limit=limit)


async def next_scheduled(reader: Reader, now: datetime) -> Row | None:
    """Return the next race to start, if one is stored."""
    return await reader.one("select_next_scheduled_race", now=now)


async def navigation(reader: Reader, race_id: str, now: datetime) -> dict[str, Row | None]:
    """Return the neighbours of a race by start, and the next race to start."""
    async with reader.snapshot() as snapshot:
        here = await race(snapshot, race_id)
        rows = await snapshot.rows("select_race_neighbours", race_id=race_id, start_time=here["start_time"], now=now)
    found: dict[str, Row | None] = dict.fromkeys(("previousRace", "nextRace", "nextScheduledRace"))
    for row in rows:
        found[row.pop("place")] = row
    return found


async def upcoming(
    reader: Reader, clock: Clock, now: datetime, *, window_minutes: int, lookback_minutes: int, limit: int
) -> Row:
    """Return the races about to start, and those that just did."""
    lower, upper = now - timedelta(minutes=lookback_minutes), now + timedelta(minutes=window_minutes)
    rows = await races_between(reader, lower, upper, limit)
    return {
        "races": [with_freshness(row, now, clock.speed) for row in rows],
        "total": len(rows),
        "timestamp": now,
        "window": {
            "lower_bound": lower,
            "upper_bound": upper,
            "window_minutes": window_minutes,
            "lookback_minutes": lookback_minutes,
        },
    }
