"""Bookmakers, courses, statistics and coverage on the wire."""

from datetime import date as calendar_date
from typing import Any

from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.base import Wire

_COURSE: JsonDict = {"course_id": "awapuni-t", "name": "Awapuni", "country": "NZ", "state": "NZ", "category": "T"}
_STATISTICS: JsonDict = {
    "success": True, "date": "2025-07-17", "timestamp": "2025-07-17T00:45:29Z", "meetings": 14, "races": 112,
    "races_by_status": {"open": 98, "final": 13, "abandoned": 1}, "races_with_result": 13, "entrants": 1180,
    "scratched": 96, "total_pools_cents": 412345678, "largest_pool_cents": 9151380,
    "average_market_percentage": 118.4, "good_polls": 512, "failed_polls": 3, "filled_buckets": 221,
    "expected_buckets": 221,
}  # fmt: skip
_COVERAGE: JsonDict = {
    "race_id": "f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1", "name": "MAIDEN 1200", "race_number": 3,
    "meeting_name": "Awapuni", "start_time": "2025-07-17T00:50:00Z", "status": "final", "expected_polls": 41,
    "good_polls": 40, "failed_polls": 1, "expected_buckets": 17, "filled_buckets": 17, "last_five_expected": 20,
    "last_five_good": 20, "gaps": [], "updated_at": "2025-07-17T01:10:00Z",
}  # fmt: skip


class Bookmaker(Wire):
    """Whose prices are known."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"bookmaker": "tab_nz", "name": "TAB NZ", "is_tote": True}]}
    )

    bookmaker: str
    name: str
    is_tote: bool


class Course(Wire):
    """Where races are run."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COURSE]})

    course_id: str
    name: str
    country: str
    state: str | None
    category: str


class Statistics(Wire):
    """A racing day counted; polls and buckets as the coverage job last saw them."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STATISTICS]})

    success: bool = True
    date: calendar_date
    timestamp: AwareDatetime
    meetings: int
    races: int
    races_by_status: dict[str, int]
    races_with_result: int
    entrants: int
    scratched: int
    total_pools_cents: int | None
    largest_pool_cents: int | None
    average_market_percentage: float | None
    good_polls: int | None
    failed_polls: int | None
    filled_buckets: int | None
    expected_buckets: int | None


class RaceCoverage(Wire):
    """What was expected of a race against what came."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COVERAGE]})

    race_id: str
    name: str
    race_number: int
    meeting_name: str
    start_time: AwareDatetime
    status: str
    expected_polls: int
    good_polls: int = Field(description="Due instants that were answered before the next one")
    failed_polls: int
    expected_buckets: int
    filled_buckets: int
    last_five_expected: int = Field(description="Polls expected in the last five minutes before the start")
    last_five_good: int = Field(description="Of them, answered before the next one")
    gaps: list[Any]
    updated_at: AwareDatetime


class Reconciliation(Wire):
    """The day's card against what is stored of it."""

    racing_day: calendar_date
    races: int
    polled: int
    terminal: int
    final: int
    with_results: int
    orphans: int
    never_polled: list[Any]
    not_terminal: list[Any]
    without_result: list[Any]
    updated_at: AwareDatetime


_DAY: JsonDict = {
    "success": True, "date": "2025-07-17", "count": 1, "races": [_COVERAGE],
    "reconciliation": {
        "racing_day": "2025-07-17", "races": 96, "polled": 96, "terminal": 40, "final": 39, "with_results": 39,
        "orphans": 0, "never_polled": [], "not_terminal": [], "without_result": [],
        "updated_at": "2025-07-17T01:10:00Z",
    },
}  # fmt: skip


class Coverage(Wire):
    """How whole a racing day is; empty until the coverage job has seen it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DAY]})

    success: bool = True
    date: calendar_date
    count: int
    reconciliation: Reconciliation | None
    races: list[RaceCoverage]
