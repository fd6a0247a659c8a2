"""The dashboard: `/`, its other pages, and the files they load."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PAGE = Path(__file__).parent.parent / "page"
_FRESH = {"Cache-Control": "no-cache"}  # a new release is seen at once; unchanged files cost a 304

router = APIRouter(include_in_schema=False)


@router.get("/")
async def get_dashboard() -> FileResponse:
    """Serve the board."""
    return FileResponse(PAGE / "index.html", headers=_FRESH)


def install(app: FastAPI) -> None:
    """Give *app* the pages: `/`, `/race.html` and so on, and all files under /static."""
    app.include_router(router)
    for file in sorted(PAGE.glob("*.html")):
        app.add_route(f"/{file.name}", _page(file), include_in_schema=False)
    app.mount("/static", GZipMiddleware(_Files(directory=PAGE)), name="static")


def _page(file: Path) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_: Request) -> Response:
        return FileResponse(file, headers=_FRESH)

    return serve


class _Files(StaticFiles):
    """Static files that a browser asks about before it uses its copy."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve one file, or 304."""
        response = await super().get_response(path, scope)
        response.headers.update(_FRESH)
        return response
