"""Error type → status table; the one error body."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from loguru import logger
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.read.reader import Slow
from api.schemas.base import ErrorBody
from shared.errors import NotFound, RaceDayError, StoreError

RETRY_AFTER_S = 2

Details = list[dict[str, str]]


class BadRequest(RaceDayError):
    """A parameter is missing or malformed."""

    def __init__(self, message: str, parameter: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class OutOfRange(BadRequest):
    """A parameter is well formed, but outside of what can be answered."""


class Gone(RaceDayError):
    """What the cursor points at is not stored any more."""


_STATUS: dict[type[RaceDayError], int] = {
    OutOfRange: 422,
    BadRequest: 400,
    NotFound: 404,
    Gone: 410,
    Slow: 503,
    StoreError: 503,
}
_BOUNDS = {
    "greater_than", "greater_than_equal", "less_than", "less_than_equal", "date_from_datetime_inexact",
    "datetime_object_invalid",
}  # fmt: skip


def failure(
    status: int, error: str, details: Details | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the one error body."""
    body = ErrorBody(error=error, details=details).model_dump_json(exclude_none=True).encode()
    every = {"Cache-Control": "no-store", **(headers or {})}
    return Response(body, status, headers=every, media_type="application/json")


def failure_of(error: RaceDayError) -> Response:
    """Return the answer to what RaceDay raised on purpose."""
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
    if status >= 500:  # noqa: PLR2004  the server's own
        logger.bind(error=str(error)[:300]).warning("request failed")
        return failure(status, str(error), headers={"Retry-After": str(RETRY_AFTER_S)})
    parameter = getattr(error, "parameter", None)
    details = [{"parameter": parameter, "problem": str(error)}] if parameter else None
    return failure(status, str(error), details)


def validation_failure(errors: Sequence[Mapping[str, Any]]) -> Response:
    """Return 400 with each wrong parameter named; 422 where all are well formed and merely out of range."""
    details = [
        {"parameter": ".".join(str(part) for part in issue["loc"][1:2]), "problem": _problem(issue)} for issue in errors
    ]
    status = 422 if errors and all(issue["type"] in _BOUNDS for issue in errors) else 400
    named = ", ".join(dict.fromkeys(detail["parameter"] for detail in details))
    return failure(status, f"wrong parameter: {named}", details)


def install(app: FastAPI) -> None:
    """Give *app* the handlers: whatever goes wrong, the body has the same shape."""

    async def on_raceday(_: Request, error: Exception) -> Response:
        return failure_of(cast("RaceDayError", error))

    async def on_validation(_: Request, error: Exception) -> Response:
        return validation_failure(cast("RequestValidationError", error).errors())

    async def on_http(request: Request, error: Exception) -> Response:
        http = cast("HTTPException", error)
        text = f"no such path: {request.url.path[:200]}" if http.status_code == 404 else str(http.detail)  # noqa: PLR2004
        return failure(http.status_code, text, headers=http.headers)

    async def on_anything(request: Request, error: Exception) -> Response:
        logger.bind(path=request.url.path[:200]).opt(exception=error).error("request broke")
        return failure(500, "an error of ours; it has been logged")

    app.add_exception_handler(RaceDayError, on_raceday)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_anything)


def _problem(issue: Mapping[str, Any]) -> str:
    if issue["type"] == "missing":
        return "is missing"
    if issue["type"] == "string_pattern_mismatch":
        return "is malformed"
    text = str(issue["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:]
