"""Prices across races on the wire."""

from datetime import date as calendar_date

from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.base import Freshness, Wire

_RUNNER: JsonDict = {
    "race_id": "f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1", "date": "2025-07-17", "off_time": "2025-07-17T00:50:00Z",
    "status": "open", "course": "Awapuni", "country": "NZ", "race_name": "MAIDEN 1200", "race_number": 3,
    "type": "thoroughbred", "entrant_id": "2a6c2c1b-2f0a-4c8a-8f6e-7a0c9d8e7f01", "name": "Quick Lime", "number": 6,
    "is_scratched": False, "bookmaker": "tab_nz", "last_polled_at": "2025-07-17T00:45:25Z", "age_seconds": 4,
    "stale": False,
}  # fmt: skip
_LIVE: JsonDict = {
    **_RUNNER, "odds_decimal": 3.5, "fixed_win": 3.5, "fixed_place": 1.6, "pool_win": 3.9, "pool_place": 1.7,
    "hold_percentage": 19.0, "opening_price": 4.2, "updated_at": "2025-07-17T00:45:10Z",
}  # fmt: skip
_HISTORICAL: JsonDict = {
    **_RUNNER, "status": "final", "opening_price": 4.2, "closing_price": 3.5, "closing_missing": None,
    "high_price": 4.6, "low_price": 3.4, "position": 1,
}  # fmt: skip
_MOVER: JsonDict = {
    "race_id": "f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1", "race_name": "MAIDEN 1200", "race_number": 3,
    "meeting_name": "Awapuni", "country": "NZ", "category": "T", "start_time": "2025-07-17T00:50:00Z",
    "status": "open", "seconds_to_start": 271, "entrant_id": "2a6c2c1b-2f0a-4c8a-8f6e-7a0c9d8e7f01",
    "name": "Quick Lime", "runner_number": 6, "from_odds": 4.2, "to_odds": 3.5, "from_at": "2025-07-17T00:30:00Z",
    "move_percent": -16.67, "direction": "steam", "last_polled_at": "2025-07-17T00:45:25Z", "age_seconds": 4,
    "stale": False,
}  # fmt: skip


class OddsRunner(Freshness):
    """A runner of a race, as lists across races name it."""

    race_id: str
    date: calendar_date
    off_time: AwareDatetime
    status: str
    course: str
    country: str
    race_name: str
    race_number: int
    type: str
    entrant_id: str
    name: str
    number: int
    is_scratched: bool
    bookmaker: str


class LiveOdds(OddsRunner):
    """A runner's prices as they stand."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LIVE]})

    odds_decimal: float | None = Field(description="The fixed win price, else the tote's")
    fixed_win: float | None
    fixed_place: float | None
    pool_win: float | None
    pool_place: float | None
    hold_percentage: float | None
    opening_price: float | None
    updated_at: AwareDatetime


class HistoricalOdds(OddsRunner):
    """A runner's fixed win price over a race that is over, and where it came in."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HISTORICAL]})

    opening_price: float | None
    closing_price: float | None
    closing_missing: str | None
    high_price: float | None
    low_price: float | None
    position: int | None


class Mover(Freshness):
    """A runner whose fixed win price moved; steam is shortening, drift lengthening."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MOVER]})

    race_id: str
    race_name: str
    race_number: int
    meeting_name: str
    country: str
    category: str
    start_time: AwareDatetime
    status: str
    seconds_to_start: int
    entrant_id: str
    name: str
    runner_number: int
    from_odds: float
    to_odds: float
    from_at: AwareDatetime
    move_percent: float
    direction: str


_MOVERS: JsonDict = {
    "success": True, "count": 1, "movers": [_MOVER], "window_minutes": 30, "direction": "both", "minimum_percent": 5.0,
    "timestamp": "2025-07-17T00:45:29Z",
}  # fmt: skip


class Movers(Wire):
    """The largest moves of a window, the largest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MOVERS]})

    success: bool = True
    count: int
    movers: list[Mover]
    window_minutes: int
    direction: str
    minimum_percent: float
    timestamp: AwareDatetime
