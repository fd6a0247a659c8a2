"""Races on the wire."""

from datetime import date

from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.base import Freshness, Wire

_LINK: JsonDict = {
    "race_id": "f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1", "name": "MAIDEN 1200", "start_time": "2025-07-17T00:50:00Z",
    "meeting_name": "Awapuni",
}  # fmt: skip
_EXAMPLE: JsonDict = {
    **_LINK, "race_number": 3, "status": "open", "meeting_id": "6b1f6ffe-3d5f-4be9-a0ae-a3e96a5fe7b2",
    "racing_day": "2025-07-17", "country": "NZ", "category": "T", "race_type": "thoroughbred", "type": "thoroughbred",
    "actual_start": None, "distance": 1200, "track_condition": "Good4", "weather": "Fine",
    "track_direction": "Left", "track_surface": "Turf", "rail_position": "True", "race_class": "MDN",
    "prize_cents": 1700000, "positions_paid": 3, "market_percentage": 118.4, "result_status": None, "closed_at": None,
    "last_changed_at": "2025-07-17T00:45:10Z", "last_polled_at": "2025-07-17T00:45:25Z", "age_seconds": 4,
    "stale": False,
}  # fmt: skip


class Race(Freshness):
    """A race as it stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    race_id: str
    name: str
    race_number: int
    start_time: AwareDatetime = Field(description="The advertised start; it may move")
    status: str
    meeting_id: str
    meeting_name: str
    racing_day: date
    country: str
    category: str
    race_type: str
    type: str
    actual_start: AwareDatetime | None
    distance: int | None
    track_condition: str | None
    weather: str | None
    track_direction: str | None
    track_surface: str | None
    rail_position: str | None
    race_class: str | None
    prize_cents: int | None
    positions_paid: int | None
    market_percentage: float | None = Field(
        description="Σ 100/fixed_win of the live runners, in percent; null if one has no price"
    )
    result_status: str | None
    closed_at: AwareDatetime | None
    last_changed_at: AwareDatetime | None


class RaceLink(Wire):
    """What is needed to go to another race."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LINK]})

    race_id: str
    name: str
    start_time: AwareDatetime
    meeting_name: str


class Navigation(Wire):
    """The neighbours of a race by start time, and the next race to start from now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"previousRace": None, "nextRace": _LINK, "nextScheduledRace": _LINK}]}
    )

    previousRace: RaceLink | None  # noqa: N815  the client's key
    nextRace: RaceLink | None  # noqa: N815  the client's key
    nextScheduledRace: RaceLink | None  # noqa: N815  the client's key


class Window(Wire):
    """The span of starts that was asked for."""

    lower_bound: AwareDatetime
    upper_bound: AwareDatetime
    window_minutes: int
    lookback_minutes: int


_UPCOMING: JsonDict = {
    "races": [_EXAMPLE], "total": 1, "timestamp": "2025-07-17T00:45:29Z",
    "window": {"lower_bound": "2025-07-17T00:40:29Z", "upper_bound": "2025-07-17T02:45:29Z", "window_minutes": 120,
               "lookback_minutes": 5},
}  # fmt: skip


class Upcoming(Wire):
    """Races about to start, and those that just did."""

    model_config = ConfigDict(json_schema_extra={"examples": [_UPCOMING]})

    races: list[Race]
    total: int
    timestamp: AwareDatetime
    window: Window
