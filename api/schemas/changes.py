"""The change feed on the wire."""

from datetime import date
from typing import Any

from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.base import Wire

_CURSOR = "MS43NzEwNzY2MTQzMTY1Mzk4Mjk5LjE0NTM0LjA"
_EXAMPLE: JsonDict = {
    "cursor": _CURSOR, "at": "2025-07-17T00:45:10Z", "kind": "odds", "racing_day": "2025-07-17",
    "meeting_id": "6b1f6ffe-3d5f-4be9-a0ae-a3e96a5fe7b2", "race_id": "f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1",
    "payload": {"entrants": ["2a6c2c1b-2f0a-4c8a-8f6e-7a0c9d8e7f01"]},
}  # fmt: skip


class Change(Wire):
    """Something that changed in one transaction; what it is now is read from the race."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    cursor: str = Field(description="The place after this change")
    at: AwareDatetime
    kind: str
    racing_day: date
    meeting_id: str
    race_id: str | None
    payload: dict[str, Any]


class ChangesFacts(Wire):
    """All of a page of the feed but its changes."""

    success: bool = True
    count: int
    next_cursor: str
    behind: int = Field(description="Changes of any kind after *next_cursor*, counted to 1 000; 0: caught up")


class Changes(ChangesFacts):
    """A page of the feed, in order; ask again with *next_cursor*."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"success": True, "count": 1, "changes": [_EXAMPLE], "next_cursor": _CURSOR, "behind": 0}
            ]
        }
    )  # fmt: skip

    changes: list[Change]
