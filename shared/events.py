"""The NOTIFY channel and the kinds of change, encoded and decoded."""

import json
from dataclasses import dataclass
from typing import Literal

from shared.models import RaceId

CHANNEL = "raceday"

ChangeKind = Literal[
    "meeting", "race", "status", "start_time", "track_condition", "weather",
    "scratching", "odds", "money_flow", "pools", "results",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notice:
    """What a NOTIFY tells: a race was polled, and which kinds changed (none: nothing but its age)."""

    race_id: RaceId | None
    kinds: tuple[str, ...]
    at: str | None = None


def decode(payload: str) -> Notice:
    """Read a notification's payload as `sql/write/feed.sql` writes it; ValueError for anything else."""
    data = json.loads(payload)
    if not isinstance(data, dict) or not isinstance(data.get("kinds"), list):
        raise ValueError("not a notice of RaceDay")  # noqa: TRY004  the reader catches ValueError for both
    race_id = data.get("race_id")
    return Notice(RaceId(race_id) if race_id else None, tuple(map(str, data["kinds"])), data.get("at"))
