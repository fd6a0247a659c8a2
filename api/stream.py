"""One client's server-sent events: where it left off first, then live, with a heartbeat, for half an hour."""

import asyncio
import contextlib
import random
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.broadcast import Broadcaster, Subscriber, change_event
from api.caching import encode
from api.cursor import Cursor
from api.failures import Gone, failure
from api.limits import StreamSlots
from api.read.changes import LATEST, Wanted, page_after, place_of
from api.read.reader import Reader
from shared.clock import Clock, real_monotonic
from shared.errors import StoreError

HEARTBEAT_S = 15.0  # real seconds, as all keep-alives
LIFE_S = 1800.0
_PAGE = 500
_RETRY_S = 1.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """What a client asked for; *after* is the cursor it has, None from now on."""

    wanted: Wanted
    polled: bool
    after: str | None
    client: str


class EventStream(Response):
    """An answer that goes on. It takes a slot of its client's, or is 429."""

    media_type = "text/event-stream"

    def __init__(
        self, asked: StreamRequest, reader: Reader, broadcaster: Broadcaster, slots: StreamSlots, clock: Clock
    ) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._asked, self._reader, self._broadcaster = asked, reader, broadcaster
        self._slots, self._clock = slots, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the client goes, the service closes or the stream is old."""
        if scope.get("raceday_head"):
            await _start(self, send)
            await send({"type": "http.response.body", "body": b""})
            return
        refused = self._slots.take(self._asked.client)
        if refused:
            await failure(429, refused, headers={"Retry-After": "5"})(scope, receive, send)
            return
        try:
            await _start(self, send)
            await _Conversation(self._asked, self._reader, self._broadcaster, self._clock, send).run(receive)
        finally:
            self._slots.give_back(self._asked.client)


class _Conversation:
    def __init__(
        self, asked: StreamRequest, reader: Reader, broadcaster: Broadcaster, clock: Clock, send: Send
    ) -> None:
        self._asked, self._reader, self._broadcaster = asked, reader, broadcaster
        self._clock, self._asgi_send = clock, send
        self._gone = False
        # Not all at once: clients that came together would come back together.
        self._ends_at = real_monotonic() + LIFE_S * random.uniform(0.9, 1.0)  # noqa: S311  not cryptography
        self._subscriber: Subscriber | None = None

    async def run(self, receive: Receive) -> None:
        watch = asyncio.create_task(self._watch(receive))
        try:
            await self._send(b"retry: 2000\n\n")
            self._subscriber = await self._caught_up()
            await self._live(self._subscriber)
            if not self._gone:
                await self._asgi_send({"type": "http.response.body", "body": b": see you again\n\n"})
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
            if self._subscriber is not None:
                self._broadcaster.unsubscribe(self._subscriber)

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        if self._subscriber is not None:
            self._subscriber.end()

    async def _caught_up(self) -> Subscriber:
        """Send what came after the client's cursor; subscribe in the very moment nothing is left of it."""
        cursor: Cursor | None = None
        while not (self._gone or self._broadcaster.closing or self._is_old()):
            try:
                target = await self._broadcaster.catch_up()
                if cursor is None:
                    cursor = await self._begin(target)
                elif cursor.cluster_id != target.cluster_id:
                    await self._send(self._event(b"resync", target, reason="another database"))
                    cursor = target
                while cursor != self._broadcaster.position and not self._gone:
                    target = self._broadcaster.position or target
                    page = await page_after(self._reader, cursor, self._asked.wanted, limit=_PAGE, until=target)
                    await self._send(b"".join(map(change_event, page.changes)))
                    cursor = page.next_cursor
                break
            except StoreError:
                await self._send(b": the database is out of reach\n\n")
                await asyncio.sleep(_RETRY_S)
        return self._broadcaster.subscribe(self._asked.wanted, polled=self._asked.polled)

    def _is_old(self) -> bool:
        return real_monotonic() >= self._ends_at

    async def _begin(self, position: Cursor) -> Cursor:
        """Return where to begin; a cursor that leads nowhere gets a resync and begins now."""
        if self._asked.after is None or self._asked.after == LATEST:
            await self._send(self._event(b"hello", position))
            return position
        try:
            return await place_of(self._reader, self._asked.after)
        except Gone as error:
            await self._send(self._event(b"resync", position, reason=str(error)))
            return position

    async def _live(self, subscriber: Subscriber) -> None:
        while not (self._gone or subscriber.ended):
            left_s = self._ends_at - real_monotonic()
            if left_s <= 0:
                return
            try:
                async with asyncio.timeout(min(HEARTBEAT_S, left_s)):
                    await subscriber.woken.wait()
            except TimeoutError:
                pass
            if not subscriber.woken.is_set():  # what is queued by now goes first: the heartbeat's place lies behind it
                await self._send(b": heartbeat\n" + self._event(b"heartbeat", self._broadcaster.position))
                continue
            events, lagging = subscriber.take(), subscriber.lagging
            if lagging:
                # What it missed is in the feed, but whoever cannot keep up is better served by the state of now.
                subscriber.lagging = False
                self._broadcaster.resyncs += 1
                events = self._event(b"resync", self._broadcaster.position, reason="this stream was read too slowly")
            if events:
                await self._send(events)

    def _event(self, name: bytes, position: Cursor | None, **fields: str) -> bytes:
        """Return an event of the stream itself; its id says that all before *position* has been sent."""
        at = str(position).encode() if position else b""
        data = encode(dict[str, object], {"timestamp": self._clock.now(), **fields})
        return (b"id: %s\n" % at if at else b"") + b"event: %s\ndata: %s\n\n" % (name, data)

    async def _send(self, events: bytes) -> None:
        if events and not self._gone:
            await self._asgi_send({"type": "http.response.body", "body": events, "more_body": True})


async def _start(response: Response, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": response.raw_headers})
