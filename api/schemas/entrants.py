"""Entrants on the wire, with their bounded histories."""

from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.base import Freshness, Wire

_EXAMPLE: JsonDict = {
    "entrant_id": "2a6c2c1b-2f0a-4c8a-8f6e-7a0c9d8e7f01", "race_id": "f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1",
    "name": "Quick Lime", "runner_number": 6, "barrier": 4, "barrier_position": None, "jockey": "J. Doe",
    "trainer_name": "T. Roe", "silk_colours": "Red, white cap", "silk_url_64x64": None, "silk_url_128x128": None,
    "age": 4, "sex": "g", "colour": "br", "weight_allocated": 57.5, "weight_total": 56.0,
    "last_twenty_starts": "4776X", "gear": None, "horse_id": 350006, "is_scratched": False,
    "is_late_scratched": False, "scratch_time": None, "is_emergency": False, "emergency_position": None,
    "favourite": True, "mover": False, "bookmaker": "tab_nz", "win_odds": 3.5, "place_odds": 1.6, "fixed_win": 3.5,
    "fixed_place": 1.6, "pool_win": 3.9, "pool_place": 1.7, "hold_percentage": 19.0, "bet_percentage": 21.0,
    "win_pool_amount": 173876, "place_pool_amount": 74547, "tote_share": 0.127, "tote_win_amount": 116222,
    "tote_source": "odds", "opening_price": 4.2, "closing_price": 3.5, "closing_missing": None, "high_price": 4.6,
    "low_price": 3.5,
    "odds_history": [{"odds": 3.5, "type": "fixed_win", "timestamp": "2025-07-17T00:45:10Z", "source": "poll",
                      "bookmaker": "tab_nz"}],
    "money_flow_history": [{"hold_percentage": 19.0, "bet_percentage": 21.0, "win_pool_amount": 173876,
                            "place_pool_amount": 74547, "tote_share": 0.127, "tote_win_amount": 116222,
                            "time_to_start": 4, "timestamp": "2025-07-17T00:45:10Z"}],
    "last_polled_at": "2025-07-17T00:45:25Z", "age_seconds": 4, "stale": False,
}  # fmt: skip


class OddsPoint(Wire):
    """A change of one price; null: the price was withdrawn."""

    odds: float | None
    type: str
    timestamp: AwareDatetime
    source: str = Field(description="poll: seen by us; upstream: from the TAB's own record of a gap of ours")
    bookmaker: str


class MoneyPoint(Wire):
    """A change of a runner's money; amounts in cents."""

    hold_percentage: float | None
    bet_percentage: float | None
    win_pool_amount: int | None
    place_pool_amount: int | None
    tote_share: float | None
    tote_win_amount: int | None
    time_to_start: int
    timestamp: AwareDatetime


class Entrant(Freshness):
    """A runner with its prices, its money and how both moved: newest first, at most 40 changes of each kind."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    entrant_id: str
    race_id: str
    name: str
    runner_number: int
    barrier: int | None
    barrier_position: str | None
    jockey: str | None
    trainer_name: str | None
    silk_colours: str | None
    silk_url_64x64: str | None
    silk_url_128x128: str | None
    age: int | None
    sex: str | None
    colour: str | None
    weight_allocated: float | None
    weight_total: float | None
    last_twenty_starts: str | None
    gear: str | None
    horse_id: int | None
    is_scratched: bool
    is_late_scratched: bool = Field(description="At or after the advertised start, or so flagged by the TAB")
    scratch_time: AwareDatetime | None
    is_emergency: bool
    emergency_position: str | None
    favourite: bool
    mover: bool
    bookmaker: str
    win_odds: float | None
    place_odds: float | None
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
    tote_source: str | None
    opening_price: float | None
    closing_price: float | None
    closing_missing: str | None
    high_price: float | None
    low_price: float | None
    odds_history: list[OddsPoint]
    money_flow_history: list[MoneyPoint]
