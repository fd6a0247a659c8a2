"""/api/changes and /api/stream: what changed, by asking and by waiting."""

from typing import Annotated, get_args

from fastapi import APIRouter, Header, Query, Request
from pydantic import WithJsonSchema
from starlette.responses import Response

from api.caching import answer_with, encode
from api.cursor import parse_cursor
from api.deps import PartsDep, ReaderDep
from api.failures import BadRequest
from api.json_text import with_list
from api.read.changes import LATEST, Wanted, count_after, page_after, place_of
from api.schemas.base import ErrorBody
from api.schemas.changes import Changes, ChangesFacts
from api.schemas.parameters import Ids, listed
from api.stream import EventStream, StreamRequest
from shared.events import ChangeKind

router = APIRouter(tags=["changes"])

_KINDS = frozenset(get_args(ChangeKind))
Kinds = Annotated[
    list[str] | None,
    WithJsonSchema({"type": "array", "minItems": 1, "items": {"type": "string", "enum": sorted(_KINDS)}}),
    Query(description="A comma list, or the parameter repeated"),
]
CursorQuery = Annotated[
    str | None,
    Query(max_length=200, description="Where to go on; latest: from now on; left out: from the oldest change"),
]


@router.get("/changes", response_model=Changes, responses={410: {"model": ErrorBody}})
async def list_changes(
    request: Request,
    reader: ReaderDep,
    cursor: CursorQuery = None,
    race_id: Ids = None,
    meeting_id: Ids = None,
    kinds: Kinds = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Return the next changes: at least once, in order, none lost. 410: read the state anew."""
    wanted = _wanted(race_id, meeting_id, kinds)
    page = await page_after(reader, await place_of(reader, cursor), wanted, limit=limit)
    behind = await count_after(reader, page.next_cursor) if page.is_full else 0
    facts = {"count": len(page.changes), "next_cursor": str(page.next_cursor), "behind": behind}
    text = with_list(encode(ChangesFacts, facts), "changes", (change["json"] for change in page.changes))
    return answer_with(request, text, "live")


@router.get(
    "/stream",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Events change, polled, resync, heartbeat"}},
)
async def stream(
    request: Request,
    parts: PartsDep,
    race_id: Ids = None,
    meeting_id: Ids = None,
    kinds: Kinds = None,
    cursor: CursorQuery = None,
    polled: Annotated[bool, Query(description="Also tell of polls that changed nothing")] = False,  # noqa: FBT002
    last_event_id: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Stream changes as server-sent events; `Last-Event-ID`, or *cursor*, resumes without a gap."""
    after = last_event_id or cursor
    if after is not None and after != LATEST:
        try:
            parse_cursor(after)
        except ValueError as error:
            raise BadRequest(f"cursor {error}", "cursor") from error
    asked = StreamRequest(_wanted(race_id, meeting_id, kinds), polled, after, request.scope["raceday_client"])
    return EventStream(asked, parts.reader, parts.broadcaster, parts.stream_slots, parts.clock)


def _wanted(race_id: list[str] | None, meeting_id: list[str] | None, kinds: list[str] | None) -> Wanted:
    named = listed(kinds, "kinds")
    for kind in named or ():
        if kind not in _KINDS:
            raise BadRequest(f"kinds are {', '.join(sorted(_KINDS))}", "kinds")
    return Wanted(listed(race_id, "race_id"), listed(meeting_id, "meeting_id"), named)
