"""HTTP session: identification, one total deadline, retries, status → error; returns JSON bytes."""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import Generic, Protocol, TypeVar
from urllib.parse import quote

from shared.clock import Clock, real_monotonic
from shared.errors import Unavailable, UpstreamError
from shared.settings import UpstreamSettings
from workers.upstream.backoff import next_wait_s
from workers.upstream.exchange import CUT_SHORT, Exchange, FailedTryError, Hear, Parse, Parsed
from workers.upstream.resolver import Resolve
from workers.upstream.traffic import CircuitOpenError, Traffic, TrafficSnapshot

RACING = "/affiliates/v1/racing"
PAGE = 100
MAX_PAGES = 20  # an upstream that ignores the offset would page for ever
EVENT_PARAMS = {"with_money_tracker": "true", "with_tote_trends_data": "true"}


class Page(Protocol):
    """What paging needs of a parsed page: how many rows it listed."""

    @property
    def listed(self) -> int:
        """The rows of the page, of use or not."""


AnyPage = TypeVar("AnyPage", bound=Page)


@dataclass(frozen=True, slots=True)
class Answer(Generic[Parsed]):
    """A good answer; *fetched_at* is the domain instant at which the try that brought it was sent."""

    parsed: Parsed
    body: bytes
    fetched_at: datetime
    received_at: datetime
    tries: int
    wire_bytes: int
    status: int


class TabClient:
    """Asks the TAB, for any number of threads; *parse* decides what a body is worth.

    What *parse* raises as Unavailable (cut off, not JSON) is tried again within the deadline, its PayloadError
    is not. Deadlines are real seconds; the waits between tries and for the budget are domain time.
    *hear* is told of every try, in the caller's thread.
    """

    def __init__(
        self,
        settings: UpstreamSettings,
        clock: Clock,
        *,
        stop: threading.Event | None = None,
        connections: int = 16,
        resolve: Resolve | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._default_deadline_s = settings.tab_timeout_seconds
        self._clock, self._chance = clock, chance
        self._stop = stop or threading.Event()
        self._traffic = Traffic(settings.tab_requests_per_minute, clock)
        headers = {
            "User-Agent": f"raceday/{version('raceday')}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Connection": "keep-alive",
            **settings.identification,
        }
        self._exchange = Exchange(settings.tab_api_url, headers, connections, resolve, clock)

    def meetings(self, day: date, parse: Parse[AnyPage], hear: Hear | None = None) -> Iterator[Answer[AnyPage]]:
        """Yield the pages of a day's card until a short one."""
        for number in range(MAX_PAGES):
            params = {"date_from": day.isoformat(), "date_to": day.isoformat()}
            params |= {"limit": str(PAGE), "offset": str(number * PAGE)}
            answer = self._get(f"{RACING}/meetings", params, parse, hear=hear)
            yield answer
            if answer.parsed.listed < PAGE:
                return

    def meeting(self, meeting_id: str, parse: Parse[Parsed], hear: Hear | None = None) -> Answer[Parsed]:
        """Fetch one meeting and its races."""
        return self._get(f"{RACING}/meetings/{quote(meeting_id, safe='')}", {"enc": "json"}, parse, hear=hear)

    def race(
        self,
        race_id: str,
        parse: Parse[Parsed],
        *,
        deadline_s: float | None = None,
        urgent: bool = False,
        hear: Hear | None = None,
    ) -> Answer[Parsed]:
        """Fetch one race with tracker and tote trends; *urgent* ones may use the last of the budget."""
        path = f"{RACING}/events/{quote(race_id, safe='')}"
        return self._get(path, EVENT_PARAMS, parse, deadline_s=deadline_s, urgent=urgent, hear=hear)

    def snapshot(self) -> TrafficSnapshot:
        """Return the counters, the circuit's state and the budget left."""
        return self._traffic.snapshot()

    def close(self) -> None:
        """Cut what is under way and let the connections go; call it after *stop* is set."""
        self._exchange.close()

    def _get(
        self,
        path: str,
        params: dict[str, str],
        parse: Parse[Parsed],
        *,
        deadline_s: float | None = None,
        urgent: bool = False,
        hear: Hear | None = None,
    ) -> Answer[Parsed]:
        limit_s = deadline_s or self._default_deadline_s
        ends = real_monotonic() + limit_s
        tries = cut = 0
        self._traffic.count_call()
        while True:
            self._await_turn(path, tries, ends, urgent=urgent)
            tries += 1
            try_ends = min(ends, real_monotonic() + self._traffic.try_limit_s(limit_s))
            try:
                return self._try_once(path, params, parse, try_ends, tries, hear)
            except FailedTryError as failure:
                last = failure
                cut += failure.kind == CUT_SHORT
            left_s = ends - real_monotonic()
            wait_s = None
            if left_s > 0:
                left_domain_s = left_s / self._clock.real_seconds(1.0)
                wait_s = next_wait_s(tries, self._chance(), last.retry_after_s, left_domain_s)
            if wait_s is None:
                self._traffic.ran_out(cut)
                when = f"no good answer within {limit_s:g} s" if left_s <= 0 else f"gave up after {tries} tries"
                raise Unavailable(f"{when} ({last.kind})", path=path, tries=tries, status=last.status) from last
            self._clock.wait(self._stop, wait_s)

    def _await_turn(self, path: str, tries: int, ends: float, *, urgent: bool) -> None:
        """Wait for the budget; Unavailable where it or the circuit lets nothing through in time."""
        while not self._stop.is_set():
            try:
                wait_s = self._traffic.admit(urgent=urgent)
            except CircuitOpenError as error:
                self._traffic.count_failure("circuit_open")
                raise Unavailable(str(error), path=path, tries=tries) from None
            if wait_s == 0:
                return
            if self._clock.real_seconds(wait_s) >= ends - real_monotonic():
                self._traffic.count_failure("budget")
                raise Unavailable("the request budget is spent", path=path, tries=tries)
            self._clock.wait(self._stop, wait_s)
        raise Unavailable("stopping", path=path, tries=tries)

    def _try_once(
        self, path: str, params: dict[str, str], parse: Parse[Parsed], ends: float, tries: int, hear: Hear | None
    ) -> Answer[Parsed]:
        settled = False
        try:
            began = real_monotonic()
            got = self._exchange.get(path, params, parse, ends, hear)
            self._traffic.took(real_monotonic() - began)
            self._traffic.succeeded(got.wire_bytes, len(got.body))
            settled = True
            return Answer(got.parsed, got.body, got.sent_at, got.received_at, tries, got.wire_bytes, HTTPStatus.OK)
        except FailedTryError as failure:
            self._traffic.failed(failure.kind)
            settled = True
            raise
        except UpstreamError as error:  # it answered, though not what we need: it is up
            self._traffic.succeeded(0, 0)
            self._traffic.count_failure(error.outcome)
            settled = True
            error.tries = tries
            raise
        finally:
            if not settled:
                self._traffic.gave_up()
