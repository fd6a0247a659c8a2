"""/api/bookmakers, /api/courses, /api/statistics and /api/coverage."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.caching import answer, kind_of
from api.deps import Now, ReaderDep
from api.read import reference as read
from api.schemas.base import Listed
from api.schemas.parameters import CountryFilter, Day, Limit, Offset
from api.schemas.reference import Bookmaker, Course, Coverage, Statistics
from shared.clock import racing_day

router = APIRouter(tags=["reference"])


@router.get("/bookmakers", response_model=Listed[Bookmaker])
async def list_bookmakers(request: Request, reader: ReaderDep, limit: Limit = 100, offset: Offset = 0) -> Response:
    """List whose prices are known."""
    rows = await read.bookmakers(reader, limit, offset)
    body = {"count": len(rows), "limit": limit, "offset": offset, "data": rows}
    return answer(request, Listed[Bookmaker], body, "today")


@router.get("/courses", response_model=Listed[Course])
async def list_courses(
    request: Request, reader: ReaderDep, country: CountryFilter = None, limit: Limit = 100, offset: Offset = 0
) -> Response:
    """List where races are run."""
    rows = await read.courses(reader, country, limit, offset)
    body = {"count": len(rows), "limit": limit, "offset": offset, "data": rows}
    return answer(request, Listed[Course], body, "today")


@router.get("/statistics", response_model=Statistics)
async def get_statistics(request: Request, reader: ReaderDep, now: Now, date: Day = None) -> Response:
    """Count a racing day."""
    day = date or racing_day(now)
    body = {"date": day, "timestamp": now, **await read.statistics(reader, day)}
    return answer(request, Statistics, body, kind_of(day, now), served_at=now)


@router.get("/coverage", response_model=Coverage)
async def get_coverage(request: Request, reader: ReaderDep, now: Now, date: Day = None) -> Response:
    """Return what was expected of a racing day against what came."""
    day = date or racing_day(now)
    return answer(request, Coverage, await read.coverage(reader, day), kind_of(day, now))
