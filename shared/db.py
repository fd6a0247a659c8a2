"""writer_pool() and reader_pool(): application_name, timeouts, role, read-only."""

import select

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool, ConnectionPool
from pydantic_core import from_json

WRITER_ROLE, READER_ROLE = "raceday_writer", "raceday_reader"
_NEWER = 170000  # transaction_timeout came with PostgreSQL 17
# A server that vanished without a word is noticed in seconds; without effect on a Unix socket.
_KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 5000}


def writer_pool(url: str, *, size: int, application_name: str) -> "ConnectionPool[psycopg.Connection]":
    """Return the workers' pool, closed: sessions act as the writer role.

    A session stuck in a transaction ends after 5 s, before the lease of 8 s does (DESIGN §3).
    """

    def configure(connection: psycopg.Connection) -> None:
        for statement in _session(connection.info.server_version, WRITER_ROLE, read_only=False):
            connection.execute(statement)
        connection.commit()

    return ConnectionPool(
        url,
        min_size=1,
        max_size=size,
        open=False,
        configure=configure,
        timeout=10,
        name=application_name,
        kwargs={"application_name": application_name, "connect_timeout": 5, "prepare_threshold": 2, **_KEEPALIVE},
    )


def reader_pool(url: str, *, size: int, application_name: str) -> "AsyncConnectionPool[psycopg.AsyncConnection]":
    """Return the API's pool, closed: autocommit sessions that can only read, for at most 5 s a statement."""

    async def configure(connection: psycopg.AsyncConnection) -> None:
        await connection.set_autocommit(True)
        # Whoever asks several statements at once means one view of the data.
        await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        set_json_loads(from_json, connection)  # a list of a hundred rows has a hundred of them
        for statement in _session(connection.info.server_version, READER_ROLE, read_only=True):
            await connection.execute(statement)

    return AsyncConnectionPool(
        url,
        min_size=1,
        max_size=size,
        open=False,
        configure=configure,
        timeout=3,
        # A restarted server leaves dead connections: none is handed out, and a new one is tried on each demand
        # rather than after the ever longer pauses of one long attempt.
        check=_still_there,
        reconnect_timeout=2.0,
        name=application_name,
        kwargs={"application_name": application_name, "connect_timeout": 3, "prepare_threshold": 2, **_KEEPALIVE},
    )


async def _still_there(connection: psycopg.AsyncConnection) -> None:
    """Let no dead connection of a restarted server be handed out, without a round trip for each that lives.

    A server that ends a session says so, or hangs up: either waits on the socket. An idle one has nothing to say.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        await AsyncConnectionPool.check_connection(connection)


async def listening_connection(url: str, *, application_name: str) -> psycopg.AsyncConnection:
    """Open the one autocommit connection on which the API hears notices; it can only read."""
    settings = make_conninfo(url, application_name=application_name, connect_timeout=3, **_KEEPALIVE)
    connection = await psycopg.AsyncConnection.connect(settings, autocommit=True)
    try:
        for statement in _session(connection.info.server_version, READER_ROLE, read_only=True):
            await connection.execute(statement)
    except BaseException:  # a cancelled caller too would leave it open
        await connection.close()
        raise
    return connection


def _session(server_version: int, role: str, *, read_only: bool) -> list[sql.Composed]:
    settings: dict[str, str] = {
        "role": role,
        "statement_timeout": "5s",
        "idle_in_transaction_session_timeout": "5s",
        "timezone": "UTC",
        "default_transaction_read_only": "on" if read_only else "off",
    }
    if not read_only:
        # The same few statements on one race's rows: planning them anew would cost more than running them.
        settings["plan_cache_mode"] = "force_generic_plan"
    if read_only:
        # A plan made for these values prunes partitions and drops filters that are off; a generic one cannot.
        settings["plan_cache_mode"] = "force_custom_plan"
    if server_version >= _NEWER:
        # It ends the session, where statement_timeout ends the statement: for readers the latter comes first.
        settings["transaction_timeout"] = "10s" if read_only else "5s"
    return [sql.SQL("SET {} = {}").format(sql.Identifier(name), sql.Literal(value)) for name, value in settings.items()]
