"""Reads the change feed when a notice wakes it, fans out to bounded queues; a slow reader slows nobody."""

import asyncio
from collections.abc import Iterable

from loguru import logger

from api.caching import encode
from api.cursor import Cursor
from api.read.changes import EVERYTHING, Wanted, horizon, page_after
from api.read.reader import Reader, Row
from api.turns import Turns
from shared.clock import real_monotonic
from shared.errors import StoreError
from shared.events import Notice

_PAGE = 500
_REST_S = 0.02  # between two reads: what comes in a burst goes out together
_LOOK_ANYWAY_S = 5.0  # a notice may get lost, a change may not
_HELD_BACK_S = (0.05, 1.0)  # while an open transaction holds changes back: its end may come without a notice
_AFTER_ERROR_S = 0.5
_MOST_QUEUED = 1024 * 1024  # bytes of one stream, and the page that passes it


class Subscriber:
    """The queue of one stream. *lagging*: it was not emptied in time and what it held is gone."""

    def __init__(self, wanted: Wanted, *, polled: bool) -> None:
        self.wanted, self.polled = wanted, polled
        self.lagging = self.ended = False
        self.woken = asyncio.Event()
        self._queue: list[bytes] = []
        self._bytes = 0

    def put(self, events: bytes) -> None:
        """Queue *events*, or give up what is queued."""
        if self._bytes > _MOST_QUEUED:
            self._queue.clear()
            self.lagging = True
        if not self.lagging:
            self._queue.append(events)
            self._bytes += len(events)
        self.woken.set()

    def take(self) -> bytes:
        """Return everything queued."""
        self.woken.clear()
        queued = b"".join(self._queue)
        self._queue.clear()
        self._bytes = 0
        return queued

    def end(self) -> None:
        """Ask the stream to end."""
        self.ended = True
        self.woken.set()


class Broadcaster:
    """One reader of the feed for all streams. *position* is None until the database has been reached."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.position: Cursor | None = None
        self.closing = False
        self.sent = self.resyncs = 0
        self._subscribers: set[Subscriber] = set()
        self._wake = asyncio.Event()
        self._doubted = True
        self._turns = Turns()
        self._held_since: float | None = None

    @property
    def behind_s(self) -> float:
        """For how many real seconds committed changes have been held back by an open transaction."""
        return 0.0 if self._held_since is None else real_monotonic() - self._held_since

    def subscribe(self, wanted: Wanted, *, polled: bool) -> Subscriber:
        """Add a stream: it gets what comes after `position`, which is read in the same breath."""
        subscriber = Subscriber(wanted, polled=polled)
        subscriber.ended = self.closing
        self._subscribers.add(subscriber)
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Drop a stream."""
        self._subscribers.discard(subscriber)

    def noticed(self, notice: Notice) -> None:
        """Wake up for changes; pass on a poll that changed nothing."""
        if notice.kinds:
            self._wake.set()
        elif notice.race_id is not None and notice.at is not None:
            event = polled_event(notice.race_id, notice.at)
            for subscriber in self._subscribers:
                if subscriber.polled and subscriber.wanted.lets_poll(notice.race_id):
                    subscriber.put(event)

    def doubt(self) -> None:
        """Look whether the database is still the same one: the connection was lost."""
        self._doubted = True
        self._wake.set()

    def close(self) -> None:
        """End all streams and let none begin."""
        self.closing = True
        for subscriber in self._subscribers:
            subscriber.end()

    async def run(self) -> None:
        """Read and fan out until cancelled."""
        held_back_s = _HELD_BACK_S[0]
        while True:
            self._wake.clear()
            try:
                await self.catch_up()
                held_back = await self._is_held_back()
            except StoreError:
                await asyncio.sleep(_AFTER_ERROR_S)
                self._wake.set()
                continue
            held_back_s = min(held_back_s * 2, _HELD_BACK_S[1]) if held_back else _HELD_BACK_S[0]
            await asyncio.sleep(_REST_S)
            try:
                async with asyncio.timeout(held_back_s if held_back else _LOOK_ANYWAY_S):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def catch_up(self) -> Cursor:
        """Read the feed to its end, fan out, and return the new position."""
        await self._turns.take(self._read_on)
        assert self.position is not None  # noqa: S101  _read_on has set it
        return self.position

    async def _read_on(self) -> None:
        if self._doubted:
            await self._compare()
        position = self.position
        assert position is not None  # noqa: S101  _compare has set it
        is_full = True
        while is_full:
            page = await page_after(self._reader, position, limit=_PAGE)
            # From here to the fan-out nothing is awaited: who subscribes sees the one position or the other.
            self.position = position = page.next_cursor
            self._fan_out(page.changes)
            is_full = page.is_full

    async def _compare(self) -> None:
        """Begin at the end of the feed; begin anew, and say so, where the database is another one."""
        now = await horizon(self._reader)
        if self.position is not None and now.cluster_id != self.position.cluster_id:
            logger.warning("another database: all streams read anew")
            for subscriber in self._subscribers:
                subscriber.lagging = True
                subscriber.woken.set()
            self.position = now
        self.position = self.position or now
        self._doubted = False

    async def _is_held_back(self) -> bool:
        row = await self._reader.one("select_feed_delay")
        if row is None or row["held_back"] == 0:
            self._held_since = None
            return False
        self._held_since = self._held_since or real_monotonic()
        return True

    def _fan_out(self, changes: list[Row]) -> None:
        if not changes:
            return
        self.sent += len(changes)
        events = [(change, change_event(change)) for change in changes]
        everything = b"".join(event for _, event in events)
        for subscriber in self._subscribers:
            if subscriber.wanted == EVERYTHING:
                subscriber.put(everything)
            elif chosen := _chosen(events, subscriber.wanted):
                subscriber.put(chosen)


def change_event(change: Row) -> bytes:
    """Return a change as a server-sent event whose id is its cursor."""
    return b"id: %s\nevent: change\ndata: %s\n\n" % (change["cursor"].encode(), change["json"].encode())


def polled_event(race_id: str, at: str) -> bytes:
    """Return a poll that changed nothing as an event without an id: it is no change."""
    return b"event: polled\ndata: %s\n\n" % encode(dict[str, str], {"race_id": race_id, "last_polled_at": at})


def _chosen(events: Iterable[tuple[Row, bytes]], wanted: Wanted) -> bytes:
    return b"".join(event for change, event in events if wanted.lets(change))
