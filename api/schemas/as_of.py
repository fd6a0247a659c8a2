"""A race as it was known at an instant, on the wire."""

from pydantic import AwareDatetime, ConfigDict, Field

from api.schemas.base import Freshness, Wire
from api.schemas.results import Placing


class EntrantThen(Wire):
    """A runner's prices and money as they were known then; amounts in cents."""

    entrant_id: str
    name: str
    runner_number: int
    is_scratched: bool
    fixed_win: float | None
    fixed_place: float | None
    pool_win: float | None
    pool_place: float | None
    hold_percentage: float | None
    bet_percentage: float | None
    win_pool_amount: int | None
    place_pool_amount: int | None
    tote_share: float | None
    tote_win_amount: int | None


class PoolsThen(Wire):
    """The pools' totals then, in cents."""

    win_pool_total: int | None
    place_pool_total: int | None
    quinella_pool_total: int | None
    trifecta_pool_total: int | None
    exacta_pool_total: int | None
    first4_pool_total: int | None
    total_race_pool: int | None
    last_updated: AwareDatetime


class ResultThen(Wire):
    """The newest revision of the result then."""

    revision: int
    result_status: str | None
    results_data: list[Placing]
    recorded_at: AwareDatetime


class AsOf(Freshness):
    """What was known of a race at *at*; the age is that of the poll before it, as of then."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "race_id": "f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1", "name": "MAIDEN 1200", "race_number": 3,
                    "meeting_id": "6b1f6ffe-3d5f-4be9-a0ae-a3e96a5fe7b2", "meeting_name": "Awapuni",
                    "at": "2025-07-17T00:45:00Z", "seconds_to_start": 300, "status": "open",
                    "start_time": "2025-07-17T00:50:00Z", "track_condition": "Good4", "weather": "Fine",
                    "entrants": [], "pools": None, "result": None, "last_polled_at": "2025-07-17T00:44:55Z",
                    "age_seconds": 5, "stale": False,
                }
            ]
        }
    )  # fmt: skip

    race_id: str
    name: str
    race_number: int
    meeting_id: str
    meeting_name: str
    at: AwareDatetime
    seconds_to_start: int = Field(description="To the start as it was advertised then")
    status: str
    start_time: AwareDatetime
    track_condition: str | None
    weather: str | None
    entrants: list[EntrantThen]
    pools: PoolsThen | None
    result: ResultThen | None
