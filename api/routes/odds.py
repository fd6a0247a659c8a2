"""/api/live-odds, /api/historical-odds and /api/movers: prices across races."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.caching import answer, answer_with, kind_of
from api.deps import ClockDep, Now, ReaderDep
from api.read import odds as read
from api.schemas.base import Listed
from api.schemas.odds import HistoricalOdds, LiveOdds, Movers
from api.schemas.parameters import Day, Limit, Name, Offset
from shared.clock import racing_day

router = APIRouter(tags=["odds"])


@router.get("/live-odds", response_model=Listed[LiveOdds])
async def list_live_odds(
    *,
    request: Request,
    reader: ReaderDep,
    clock: ClockDep,
    now: Now,
    date: Day = None,
    course: Name = None,
    bookmaker: Name = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Response:
    """List the runners of a day's races that are not over, with their prices."""
    asked = read.OddsFilter(date or racing_day(now), course, bookmaker, limit, offset)
    return answer_with(request, await read.live_odds(reader, clock, now, asked), "live")


@router.get("/historical-odds", response_model=Listed[HistoricalOdds])
async def list_historical_odds(
    *,
    request: Request,
    reader: ReaderDep,
    clock: ClockDep,
    now: Now,
    date: Day = None,
    course: Name = None,
    bookmaker: Name = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Response:
    """List the runners of a day's races that are over, with opening and closing price and position."""
    day = date or racing_day(now)
    asked = read.OddsFilter(day, course, bookmaker, limit, offset)
    return answer_with(request, await read.historical_odds(reader, clock, now, asked), kind_of(day, now))


@router.get("/movers", response_model=Movers)
async def list_movers(
    *,
    request: Request,
    reader: ReaderDep,
    clock: ClockDep,
    now: Now,
    window_minutes: Annotated[int, Query(ge=1, le=720, description="How far back the move began")] = 15,
    within_minutes: Annotated[int, Query(ge=0, le=1440, description="Races that start at most so far ahead")] = 120,
    direction: Literal["steam", "drift", "both"] = "both",
    minimum_percent: Annotated[float, Query(ge=0, le=1000, allow_inf_nan=False)] = 5.0,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """List the runners whose fixed win price moved most, the largest move first."""
    rows = await read.movers(
        reader,
        clock,
        now,
        window_minutes=window_minutes,
        within_minutes=within_minutes,
        direction=direction,
        minimum_percent=minimum_percent,
        limit=limit,
    )
    body = {
        "count": len(rows),
        "movers": rows,
        "window_minutes": window_minutes,
        "direction": direction,
        "minimum_percent": minimum_percent,
        "timestamp": now,
    }
    return answer(request, Movers, body, "live", served_at=now)
