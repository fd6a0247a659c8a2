"""/health, /health/live and /api/scheduler-status."""

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from api.caching import answer, encode
from api.deps import Now, PartsDep, ReaderDep
from api.failures import RETRY_AFTER_S
from api.read import status as read
from api.schemas.status import Health, Live, SchedulerStatus

health_router = APIRouter(tags=["status"])
metrics_router = APIRouter(tags=["status"])
router = APIRouter(tags=["status"])


@health_router.get("/health", response_model=Health, responses={503: {"model": Health}})
async def get_health(parts: PartsDep) -> Response:
    """Say whether readers get what is due, and if not, why; 503 only when the database is out of reach."""
    body = await parts.health()
    bad = body["status"] == "unhealthy"
    headers = {"Cache-Control": "no-store", **({"Retry-After": str(RETRY_AFTER_S)} if bad else {})}
    return Response(encode(Health, body), 503 if bad else 200, headers=headers, media_type="application/json")


@health_router.get("/health/live", response_model=Live)
async def get_live() -> Response:
    """Say that this process answers."""
    return Response(encode(Live, {}), headers={"Cache-Control": "no-store"}, media_type="application/json")


@router.get("/scheduler-status", response_model=SchedulerStatus)
async def get_scheduler_status(request: Request, reader: ReaderDep, now: Now) -> Response:
    """List the workers' jobs and how they last went, and the workers."""
    return answer(request, SchedulerStatus, await read.scheduler_status(reader, now), "live")


@metrics_router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def get_metrics(parts: PartsDep) -> Response:
    """Return the figures of both services for Prometheus."""
    return Response(await parts.figures(), headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE_LATEST)
