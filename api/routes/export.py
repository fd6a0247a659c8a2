"""/api/export: a racing day's history as CSV."""

from datetime import date as calendar_date
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from api.caching import CACHE_CONTROL, kind_of
from api.deps import Now, ReaderDep
from api.read.export import MONEY_FLOW, ODDS, Export, csv_pages, first_page
from api.read.reader import Reader
from api.schemas.parameters import Day
from shared.clock import racing_day

router = APIRouter(tags=["export"])

_CSV = {200: {"content": {"text/csv": {}}, "description": "One line per change, in the order of races and runners"}}


@router.get("/export/odds.csv", response_class=Response, responses=_CSV)  # type: ignore[arg-type]  # int keys will do
async def export_odds(request: Request, reader: ReaderDep, now: Now, date: Day = None) -> Response:
    """Export every change of every price of a racing day."""
    return await _exported(request, reader, now, ODDS, "odds", date)


@router.get("/export/money-flow.csv", response_class=Response, responses=_CSV)  # type: ignore[arg-type]  # the same
async def export_money_flow(request: Request, reader: ReaderDep, now: Now, date: Day = None) -> Response:
    """Export every change of every runner's money of a racing day."""
    return await _exported(request, reader, now, MONEY_FLOW, "money-flow", date)


async def _exported(
    request: Request, reader: Reader, now: datetime, export: Export, name: str, date: calendar_date | None
) -> Response:
    day = date or racing_day(now)
    headers = {
        "Content-Disposition": f'attachment; filename="raceday-{name}-{day.isoformat()}.csv"',
        "Cache-Control": CACHE_CONTROL[kind_of(day, now)],
    }
    if request.scope.get("raceday_head"):
        return Response(headers=headers, media_type="text/csv")
    rows = await first_page(reader, export, day)
    return StreamingResponse(csv_pages(reader, export, day, rows), headers=headers, media_type="text/csv")
