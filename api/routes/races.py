"""/api/races and what leads from one race to another."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.caching import answer, kind_of
from api.deps import ClockDep, Now, PartsDep, ReaderDep
from api.read import races as read
from api.schemas.parameters import IdInPath, IdQuery
from api.schemas.races import Navigation, Race, Upcoming
from api.view import with_freshness
from shared.models import is_terminal

router = APIRouter(tags=["card"])


@router.get("/races", response_model=list[Race])
async def list_races(request: Request, reader: ReaderDep, clock: ClockDep, now: Now, meeting_id: IdQuery) -> Response:
    """List a meeting's races by number."""
    rows = await read.races_of_meeting(reader, meeting_id)
    live = any(not is_terminal(row["status"]) for row in rows)
    kind = kind_of(max((row["racing_day"] for row in rows), default=now.date()), now, live=live)
    return answer(request, list[Race], [with_freshness(row, now, clock.speed) for row in rows], kind)


@router.get("/races/navigation", response_model=Navigation)
async def get_navigation(request: Request, reader: ReaderDep, now: Now, race_id: IdQuery) -> Response:
    """Return the races before and after one by start time, and the next race to start from now."""
    return answer(request, Navigation, await read.navigation(reader, race_id, now), "live")


@router.get("/races/upcoming", response_model=Upcoming)
async def list_upcoming(
    request: Request,
    reader: ReaderDep,
    clock: ClockDep,
    now: Now,
    window_minutes: Annotated[int, Query(ge=0, le=480)] = 120,
    lookback_minutes: Annotated[int, Query(ge=0, le=120)] = 5,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Response:
    """List the races that are not over and start within the window."""
    found = await read.upcoming(
        reader, clock, now, window_minutes=window_minutes, lookback_minutes=lookback_minutes, limit=limit
    )
    return answer(request, Upcoming, found, "live", served_at=now)


@router.get("/races/next-scheduled", response_model=Race | None)
async def get_next_scheduled(request: Request, parts: PartsDep) -> Response:
    """Return the next race to start, or null."""
    served = await parts.hot.next_race()
    return served.response(request.headers.get("accept-encoding", ""), request.headers.get("if-none-match"))


@router.get("/races/{race_id}", response_model=Race)
async def get_race(request: Request, reader: ReaderDep, clock: ClockDep, now: Now, race_id: IdInPath) -> Response:
    """Return one race."""
    row = await read.race(reader, race_id)
    kind = kind_of(row["racing_day"], now, live=not is_terminal(row["status"]))
    return answer(request, Race, with_freshness(row, now, clock.speed), kind)
