"""What the service is made of, opened and closed with it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from loguru import logger

from api.broadcast import Broadcaster
from api.hot.answers import HotAnswers
from api.limits import StreamSlots
from api.listen import Listener
from api.metrics import Metrics
from api.read.reader import Pool, Reader
from api.read.status import health
from api.turns import Turns
from shared import schema
from shared.clock import Clock, real_monotonic, real_now
from shared.db import reader_pool
from shared.errors import SchemaTooOld, StoreError
from shared.events import Notice
from shared.queries import Queries
from shared.settings import ApiSettings, ClockSettings, DatabaseSettings, load_all

_AGAIN_AFTER_S = 1.0
_LOOK_AGAIN_S = 5.0
_HEALTH_S = 0.5
_FIGURES_S = 1.0  # real seconds that metrics are served from memory: to write them takes longer than to be asked
BEHIND_AFTER_S = 5.0  # real seconds; writers end their transactions before


@dataclass(frozen=True)
class Settings:
    """Everything that is set from outside."""

    api: ApiSettings
    database: DatabaseSettings
    clock: Clock


def settings_from_environment() -> Settings:
    """Read the settings; SettingsError with one line per problem."""
    api, database, clock = load_all(ApiSettings, DatabaseSettings, ClockSettings)
    return Settings(api, database, clock.clock())


@dataclass
class Parts:
    """The opened service; *schema_problem* is what keeps it from answering although the database is there."""

    settings: Settings
    clock: Clock
    pool: Pool
    reader: Reader
    listener: Listener
    hot: HotAnswers
    broadcaster: Broadcaster
    stream_slots: StreamSlots
    loop: asyncio.AbstractEventLoop
    metrics: Metrics = field(default_factory=Metrics)
    schema_problem: str | None = None
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _figures: bytes = b""
    _figures_at: float = float("-inf")
    _health: dict[str, Any] = field(default_factory=dict)
    _health_at: float = float("-inf")
    _health_turns: Turns = field(default_factory=Turns)

    def spawn(self, task: "asyncio.Task[None]") -> None:
        """Keep *task* until the service closes."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def feed_problems(self) -> list[str]:
        """Return what keeps changes from reaching readers."""
        problems = [] if self.listener.connected else ["the change listener is not connected"]
        if self.broadcaster.behind_s > BEHIND_AFTER_S:
            held_s = self.broadcaster.behind_s
            problems.append(f"the change feed is behind: an open transaction has held it back for {held_s:.0f} s")
        return problems

    async def health(self) -> dict[str, Any]:
        """Return the health of the whole, at most half a second old: the path is open, so a flood must cost nothing."""
        await self._health_turns.take(self._examine, lambda: real_monotonic() - self._health_at >= _HEALTH_S)
        return self._health

    async def _examine(self) -> None:
        feed, now = self.feed_problems(), self.clock.now()
        self._health = await health(self.reader, self.clock, now, feed=feed, schema=self.schema_problem)
        self._health_at = real_monotonic()

    async def figures(self) -> bytes:
        """Return all metrics as of this second; without the workers' while the database is out of reach."""
        if real_monotonic() - self._figures_at < _FIGURES_S:
            return self._figures
        metrics, stats = self.metrics, self.pool.get_stats()
        metrics.streams.set(self.stream_slots.open)
        metrics.listening.set(self.listener.connected)
        metrics.feed_behind.set(self.broadcaster.behind_s)
        metrics.sent.set(self.broadcaster.sent)
        metrics.resyncs.set(self.broadcaster.resyncs)
        metrics.connections.set(stats.get("pool_size", 0))
        metrics.waiting.set(stats.get("requests_waiting", 0))
        try:
            workers = await self.reader.rows("select_workers", real_now=real_now())
        except StoreError:
            workers = []
        self._figures, self._figures_at = metrics.text(workers), real_monotonic()
        return self._figures

    def end_streams(self) -> None:
        """End all streams; safe in a signal handler."""
        self.loop.call_soon_threadsafe(self.broadcaster.close)

    async def close(self) -> None:
        """End what runs in the background."""
        for task in list(self._tasks):
            while not task.done():  # a cancellation that meets a finished wait is lost (asyncio.wait_for, Python 3.11)
                task.cancel()
                await asyncio.wait({task}, timeout=0.5)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Parts]:
    """Open the parts; SchemaTooOld or StoreError stops the start, a database out of reach does not."""
    url = settings.database.read_url
    checked = await _check_at_start(url)
    queries = Queries("read")
    pool = reader_pool(url, size=settings.api.database_pool_size, application_name="raceday-api")
    reader = Reader(pool, queries, is_there=lambda: listener.connected)

    def on_connected() -> None:
        parts.hot.forget()
        parts.broadcaster.doubt()
        nonlocal checked
        if not checked:
            parts.spawn(asyncio.create_task(_check_late(parts, url)))
        if parts.listener.losses:  # the server may be another one: connections to the old one may be silent for good
            parts.spawn(asyncio.create_task(pool.drain()))
        checked = False

    def on_notice(notice: Notice) -> None:
        parts.hot.noticed(notice)
        parts.broadcaster.noticed(notice)

    listener = Listener(url, queries, on_notice=on_notice, on_connected=on_connected)
    hot = HotAnswers(reader, settings.clock, hears=lambda: listener.connected)
    slots = StreamSlots(settings.api.streams_per_client, settings.api.streams_limit)
    loop = asyncio.get_running_loop()
    parts = Parts(settings, settings.clock, pool, reader, listener, hot, Broadcaster(reader), slots, loop)
    await pool.open(wait=False)
    for name, run in (("listener", listener.run), ("broadcaster", parts.broadcaster.run)):
        parts.spawn(asyncio.create_task(_kept_running(name, run), name=name))
    try:
        yield parts
    finally:
        await parts.close()
        await pool.close(timeout=1.0)


def check_schema(url: str) -> None:
    """Raise SchemaTooOld when migrations are missing; OperationalError when the database is out of reach."""
    with psycopg.connect(url, connect_timeout=3, application_name="raceday-api") as connection:
        schema.check(connection)


async def _kept_running(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a part that never ends by itself; an error of ours in it is told, and it begins anew."""
    while True:
        try:
            await run()
        except Exception as error:  # noqa: BLE001  the boundary of a background task (STYLE §3)
            logger.bind(part=name).opt(exception=error).error("part broke")
        await asyncio.sleep(_AGAIN_AFTER_S)


async def _check_at_start(url: str) -> bool:
    try:
        await asyncio.to_thread(check_schema, url)
    except psycopg.OperationalError as error:
        logger.bind(error=type(error).__name__).warning("database out of reach: waiting for it")
        return False
    return True


async def _check_late(parts: Parts, url: str) -> None:
    """Look at the schema of a database that came after the service, until it is new enough."""
    while True:
        try:
            await asyncio.to_thread(check_schema, url)
        except SchemaTooOld as error:
            if parts.schema_problem is None:
                logger.error("the service cannot answer: {}", error)
            parts.schema_problem = str(error)
        except psycopg.OperationalError:
            logger.warning("database went away again")  # the listener tells when it is back
            return
        else:
            parts.schema_problem = None
            return
        await asyncio.sleep(_LOOK_AGAIN_S)
