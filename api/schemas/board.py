"""The board by stage on the wire."""

from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.config import JsonDict

from api.schemas.base import Freshness, Wire

_EXAMPLE: JsonDict = {
    "race_id": "f1f3b5a3-7f3c-4c1e-9d38-1a1bb6ffb4f1", "off_time": "2025-07-17T00:50:00Z", "course": "Awapuni",
    "name": "MAIDEN 1200", "race_number": 3, "status": "open", "type": "thoroughbred", "category": "T",
    "country": "NZ", "distance": 1200, "meeting_id": "6b1f6ffe-3d5f-4be9-a0ae-a3e96a5fe7b2", "runners": 8,
    "last_updated": "2025-07-17T00:45:10Z",
    "runners_data": [{"entrant_id": "2a6c2c1b-2f0a-4c8a-8f6e-7a0c9d8e7f01", "name": "Quick Lime", "number": 6,
                      "is_scratched": False, "best_odds_decimal": 3.5, "best_bookmaker": "tab_nz",
                      "all_odds": [{"bookmaker": "tab_nz", "type": "fixed_win", "odds_decimal": 3.5}],
                      "is_favorite": True}],
    "minutes_until": 4, "next_phase_name": "running", "next_phase_minutes": 4,
    "last_polled_at": "2025-07-17T00:45:25Z", "age_seconds": 4, "stale": False,
}  # fmt: skip


class Quote(Wire):
    """One bookmaker's price; type pool_win is the tote's forecast."""

    bookmaker: str
    type: str
    odds_decimal: float


class BoardRunner(Wire):
    """A runner on the board; the best price is the highest one."""

    entrant_id: str
    name: str
    number: int
    is_scratched: bool
    best_odds_decimal: float | None
    best_bookmaker: str | None
    all_odds: list[Quote]
    is_favorite: bool = Field(description="Has the shortest price; joint favourites all have it")


class BoardFacts(Wire):
    """What of a race on the board changes only when its data does."""

    race_id: str
    off_time: AwareDatetime
    course: str
    name: str
    race_number: int
    status: str
    type: str
    category: str
    country: str
    distance: int | None
    meeting_id: str
    runners: int = Field(description="Runners that are not scratched")
    last_updated: AwareDatetime | None
    runners_data: list[BoardRunner] = Field(description="The favourite first")


class BoardMoment(Freshness):
    """What of a race on the board changes with time alone."""

    minutes_until: int = Field(description="Whole minutes to the advertised start, negative after it")
    next_phase_name: str | None
    next_phase_minutes: int | None


class BoardRace(BoardFacts, BoardMoment):
    """A race on the board."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})


class Stages(Wire):
    """Races by stage, the next to start first; finished ones newest first."""

    early_market: list[BoardRace]
    pre_race: list[BoardRace]
    going_to_post: list[BoardRace]
    at_post: list[BoardRace]
    running: list[BoardRace]
    finished: list[BoardRace]


class Board(Wire):
    """The racing day by stage."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "success": True,
                    "stages": {
                        **{stage: [] for stage in ("early_market", "pre_race", "going_to_post", "running", "finished")},
                        "at_post": [_EXAMPLE],
                    },
                    "total_races": 1,
                    "timestamp": "2025-07-17T00:45:29Z",
                }
            ]
        }
    )

    success: bool = True
    stages: Stages
    total_races: int
    timestamp: AwareDatetime
