"""Prices across races from the database."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from api.read.reader import Reader, Row
from api.view import with_freshness
from shared.clock import Clock

_JUST_STARTED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class OddsFilter:
    """What a list across races is narrowed to."""

    day: date
    course: str | None
    bookmaker: str | None
    limit: int
    offset: int


async def live_odds(reader: Reader, clock: Clock, now: datetime, asked: OddsFilter) -> list[Row]:
    """Return the runners of a day's races that are not over, with their prices."""
    return await _odds(reader, clock, now, "select_live_odds", asked)


async def historical_odds(reader: Reader, clock: Clock, now: datetime, asked: OddsFilter) -> list[Row]:
    """Return the runners of a day's races that are over, with opening and closing price."""
    return await _odds(reader, clock, now, "select_historical_odds", asked)


async def movers(
    reader: Reader,
    clock: Clock,
    now: datetime,
    *,
    window_minutes: int,
    within_minutes: int,
    direction: str,
    minimum_percent: float,
    limit: int,
) -> list[Row]:
    """Return the runners whose fixed win price moved most in the last *window_minutes*."""
    rows = await reader.rows(
        "select_movers",
        since=now - timedelta(minutes=window_minutes),
        earliest=now - _JUST_STARTED,
        latest=now + timedelta(minutes=within_minutes),
        direction=direction,
        minimum=Decimal(str(minimum_percent)),
        limit=limit,
    )
    return [
        {
            **with_freshness(row, now, clock.speed),
            "seconds_to_start": int((row["start_time"] - now).total_seconds()),
            "direction": "steam" if row["move_percent"] < 0 else "drift",
        }
        for row in rows
    ]


async def _odds(reader: Reader, clock: Clock, now: datetime, name: str, asked: OddsFilter) -> list[Row]:
    rows = await reader.rows(
        name, date=asked.day, course=asked.course, bookmaker=asked.bookmaker, limit=asked.limit, offset=asked.offset
    )
    shown = []
    for row in rows:
        fresh = with_freshness(row, now, clock.speed)
        fresh["off_time"] = fresh.pop("start_time")
        shown.append(fresh)
    return shown
