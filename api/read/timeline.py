"""A race's money-flow timeline in keyset pages."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

from api.failures import BadRequest
from api.read.races import race
from api.read.reader import Reader, Row
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


def parse_place(text: str) -> Place:
    """Read what `str` of a place wrote; BadRequest for anything else."""
    try:
        parts = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        at, interval, entrant_id = (str(part) for part in parts)
        place = Place(datetime.fromisoformat(at), Decimal(interval), entrant_id)
        if place.at.tzinfo is None or not place.time_interval.is_finite() or "\0" in entrant_id:
            raise ValueError("no place")  # noqa: TRY301  one way out for all that is wrong
    except (binascii.Error, ValueError, TypeError, InvalidOperation, OverflowError, RecursionError) as error:
        raise BadRequest("cursor_after is not a cursor of ours", "cursor_after") from error
    return place


async def timeline(
    reader: Reader,
    clock: Clock,
    now: datetime,
    race_id: str,
    *,
    entrant_ids: Sequence[str] | None,
    pool_type: PoolType,
    limit: int,
    after: Place | None,
    created_after: datetime | None,
) -> tuple[Row, Row]:
    """Return a page of the timeline and the race; NotFound when the race is not stored.

    *after* goes on exactly where a page ended; *created_after* without it leaves out what began before.
    """
    async with reader.snapshot() as snapshot:
        here = await race(snapshot, race_id)
        keys = {"race_id": race_id, "racing_day": here["racing_day"]}
        documents = await snapshot.rows(
            "select_timeline",
            **keys,
            entrant_ids=None if entrant_ids is None else list(entrant_ids),
            created_after=None if after else created_after,
            after_at=after.at if after else None,
            after_interval=after.time_interval if after else None,
            after_entrant=after.entrant_id if after else None,
            limit=limit,
        )
        buckets = [row["time_interval"] for row in await snapshot.rows("select_timeline_buckets", **keys)]
    body = {
        "documents": [_document(row, pool_type) for row in documents],
        "total": len(documents),
        "race_id": race_id,
        "entrant_ids": list(entrant_ids or ()),
        "pool_type": pool_type,
        "bucketed_data": True,
        "interval_coverage": _coverage(buckets, (here["start_time"] - now).total_seconds() / 60),
        "next_created_at": documents[-1]["created_at"] if documents else None,
        "limit": limit,
        **freshness(here["last_polled_at"], here["status"], here["start_time"], now, clock.speed),
    }
    if len(documents) >= limit:
        last = documents[-1]
        body["next_cursor"] = str(Place(last["created_at"], last["time_interval"], last["entrant_id"]))
    return body, here


def _document(row: Row, pool_type: PoolType) -> Row:
    if pool_type == "place":
        return {**row, "pool_type": "place", "incremental_amount": row["incremental_place_amount"]}
    return row


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
