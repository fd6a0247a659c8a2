"""/api/races/{id}/as-of."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.caching import answer, kind_of
from api.deps import ClockDep, Now, ReaderDep
from api.failures import BadRequest
from api.read.as_of import race_then
from api.schemas.as_of import AsOf
from api.schemas.parameters import IdInPath, Instant

router = APIRouter(tags=["betting"])


@router.get("/races/{race_id}/as-of", response_model=AsOf)
async def get_race_then(
    request: Request,
    reader: ReaderDep,
    clock: ClockDep,
    now: Now,
    race_id: IdInPath,
    at: Instant = None,
    minus: Annotated[
        int | None, Query(ge=-86_400, le=172_800, description="Seconds before the advertised start, instead of *at*")
    ] = None,
) -> Response:
    """Return a race as it was known at an instant."""
    if (at is None) == (minus is None):
        raise BadRequest("either at or minus is needed, and not both", "at")
    body, race = await race_then(reader, clock, now, race_id, at=at, minus_s=minus)
    return answer(request, AsOf, body, kind_of(race["racing_day"], now))
