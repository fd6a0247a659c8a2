"""Meetings on the wire."""

from datetime import date as calendar_date

from pydantic import AwareDatetime, ConfigDict
from pydantic.config import JsonDict

from api.schemas.base import Wire

_EXAMPLE: JsonDict = {
    "meeting_id": "6b1f6ffe-3d5f-4be9-a0ae-a3e96a5fe7b2", "meeting_name": "Awapuni", "country": "NZ", "state": "NZ",
    "race_type": "thoroughbred", "category": "T", "date": "2025-07-17", "status": "active",
    "track_condition": "Good4", "weather": "Fine", "tote_status": "Open",
    "first_race_time": "2025-07-17T00:10:00Z", "last_race_time": "2025-07-17T04:20:00Z", "race_count": 8,
}  # fmt: skip


class Meeting(Wire):
    """A meeting of a racing day; it is active until all its races are over."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    meeting_id: str
    meeting_name: str
    country: str
    state: str | None
    race_type: str
    category: str
    date: calendar_date
    status: str
    track_condition: str | None
    weather: str | None
    tote_status: str | None
    first_race_time: AwareDatetime | None
    last_race_time: AwareDatetime | None
    race_count: int
