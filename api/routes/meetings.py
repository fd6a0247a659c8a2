"""/api/meetings."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.caching import answer, kind_of
from api.deps import Now, ReaderDep
from api.read import meetings as read
from api.schemas.meetings import Meeting
from api.schemas.parameters import CategoryFilter, CountryFilter, Day, IdInPath
from shared.clock import racing_day

router = APIRouter(tags=["card"])


@router.get("/meetings", response_model=list[Meeting])
async def list_meetings(
    request: Request,
    reader: ReaderDep,
    now: Now,
    date: Day = None,
    race_type: CategoryFilter = None,
    country: CountryFilter = None,
) -> Response:
    """List the meetings of a racing day by name."""
    day = date or racing_day(now)
    rows = await read.meetings_of_day(reader, day, race_type, country)
    return answer(request, list[Meeting], rows, kind_of(day, now))


@router.get("/meetings/{meeting_id}", response_model=Meeting)
async def get_meeting(request: Request, reader: ReaderDep, now: Now, meeting_id: IdInPath) -> Response:
    """Return one meeting."""
    row = await read.meeting(reader, meeting_id)
    return answer(request, Meeting, row, kind_of(row["date"], now))
