"""The money-flow timeline on the wire, under seed 003's column names."""

from datetime import date

from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.base import Freshness, Wire

_EXAMPLE: JsonDict = {
    "racing_day": "2025-07-17", "race_id": "f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1",
    "entrant_id": "2a6c2c1b-2f0a-4c8a-8f6e-7a0c9d8e7f01", "type": "bucketed_aggregation", "pool_type": "win",
    "is_consolidated": True, "event_timestamp": "2025-07-17T00:44:55Z",
    "polling_timestamp": "2025-07-17T00:44:55Z", "time_to_start": 5, "time_to_start_seconds": 305,
    "time_interval": 5.0, "interval_type": "2m", "hold_percentage": 19.0, "bet_percentage": 21.0,
    "win_pool_amount": 173876, "place_pool_amount": 74547, "win_pool_percentage": 19.0,
    "place_pool_percentage": 19.0, "tote_share": 0.127, "tote_win_amount": 116222, "tote_source": "odds",
    "incremental_amount": 12340, "incremental_win_amount": 12340, "incremental_place_amount": 4300,
    "incremental_tote_win_amount": 9900, "fixed_win": 3.5, "fixed_place": 1.6, "pool_win": 3.9, "pool_place": 1.7,
    "money_indicator": 7.25, "odds_indicator": 0.0, "created_at": "2025-07-17T00:44:55Z",
}  # fmt: skip


_PAGE: JsonDict = {
    "success": True, "total": 1, "race_id": "f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1", "entrant_ids": [],
    "pool_type": "win", "bucketed_data": True, "limit": 200, "next_cursor": None,
    "next_created_at": "2025-07-17T00:44:55Z", "documents": [_EXAMPLE],
    "interval_coverage": {"intervals": [5.0], "count": 1, "earliest": 5.0, "latest": 5.0, "missing": [60.0, 55.0]},
    "last_polled_at": "2025-07-17T00:45:25Z", "age_seconds": 4, "stale": False,
}  # fmt: skip


class TimelineDocument(Wire):
    """A runner in a bucket: its figures at the bucket's last poll; amounts in cents."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    racing_day: date
    race_id: str
    entrant_id: str
    type: str
    pool_type: str
    is_consolidated: bool
    event_timestamp: AwareDatetime
    polling_timestamp: AwareDatetime
    time_to_start: int = Field(description="Whole minutes, negative after the advertised start")
    time_to_start_seconds: int
    time_interval: float = Field(description="The bucket, in minutes to the advertised start")
    interval_type: str
    hold_percentage: float | None
    bet_percentage: float | None
    win_pool_amount: int | None
    place_pool_amount: int | None
    win_pool_percentage: float | None
    place_pool_percentage: float | None
    tote_share: float | None
    tote_win_amount: int | None
    tote_source: str | None
    incremental_amount: int | None = Field(description="The increment of the pool that was asked for")
    incremental_win_amount: int | None
    incremental_place_amount: int | None
    incremental_tote_win_amount: int | None
    fixed_win: float | None
    fixed_place: float | None
    pool_win: float | None
    pool_place: float | None
    money_indicator: float | None = Field(description="Percentage points gained; null: no poll to compare with")
    odds_indicator: float | None = Field(description="Percent the price shortened; null: no poll to compare with")
    created_at: AwareDatetime


class IntervalCoverage(Wire):
    """Which buckets of the race have rows, whatever page this is."""

    intervals: list[float]
    count: int
    earliest: float | None
    latest: float | None
    missing: list[float] = Field(description="Buckets before the start that have passed and have no row")


class TimelineFacts(Freshness):
    """All of a page but its documents."""

    success: bool = True
    total: int = Field(description="Documents on this page")
    race_id: str
    entrant_ids: list[str]
    pool_type: str
    bucketed_data: bool
    interval_coverage: IntervalCoverage
    next_cursor: str | None = Field(default=None, description="Only where the page is full")
    next_created_at: AwareDatetime | None
    limit: int


class Timeline(TimelineFacts):
    """A page of the timeline, in the order in which buckets began."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PAGE]})

    documents: list[TimelineDocument]
