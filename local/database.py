"""The database that a command means: DATABASE_URL's, the embedded one that runs, or one started for the while."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local.postgres import EmbeddedPostgres
from shared.settings import DatabaseSettings, load


@contextmanager
def database(data_dir: Path, say: Callable[[str], None]) -> Iterator[str]:
    """Yield the owner's connection string; an embedded server that was not running stops again afterwards."""
    settings = load(DatabaseSettings)
    if settings.database_url is not None:
        yield settings.write_url
        return
    server = EmbeddedPostgres(data_dir, say=say)
    if server.is_in_use():
        yield server.url
        return
    say(f"starting PostgreSQL in {server.data_dir} for the while")
    with server:
        yield server.url
