"""A PostgreSQL of the bench's own: embedded, fsync on, on the disk that holds the project."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql
from pydantic import SecretStr

from bench.seed_month import Month, seed
from local.postgres import EmbeddedPostgres
from shared.clock import Clock, racing_day
from shared.schema import migrate
from shared.settings import DatabaseSettings, UpstreamSettings, WorkerSettings
from workers.service import Parts, parts

_HERE = Path(__file__).parent.parent / ".raceday"
_BUFFERS = "1GB"  # a quarter of a small server's memory, as is usual; the default is for a laptop
_DAYS = 4  # yesterday, today and what a start within the hours falls into
_numbers = itertools.count(1)


class Bench:
    """What every measurement stands on: a server, and a folder that goes with it."""

    def __init__(self, server: EmbeddedPostgres, folder: Path, days: int) -> None:
        self._server = server
        self._month: str | None = None
        self.folder, self.days = folder, days

    def new_database(self) -> str:
        """Make a migrated database; return its owner's connection string."""
        name = f"bench_{next(_numbers)}"
        with psycopg.connect(self._server.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        split = urlsplit(self._server.url)
        url = urlunsplit(split._replace(netloc=split.netloc or "@", path=f"/{name}"))
        migrate(url)
        return url

    def month(self) -> str:
        """Return the owner's connection string to a database with *days* of racing in it; made once."""
        if self._month is None:
            url = self.new_database()
            seed(url, Month(self.days))
            self._month = url
        return self._month


@contextmanager
def bench(days: int) -> Iterator[Bench]:
    """Yield a running server, for *days* of racing where a month is asked for; nothing of it is left afterwards."""
    # Not in the system's temporary folder: that may be memory, where a commit costs nothing.
    _HERE.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=_HERE))
    try:
        with EmbeddedPostgres(folder, settings={"shared_buffers": _BUFFERS}) as server:
            yield Bench(server, folder, days)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def worker(url: str, tab_url: str, concurrency: int, stop: Event | None = None) -> Iterator[Parts]:
    """Yield the parts of a worker that leads, over the database at *url* and the upstream at *tab_url*.

    No setting of the environment is used; the request budget is out of the way.
    """
    settings = DatabaseSettings(_env_file=None, database_url=SecretStr(url), database_read_url=None)
    upstream = UpstreamSettings(
        _env_file=None,
        tab_api_url=tab_url,
        tab_from=SecretStr("bench@example.invalid"),
        tab_partner=SecretStr("bench"),
        tab_partner_id=SecretStr("bench"),
        tab_timeout_seconds=15,
        tab_requests_per_minute=1_000_000,
    )
    workers = WorkerSettings(_env_file=None, poll_concurrency=concurrency, poll_profile="standard")
    clock = Clock()
    with parts(settings, upstream, workers, clock, stop or Event()) as part:
        part.writer.ensure_days(racing_day(clock.now()) - timedelta(days=1), _DAYS)
        part.leadership.tick()
        yield part
