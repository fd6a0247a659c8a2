"""One try: a request sent and read under the deadline; whatever breaks becomes one typed error."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Generic, TypeVar

import requests
from urllib3.exceptions import HTTPError

from shared.clock import Clock
from shared.errors import PayloadError, Refused, Unavailable, UpstreamError
from workers.upstream.backoff import retry_after_s
from workers.upstream.body import BrokenBodyError, TooLargeError, read_body
from workers.upstream.connection import guarded, open_session
from workers.upstream.resolver import Resolve, Resolver
from workers.upstream.watchdog import Watchdog

Parsed = TypeVar("Parsed")
Parse = Callable[[bytes], Parsed]

WORTH_ANOTHER_TRY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
NEEDS_IDENTIFICATION = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_GOOD = "good"
CUT_SHORT = "deadline"  # the kind of a try that its time ran out on
BROKEN = (requests.RequestException, HTTPError, OSError, BrokenBodyError)
MOST_OF_AN_ERROR = 1024 * 1024  # bytes, also of what is recorded of a body that could not be used
REFUSALS = range(300, 500)  # redirects too: they are not followed, our identification stays with this host


class FailedTryError(Exception):
    """One try failed in a way that another may not; *kind* is a word for the counters."""

    def __init__(self, kind: str, *, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(kind)
        self.kind, self.status, self.retry_after_s = kind, status, retry_after_s


@dataclass(frozen=True, slots=True)
class Try:
    """One try; *body* is None where not even a status came, else what came, of a bad one its beginning."""

    sent_at: datetime
    ended_at: datetime
    outcome: str
    status: int | None
    body: bytes | None


Hear = Callable[[Try], None]


@dataclass(slots=True)
class _Coming:
    status: int | None = None
    body: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True, slots=True)
class Received(Generic[Parsed]):
    """A body that came whole and was parsed."""

    parsed: Parsed
    body: bytes
    wire_bytes: int
    sent_at: datetime
    received_at: datetime


class Exchange:
    """The session, its resolver and its watchdog."""

    def __init__(
        self, base_url: str, headers: dict[str, str], connections: int, resolve: Resolve | None, clock: Clock
    ) -> None:
        self._base = base_url
        self._clock = clock
        self._resolver, self._watchdog = Resolver(resolve), Watchdog()
        self._session = open_session(base_url, headers, connections)

    def get(
        self, path: str, params: dict[str, str], parse: Parse[Parsed], ends: float, hear: Hear | None = None
    ) -> Received[Parsed]:
        """Ask once, until the real monotonic instant *ends*; FailedTryError, Refused or PayloadError.

        Whatever comes of it, *hear* is told.
        """
        sent_at, coming, outcome = self._clock.now(), _Coming(), _GOOD
        try:
            wire_bytes = self._fetch(path, params, ends, coming)
            received_at = self._clock.now()
            body = bytes(coming.body)
            return Received(_parsed(parse, body, path), body, wire_bytes, sent_at, received_at)
        except FailedTryError as error:
            outcome = error.kind
            raise
        except UpstreamError as error:
            outcome = error.outcome
            raise
        finally:
            if hear is not None:
                most = None if outcome == _GOOD else MOST_OF_AN_ERROR
                came = None if coming.status is None else bytes(coming.body[:most])
                hear(Try(sent_at, self._clock.now(), outcome, coming.status, came))

    def close(self) -> None:
        """Cut what is under way and let the connections go."""
        self._watchdog.close()
        self._session.close()

    def _fetch(self, path: str, params: dict[str, str], ends: float, coming: _Coming) -> int:
        with guarded(ends, self._resolver, self._watchdog) as guard:
            try:
                with self._session.get(
                    self._base + path,
                    params=params,
                    stream=True,
                    allow_redirects=False,
                    timeout=max(0.001, guard.left_s),
                ) as response:
                    coming.status = response.status_code
                    self._check_status(response, path, coming.body)
                    return read_body(response, coming.body)
            except TooLargeError:
                raise PayloadError("the body is larger than we read", path=path) from None
            except BROKEN as error:
                raise FailedTryError(_kind(error, guard.left_s)) from error

    def _check_status(self, response: requests.Response, path: str, body: bytearray) -> None:
        status = response.status_code
        if status == HTTPStatus.OK:
            return
        with suppress(*BROKEN, TooLargeError):  # read for the record and to keep the connection: the status decides
            read_body(response, body, MOST_OF_AN_ERROR)
        if status in WORTH_ANOTHER_TRY or status not in REFUSALS:
            wish_s = retry_after_s(response.headers.get("Retry-After"), self._clock.now())
            raise FailedTryError(f"status_{status}", status=status, retry_after_s=wish_s)
        hint = ": check TAB_FROM, TAB_PARTNER and TAB_PARTNER_ID" if status in NEEDS_IDENTIFICATION else ""
        raise Refused(f"status {status}{hint}", path=path, status=status)


def _parsed(parse: Parse[Parsed], body: bytes, path: str) -> Parsed:
    try:
        return parse(body)
    except PayloadError as error:
        reason = str(error).removeprefix(f"{error.field}: ")
        raise PayloadError(reason, field=error.field, path=path) from error
    except Unavailable as error:
        raise FailedTryError("not_json", status=HTTPStatus.OK) from error


def _kind(error: Exception, left_s: float) -> str:
    """Return a word for what broke; never the error's own text, which may hold anything."""
    if left_s <= 0:
        return CUT_SHORT
    if isinstance(error, requests.exceptions.SSLError):
        return "tls"
    if isinstance(error, requests.Timeout):
        return "timeout"
    if isinstance(error, requests.ConnectionError):
        return "connection"
    return "cut_off"
