"""What the service is made of, opened and closed with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg
from loguru import logger

from api.hot.answers import HotAnswers
from api.listen import Listener
from api.read.reader import Pool, Reader
from shared import schema
from shared.clock import Clock
from shared.db import reader_pool
from shared.errors import SchemaTooOld
from shared.events import Notice
from shared.queries import Queries
from shared.settings import ApiSettings, ClockSettings, DatabaseSettings, load_all


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
    schema_problem: str | None = None
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    def spawn(self, task: "asyncio.Task[None]") -> None:
        """Keep *task* until the service closes."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def feed_problems(self) -> list[str]:
        """Return what keeps changes from reaching readers."""
        return [] if self.listener.connected else ["the change listener is not connected"]

    def end_streams(self) -> None:
        """End all streams; safe in a signal handler."""

    async def close(self) -> None:
        """End what runs in the background."""
        for task in list(self._tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Parts]:
    """Open the parts; SchemaTooOld or StoreError stops the start, a database out of reach does not."""
    url = settings.database.read_url
    checked = await _check_at_start(url)
    queries = Queries("read")
    pool = reader_pool(url, size=settings.api.database_pool_size, application_name="raceday-api")
    reader = Reader(pool, queries)

    def on_connected() -> None:
        parts.hot.forget()
        nonlocal checked
        if not checked:
            checked = True
            parts.spawn(asyncio.create_task(_check_late(parts, url)))

    def on_notice(notice: Notice) -> None:
        parts.hot.noticed(notice)

    def on_lost() -> None:
        pass

    listener = Listener(
        url,
        queries,
        on_notice=on_notice,
        on_connected=on_connected,
        on_lost=on_lost,
    )
    hot = HotAnswers(reader, settings.clock, hears=lambda: listener.connected)
    parts = Parts(settings, settings.clock, pool, reader, listener, hot)
    await pool.open(wait=False)
    parts.spawn(asyncio.create_task(listener.run(), name="listener"))
    try:
        yield parts
    finally:
        await parts.close()
        await pool.close(timeout=1.0)


def check_schema(url: str) -> None:
    """Raise SchemaTooOld when migrations are missing; OperationalError when the database is out of reach."""
    with psycopg.connect(url, connect_timeout=3, application_name="raceday-api") as connection:
        schema.check(connection)


async def _check_at_start(url: str) -> bool:
    try:
        await asyncio.to_thread(check_schema, url)
    except psycopg.OperationalError as error:
        logger.bind(error=type(error).__name__).warning("database out of reach: waiting for it")
        return False
    return True


async def _check_late(parts: Parts, url: str) -> None:
    """Look at the schema of a database that came after the service."""
    try:
        await asyncio.to_thread(check_schema, url)
    except SchemaTooOld as error:
        parts.schema_problem = str(error)
        logger.error("the service cannot answer: {}", error)
    except psycopg.OperationalError:
        logger.warning("database went away again")
