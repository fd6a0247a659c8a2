"""The way in: who may, which path and spelling, hot answers from bytes, headers on everything."""

import re
from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import OPEN_PATHS, Access, Refusal
from api.failures import failure, failure_of
from api.hot.answers import HotAnswers
from api.hot.served import RawHeaders, Served
from shared.clock import real_monotonic
from shared.errors import RaceDayError

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The interactive docs are FastAPI's own page, which starts itself inline and loads its script from a CDN.
_DOCS_CSP = (
    "default-src 'none'; script-src 'unsafe-inline' https://cdn.jsdelivr.net; style-src https://cdn.jsdelivr.net "
    "'unsafe-inline'; img-src 'self' https: data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def _security(csp: str) -> RawHeaders:
    return [
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"content-security-policy", csp.encode()),
    ]


_SECURITY, _DOCS_SECURITY = _security(_CSP), _security(_DOCS_CSP)
_NEEDED = frozenset({b"x-api-key", b"authorization", b"x-forwarded-for", b"accept-encoding", b"if-none-match"})
_PARAMETER = re.compile(rb"(^|&)([^=&]*[A-Z][^=&]*)")
_HUMP = re.compile(rb"(?<=[a-z0-9])([A-Z])")
_ONE_RACE = re.compile(rb"race_id=([A-Za-z0-9._:-]{1,64})")

Hot = Callable[[HotAnswers, bytes], Awaitable[Served] | None]


def _hot_entrants(hot: HotAnswers, query: bytes) -> Awaitable[Served] | None:
    match = _ONE_RACE.fullmatch(query)
    return hot.entrants(match.group(1).decode()) if match else None


def _hot_board(hot: HotAnswers, query: bytes) -> Awaitable[Served] | None:
    return None if query else hot.board()


def _hot_next_race(hot: HotAnswers, query: bytes) -> Awaitable[Served] | None:
    return None if query else hot.next_race()


# What every client asks for takes this shorter way than FastAPI's; the routes of the same paths give the same bytes.
_HOT: dict[str, Hot] = {
    "/api/entrants": _hot_entrants,
    "/api/live-odds/races-by-stage": _hot_board,
    "/api/races/next-scheduled": _hot_next_race,
}


class Front:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, access: Access, resources: frozenset[str]) -> None:
        self._app, self._access, self._resources = app, access, resources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Admit, translate, answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = real_monotonic()
        path = self._translated(scope["path"])
        headers = {name: value for name, value in scope["headers"] if name in _NEEDED}
        peer = scope["client"][0] if scope.get("client") else None
        caller = self._access.admit(path, peer, headers)
        extra = _DOCS_SECURITY if path == "/docs" else _SECURITY
        if caller.allowance is not None:
            extra = [*extra, *caller.allowance.headers()]
        head = scope["method"] == "HEAD"
        sending = _Sending(send, extra, head=head)
        if isinstance(caller, Refusal):
            await caller.response(scope, receive, sending)
        elif scope["method"] not in {"GET", "HEAD"}:
            await failure(405, "only GET and HEAD", headers={"Allow": "GET, HEAD"})(scope, receive, sending)
        else:
            query = _snake_case(scope["query_string"])
            route = path
            if not await self._answered_hot(path, query, headers, scope, sending):
                inner = {**scope, "method": "GET", "path": path, "query_string": query, "raceday_head": head}
                inner["raceday_client"] = caller.client
                await self._app(inner, receive, sending)
                route = _template(inner, path)
            if sending.status is not None:
                scope["app"].state.parts.metrics.observe(route, sending.status, real_monotonic() - began)

    def _translated(self, path: str) -> str:
        """Return the path as the routes know it: clients leave `/api` out or put it before everything."""
        if len(path) > 1:
            path = path.rstrip("/") or "/"
        bare = path.removeprefix("/api")
        if bare in OPEN_PATHS or bare == "/metrics":
            return bare
        if path[1:].partition("/")[0] in self._resources:
            return f"/api{path}"
        return path

    async def _answered_hot(
        self, path: str, query: bytes, headers: dict[bytes, bytes], scope: Scope, send: "_Sending"
    ) -> bool:
        hot = _HOT.get(path)
        building = hot(scope["app"].state.parts.hot, query) if hot else None
        if building is None:
            return False
        known = headers.get(b"if-none-match")
        try:
            served = await building
        except RaceDayError as error:
            await send.whole(failure_of(error))
            return True
        status, raw_headers, body = served.raw(
            headers.get(b"accept-encoding", b"").decode("latin-1"), known.decode("latin-1") if known else None
        )
        await send({"type": "http.response.start", "status": status, "headers": raw_headers})
        await send({"type": "http.response.body", "body": body})
        return True


class _Sending:
    """Adds the headers that every answer has; for HEAD it keeps the body back."""

    def __init__(self, send: Send, extra: RawHeaders, *, head: bool) -> None:
        self._send, self._extra, self._head = send, extra, head
        self._ended = False
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], *self._extra]
        elif self._head:
            if self._ended:
                return
            self._ended = True
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)

    async def whole(self, response: Response) -> None:
        """Send a response that is complete."""
        await self({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        await self({"type": "http.response.body", "body": bytes(response.body)})


def _snake_case(query: bytes) -> bytes:
    """Return the query with its parameters' names in snake_case: the client calls mixed spellings."""
    if not _PARAMETER.search(query):
        return query
    return _PARAMETER.sub(lambda m: m.group(1) + _HUMP.sub(rb"_\1", m.group(2)).lower(), query)


def _template(scope: Scope, path: str) -> str:
    """Return the path of the route that answered, with its parameters unfilled: few enough to be counted by."""
    template = getattr(scope.get("route"), "path", None)
    if template is None:
        return "static" if path.startswith("/static/") else "other"
    return f"/api{template}" if path.startswith("/api/") and not template.startswith("/api/") else str(template)
