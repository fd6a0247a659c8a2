"""The dashboard: `/`, its other pages, and the files they load."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PAGE = Path(__file__).parent.parent / "page"
_FRESH = {"Cache-Control": "no-cache"}  # a new release is seen at once; unchanged files cost a 304


class _Files(StaticFiles):
    """Static files that a browser asks about before it uses its copy."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve one file, or 304."""
        response = await super().get_response(path, scope)
        response.headers.update(_FRESH)
        return response


_FILES = _Files(directory=PAGE)
router = APIRouter(include_in_schema=False)


@router.get("/")
async def get_dashboard(request: Request) -> Response:
    """Serve the board."""
    return await _FILES.get_response("index.html", request.scope)


def install(app: FastAPI) -> None:
    """Give *app* the pages: `/`, `/race.html` and so on, and all files under /static."""
    app.include_router(router)
    for file in sorted(PAGE.glob("*.html")):
        app.add_route(f"/{file.name}", _page(file.name), include_in_schema=False)
    app.mount("/static", GZipMiddleware(_FILES), name="static")


def _page(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        return await _FILES.get_response(name, request.scope)

    return serve
