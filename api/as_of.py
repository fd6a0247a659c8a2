"""PURE a race's changes and what it is now → what it was at an instant."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

Change = Mapping[str, Any]


def value_then(changes: Sequence[Change], kind: str, at: datetime, now_value: Any) -> Any:
    """Return what a field was at *at*: *changes* are in order, each with what it went from and to."""
    before = [change for change in changes if change["kind"] == kind and change["at"] <= at]
    after = [change for change in changes if change["kind"] == kind and change["at"] > at]
    if before:
        return before[-1]["payload"]["to"]
    return after[0]["payload"]["from"] if after else now_value


def start_then(changes: Sequence[Change], at: datetime, now_value: datetime) -> datetime:
    """Return the advertised start as it was known at *at*."""
    value = value_then(changes, "start_time", at, now_value)
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def was_scratched(changes: Sequence[Change], entrant_id: str, at: datetime, *, now_value: bool) -> bool:
    """Return whether a runner was scratched at *at*."""
    after: bool | None = None
    found: bool | None = None
    for change in changes:
        if change["kind"] != "scratching":
            continue
        for row in change["payload"].get("entrants", ()):
            if row["entrant_id"] != entrant_id:
                continue
            if change["at"] <= at:
                found = bool(row["is_scratched"])
            elif after is None:
                after = bool(row["is_scratched"])
    if found is not None:
        return found
    return now_value if after is None else not after
