"""A race's result on the wire."""

from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.base import Freshness, Wire

_EXAMPLE: JsonDict = {
    "race_id": "f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1", "status": "final", "results_available": True,
    "results_data": [{"position": 1, "runner_number": 6, "entrant_id": "2a6c2c1b-2f0a-4c8a-8f6e-7a0c9d8e7f01",
                      "name": "Quick Lime", "barrier": 4, "margin": 0.0, "positional_margin": None,
                      "winning_time": 71.2, "time_ran": 71.2}],
    "dividends_data": [{"dividend_id": "c4f9", "tote": "NZ", "product_name": "Pool Win", "status": "Final",
                        "dividend": 3.9, "pool_size_cents": 915138, "jackpot_size_cents": 0,
                        "positions": [{"runner_number": 6, "position": 1}], "description": "6"}],
    "fixed_odds_data": {"6": {"fixed_win": 3.5, "fixed_place": 1.6, "fixed_win_odds": 3.5, "fixed_place_odds": 1.6,
                              "runner_name": "Quick Lime", "entrant_id": "2a6c2c1b-2f0a-4c8a-8f6e-7a0c9d8e7f01"}},
    "result_status": "final", "photo_finish": False, "stewards_inquiry": False, "protest_lodged": False,
    "protest_text": None, "result_time": "2025-07-17T00:58:00Z", "revision": 2,
    "last_polled_at": "2025-07-17T00:58:00Z", "age_seconds": 4, "stale": False,
}  # fmt: skip


class Placing(Wire):
    """A placing; dead heats share a position. *margin* in lengths behind the winner, times in seconds."""

    position: int
    runner_number: int | None
    entrant_id: str | None
    name: str | None
    barrier: int | None = None
    margin: float | None = None
    positional_margin: str | None = None
    winning_time: float | None = None
    time_ran: float | None = None


class DividendPlace(Wire):
    """Which runner stood where for a dividend."""

    runner_number: int
    position: int


class DividendRow(Wire):
    """A dividend in dollars for a one-dollar stake; pools in cents."""

    dividend_id: str
    tote: str | None
    product_name: str
    status: str | None
    dividend: float | None
    pool_size_cents: int | None = None
    jackpot_size_cents: int | None = None
    positions: list[DividendPlace] | None = None
    description: str | None = None


class FixedOdds(Wire):
    """A runner's last fixed prices; the client knows them under both names."""

    fixed_win: float | None
    fixed_place: float | None
    fixed_win_odds: float | None
    fixed_place_odds: float | None
    runner_name: str
    entrant_id: str


class RaceResults(Freshness):
    """The newest revision of a race's result."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    race_id: str
    status: str
    results_available: bool
    results_data: list[Placing]
    dividends_data: list[DividendRow]
    fixed_odds_data: dict[str, FixedOdds] = Field(description="By runner number")
    result_status: str | None = Field(description="interim or final; null before a result")
    photo_finish: bool
    stewards_inquiry: bool
    protest_lodged: bool
    protest_text: str | None
    result_time: AwareDatetime | None
    revision: int | None
