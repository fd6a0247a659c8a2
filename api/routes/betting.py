"""/api/entrants, /api/race-pools, /api/race-results: a race's prices, money and result."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.caching import answer, kind_of
from api.deps import ClockDep, Now, PartsDep, ReaderDep
from api.read.pools import race_pools
from api.read.results import race_results
from api.schemas.entrants import Entrant
from api.schemas.parameters import IdQuery
from api.schemas.pools import RacePools
from api.schemas.results import RaceResults
from shared.models import is_terminal

router = APIRouter(tags=["betting"])


@router.get("/entrants", response_model=list[Entrant])
async def list_entrants(request: Request, parts: PartsDep, race_id: IdQuery) -> Response:
    """List a race's runners by number, with prices, money and how both moved."""
    served = await parts.hot.entrants(race_id)
    return served.response(request.headers.get("accept-encoding", ""), request.headers.get("if-none-match"))


@router.get("/race-pools", response_model=RacePools)
async def get_pools(request: Request, reader: ReaderDep, clock: ClockDep, now: Now, race_id: IdQuery) -> Response:
    """Return a race's tote pools in cents."""
    row, race = await race_pools(reader, race_id, now, clock.speed)
    kind = kind_of(race["racing_day"], now, live=not is_terminal(race["status"]))
    return answer(request, RacePools, row, kind)


@router.get("/race-results", response_model=RaceResults)
async def get_results(request: Request, reader: ReaderDep, clock: ClockDep, now: Now, race_id: IdQuery) -> Response:
    """Return a race's result: placings, dividends, the last fixed prices."""
    body, race = await race_results(reader, race_id, now, clock.speed)
    kind = kind_of(race["racing_day"], now, live=not is_terminal(race["status"]))
    return answer(request, RaceResults, body, kind)
