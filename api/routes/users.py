"""/api/user-alert-configs and /api/notifications."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.caching import answer
from api.deps import ReaderDep
from api.read import users as read
from api.schemas.parameters import Instant, UserId
from api.schemas.users import AlertConfig, Notification
from shared.alerts import DEFAULT_USER

router = APIRouter(tags=["users"])

_EVER = datetime(2000, 1, 1, tzinfo=UTC)


@router.get("/user-alert-configs", response_model=AlertConfig)
async def get_alert_config(request: Request, reader: ReaderDep, user_id: UserId = DEFAULT_USER) -> Response:
    """Return a user's alert ranges, the defaults where he set none."""
    return answer(request, AlertConfig, await read.alert_config(reader, user_id), "live")


@router.get("/notifications", response_model=list[Notification])
async def list_notifications(
    request: Request,
    reader: ReaderDep,
    user_id: UserId = DEFAULT_USER,
    since: Instant = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """List what a user was told after *since*, the newest first."""
    rows = await read.notifications(reader, user_id, since or _EVER, limit)
    return answer(request, list[Notification], rows, "live")
