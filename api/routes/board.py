"""/api/live-odds/races-by-stage: the board."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.deps import PartsDep
from api.schemas.board import Board

router = APIRouter(tags=["board"])


@router.get("/live-odds/races-by-stage", response_model=Board)
async def get_board(request: Request, parts: PartsDep) -> Response:
    """Return the racing day by stage, the next to start first, finished ones newest first."""
    served = await parts.hot.board()
    return served.response(request.headers.get("accept-encoding", ""), request.headers.get("if-none-match"))
