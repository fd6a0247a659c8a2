"""PURE how an answer was got → the values of its `polls` row; and what writing it did."""

from dataclasses import dataclass
from datetime import datetime

from shared.models import RaceId


@dataclass(frozen=True, slots=True)
class PollRecord:
    """How an answer was got: the facts of its `polls` row. *started_at* is when the good try was sent."""

    reason: str
    started_at: datetime
    finished_at: datetime
    due_at: datetime | None = None
    lateness_ms: int | None = None
    bytes: int | None = None
    tries: int = 1
    http_status: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did: the kinds of change it put into the feed, none for the same answer again."""

    race_id: RaceId
    kinds: tuple[str, ...] = ()
    outcome: str = "unchanged"


def record_values(poll: PollRecord) -> dict[str, object]:
    """Return the facts of *poll* by their columns."""
    return {name: getattr(poll, name) for name in PollRecord.__slots__}
