"""A race's tote pools on the wire."""

from typing import Any

from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.base import Freshness

_EXAMPLE: JsonDict = {
    "race_id": "f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1", "win_pool_total": 915138, "place_pool_total": 392351,
    "quinella_pool_total": 534106, "trifecta_pool_total": 797624, "exacta_pool_total": None,
    "first4_pool_total": 461792, "total_race_pool": 3101011, "currency": "NZD", "data_quality_score": 100,
    "extracted_pools": 5, "other_pools": [{"product_type": "EarlyQuadrella", "total": 812661, "status": "OPEN"}],
    "tracker_removed": {}, "last_updated": "2025-07-17T00:45:10Z", "last_polled_at": "2025-07-17T00:45:25Z",
    "age_seconds": 4, "stale": False,
}  # fmt: skip


class RacePools(Freshness):
    """Totals in cents; a pool that is not known is null."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    race_id: str
    win_pool_total: int | None
    place_pool_total: int | None
    quinella_pool_total: int | None
    trifecta_pool_total: int | None
    exacta_pool_total: int | None
    first4_pool_total: int | None
    total_race_pool: int | None = Field(description="The sum of the six that are known")
    currency: str
    data_quality_score: int | None
    extracted_pools: int
    other_pools: list[dict[str, Any]]
    tracker_removed: dict[str, Any] = Field(description="Money on ids that are no runners any more")
    last_updated: AwareDatetime | None
