"""Prices across races from the database."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from api.caching import encode
from api.json_text import with_list
from api.read.reader import Reader, Row
from api.schemas.base import Freshness, ListedFacts
from api.view import freshness, with_freshness
from shared.clock import Clock, racing_day

_JUST_STARTED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class OddsFilter:
    """What a list across races is narrowed to."""

    day: date
    course: str | None
    bookmaker: str | None
    limit: int
    offset: int


async def live_odds(reader: Reader, clock: Clock, now: datetime, asked: OddsFilter) -> bytes:
    """Return the runners of a day's races that are not over, with their prices, as JSON."""
    return await _odds(reader, clock, now, "select_live_odds", asked)


async def historical_odds(reader: Reader, clock: Clock, now: datetime, asked: OddsFilter) -> bytes:
    """Return the runners of a day's races that are over, with opening and closing price, as JSON."""
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
    earliest, latest = now - _JUST_STARTED, now + timedelta(minutes=within_minutes)
    rows = await reader.rows(
        "select_movers",
        since=now - timedelta(minutes=window_minutes),
        earliest=earliest,
        latest=latest,
        # A race keeps the racing day it was first stored under, wherever its start moves.
        first_day=racing_day(earliest) - timedelta(days=1),
        last_day=racing_day(latest) + timedelta(days=1),
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


async def _odds(reader: Reader, clock: Clock, now: datetime, name: str, asked: OddsFilter) -> bytes:
    rows = await reader.rows(
        name, date=asked.day, course=asked.course, bookmaker=asked.bookmaker, limit=asked.limit, offset=asked.offset
    )
    fresh: dict[str, str] = {}
    for row in rows:
        if row["race_id"] not in fresh:
            moment = freshness(row["last_polled_at"], row["status"], row["off_time"], now, clock.speed)
            fresh[row["race_id"]] = encode(Freshness, moment)[1:].decode()
    facts = {"count": len(rows), "limit": asked.limit, "offset": asked.offset}
    runners = (f"{row['runner'][:-1]},{fresh[row['race_id']]}" for row in rows)
    return with_list(encode(ListedFacts, facts), "data", runners)
