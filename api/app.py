"""create_app(settings=None): lifespan, routers, handlers; no import side effects."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api import failures
from api.access import Access
from api.front import Front
from api.parts import Settings, opened, settings_from_environment
from api.routes import (
    as_of,
    betting,
    board,
    changes,
    export,
    meetings,
    odds,
    page,
    races,
    reference,
    status,
    timeline,
    users,
)
from api.schemas.base import ErrorBody
from shared.settings import listed

_ROUTERS = tuple(
    module.router
    for module in (
        meetings, races, betting, timeline, board, odds, as_of, changes, reference, users, export, status,
    )
)  # fmt: skip
_ERRORS = {
    code: {"model": ErrorBody, "description": text}
    for code, text in {
        400: "A parameter is missing or malformed",
        401: "No right key",
        404: "Not stored",
        422: "A parameter is out of range",
        429: "Too many requests",
        503: "The database is out of reach",
    }.items()
}
_ABOUT = """New Zealand and Australian horse racing as it is polled: GET and HEAD only.

Every path is also served without `/api`; every parameter is also taken in camelCase (`raceId`). Times are ISO-8601
UTC, prices JSON numbers, amounts integer cents, percentages of 100; unknown is null, never 0.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; without *settings* they are read from the environment (SettingsError)."""
    settings = settings or settings_from_environment()
    access = Access(settings.api)
    settings = replace(settings, api=settings.api.model_copy(update={"api_keys": None}))  # the digests are enough

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(settings) as parts:
            app.state.parts = parts
            yield

    app = FastAPI(
        title="RaceDay",
        version="1",
        description=_ABOUT,
        lifespan=lifespan,
        openapi_url="/openapi.json" if settings.api.api_docs else None,
        docs_url="/docs" if settings.api.api_docs else None,
        redoc_url=None,
        redirect_slashes=False,
        responses=_ERRORS,  # type: ignore[arg-type]  # a dict of int keys is one of int or str keys
    )
    failures.install(app)
    app.include_router(status.health_router)
    app.include_router(status.metrics_router)
    for router in _ROUTERS:
        app.include_router(router, prefix="/api")
    page.install(app)
    app.add_middleware(Front, access=access, resources=_resources(app))
    if origins := listed(settings.api.cors_origins):
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "HEAD"],
            allow_headers=["X-API-Key", "Authorization", "If-None-Match", "Last-Event-ID"],
            expose_headers=["ETag", "Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"],
            max_age=600,
        )
    return app


def _resources(app: FastAPI) -> frozenset[str]:
    """Return the first segments of the paths under /api, which are served without /api too."""
    paths = [path for path in app.openapi()["paths"] if path.startswith("/api/")]
    return frozenset(path.split("/")[2] for path in paths)
