"""/api/money-flow-timeline."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.caching import answer_with, kind_of
from api.deps import ClockDep, Now, ReaderDep
from api.read.timeline import PoolType, TimelineRequest, parse_place, timeline
from api.schemas.parameters import IdQuery, Ids, Instant, listed
from api.schemas.timeline import Timeline
from shared.models import is_terminal

router = APIRouter(tags=["betting"])


@router.get("/money-flow-timeline", response_model=Timeline)
async def get_timeline(
    *,
    request: Request,
    reader: ReaderDep,
    clock: ClockDep,
    now: Now,
    race_id: IdQuery,
    entrants: Ids = None,
    pool_type: PoolType = "win",
    limit: Annotated[int, Query(ge=1, le=2000)] = 200,
    cursor_after: Annotated[str | None, Query(max_length=400, description="`next_cursor` of the page before")] = None,
    created_after: Instant = None,
) -> Response:
    """Return a page of a race's money flow by bucket; pages have neither gap nor repeat."""
    asked = TimelineRequest(
        race_id=race_id,
        entrant_ids=listed(entrants, "entrants"),
        pool_type=pool_type,
        limit=limit,
        after=parse_place(cursor_after) if cursor_after else None,
        created_after=created_after,
    )
    body, race = await timeline(reader, clock, now, asked)
    kind = kind_of(race["racing_day"], now, live=not is_terminal(race["status"]))
    return answer_with(request, body, kind)
