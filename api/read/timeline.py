"""A race's money-flow timeline in keyset pages."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

from api.caching import encode
from api.failures import BadRequest
from api.json_text import with_list
from api.read.races import race
from api.read.reader import Reader, Row
from api.schemas.timeline import TimelineFacts
from api.view import freshness
from shared.clock import Clock

PoolType = Literal["win", "place", "odds"]
# The buckets before the start (DOMAIN §4).
_BEFORE_START = (*range(60, 4, -5), 4, 3, 2, 1, 0)


@dataclass(frozen=True, slots=True)
class Place:
    """After the row of an entrant in a bucket that was made at *at*."""

    at: datetime
    time_interval: Decimal
    entrant_id: str

    def __str__(self) -> str:
        parts = [self.at.astimezone(UTC).isoformat(), str(self.time_interval), self.entrant_id]
        return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


_NO_INTERVAL = 10_000  # minutes; numeric(5,1) holds less


def parse_place(text: str) -> Place:
    """Read what `str` of a place wrote; BadRequest for anything else."""
    try:
        parts = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        at, interval, entrant_id = (str(part) for part in parts)
        place = Place(datetime.fromisoformat(at), Decimal(interval), entrant_id)
        entrant_id.encode()  # a lone surrogate cannot be sent to the database
        if place.at.tzinfo is None or not abs(place.time_interval) < _NO_INTERVAL or "\0" in entrant_id:
            raise ValueError("no place")  # noqa: TRY301  one way out for all that is wrong
    except (binascii.Error, ValueError, TypeError, InvalidOperation, OverflowError, RecursionError) as error:
        raise BadRequest("cursor_after is not a cursor of ours", "cursor_after") from error
    return place


@dataclass(frozen=True, slots=True)
class TimelineRequest:
    """What of a race's timeline is asked for.

    *after* goes on exactly where a page ended; *created_after* without it leaves out what began before.
    """

    race_id: str
    entrant_ids: Sequence[str] | None = None
    pool_type: PoolType = "win"
    limit: int = 200
    after: Place | None = None
    created_after: datetime | None = None


async def timeline(reader: Reader, clock: Clock, now: datetime, asked: TimelineRequest) -> tuple[bytes, Row]:
    """Return a page of the timeline as JSON, and the race; NotFound when the race is not stored."""
    after = asked.after
    here = await race(reader, asked.race_id)
    page = await reader.one(
        "select_timeline",
        race_id=asked.race_id,
        racing_day=here["racing_day"],
        pool_type=asked.pool_type,
        entrant_ids=None if asked.entrant_ids is None else list(asked.entrant_ids),
        created_after=None if after else asked.created_after,
        after_at=after.at if after else None,
        after_interval=after.time_interval if after else None,
        after_entrant=after.entrant_id if after else None,
        limit=asked.limit,
    )
    assert page is not None  # noqa: S101  an aggregate has one row
    minutes_to_start = (here["start_time"] - now).total_seconds() / 60
    body = _body(asked, page, _coverage(page["intervals"], minutes_to_start))
    body |= freshness(here["last_polled_at"], here["status"], here["start_time"], now, clock.speed)
    return with_list(encode(TimelineFacts, body), "documents", [page["documents"] or ""]), here


def _body(asked: TimelineRequest, page: Row, coverage: Row) -> Row:
    body = {
        "total": page["total"],
        "race_id": asked.race_id,
        "entrant_ids": list(asked.entrant_ids or ()),
        "pool_type": asked.pool_type,
        "bucketed_data": True,
        "interval_coverage": coverage,
        "next_created_at": page["last_created_at"],
        "limit": asked.limit,
    }
    if page["total"] >= asked.limit:
        body["next_cursor"] = str(Place(page["last_created_at"], page["last_interval"], page["last_entrant_id"]))
    return body


def _coverage(buckets: list[Decimal], minutes_to_start: float) -> Row:
    # A bucket b holds minutes ≥ b: it has passed when fewer are left.
    passed = [bucket for bucket in _BEFORE_START if minutes_to_start < bucket]
    return {
        "intervals": buckets,
        "count": len(buckets),
        "earliest": buckets[0] if buckets else None,
        "latest": buckets[-1] if buckets else None,
        "missing": [bucket for bucket in passed if bucket not in buckets],
    }
