"""Bookmakers, courses, statistics and coverage on the wire."""

from datetime import date as calendar_date
from typing import Any

from pydantic import AwareDatetime, ConfigDict, Field

from api.schemas.base import Wire


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

    course_id: str
    name: str
    country: str
    state: str | None
    category: str


class Statistics(Wire):
    """A racing day counted; polls and buckets as the coverage job last saw them."""

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

    race_id: str
    name: str
    race_number: int
    meeting_name: str
    start_time: AwareDatetime
    status: str
    expected_polls: int
    good_polls: int
    failed_polls: int
    expected_buckets: int
    filled_buckets: int
    last_five_expected: int = Field(description="Polls expected in the last five minutes before the start")
    last_five_good: int
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


class Coverage(Wire):
    """How whole a racing day is; empty until the coverage job has seen it."""

    success: bool = True
    date: calendar_date
    count: int
    reconciliation: Reconciliation | None
    races: list[RaceCoverage]
