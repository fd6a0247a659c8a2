"""Runs named read statements on the reader pool; foreign errors become StoreError here and nowhere else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from api.patience import patience
from shared.errors import StoreError
from shared.queries import Queries

Row = dict[str, Any]
Pool = AsyncConnectionPool[psycopg.AsyncConnection[Any]]

WAIT_S = 2.0  # for a connection; a caller hears within 3 s that the database is gone
_ANSWER_S = 6.0  # the server ends a statement after 5 s; this is for a server that says nothing any more
_DOUBT_S, _DOUBT_AGAIN_S = 2.0, 0.2  # from when on it is asked whether the server still says anything to anybody


class Slow(StoreError):
    """A statement took longer than it may."""


class Snapshot:
    """One connection, and with it one view of the data, for several statements."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], queries: Queries) -> None:
        self._connection, self._queries = connection, queries

    async def rows(self, name: str, **keys: object) -> list[Row]:
        """Return the rows of the statement called *name*."""
        cursor = self._connection.cursor(row_factory=dict_row)
        await cursor.execute(self._queries[name], keys)
        return await cursor.fetchall()

    async def one(self, name: str, **keys: object) -> Row | None:
        """Return the first row of the statement called *name*, if it has one."""
        rows = await self.rows(name, **keys)
        return rows[0] if rows else None


class Reader:
    """The way to the database for every route. Each method may raise StoreError.

    *is_there* tells whether the server is known to answer: what tells a slow statement from a silent server.
    """

    def __init__(self, pool: Pool, queries: Queries, is_there: Callable[[], bool]) -> None:
        self._pool, self._queries, self._is_there = pool, queries, is_there

    async def rows(self, name: str, **keys: object) -> list[Row]:
        """Return the rows of one statement, in a transaction of its own."""
        async with self._connected() as connection:
            return await Snapshot(connection, self._queries).rows(name, **keys)

    async def one(self, name: str, **keys: object) -> Row | None:
        """Return the first row of one statement, if it has one."""
        rows = await self.rows(name, **keys)
        return rows[0] if rows else None

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """Give several statements the same view of the data: the pool's transactions are repeatable reads."""
        async with self._connected() as connection, connection.transaction():
            yield Snapshot(connection, self._queries)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        try:
            async with self._patience(), self._pool.connection(timeout=WAIT_S) as connection:
                yield connection
        except (PoolTimeout, PoolClosed) as error:
            raise StoreError("the database is out of reach") from error
        except TimeoutError as error:
            if not self._is_there():
                raise StoreError("the database is out of reach") from error
            raise Slow("the database did not answer in time") from error
        except psycopg.errors.QueryCanceled as error:
            raise Slow("the statement took longer than 5 s") from error
        except psycopg.OperationalError as error:
            raise StoreError(f"the database is out of reach ({type(error).__name__})") from error
        except psycopg.Error as error:
            raise StoreError(f"{type(error).__name__}: {error.diag.message_primary or error}") from error

    @asynccontextmanager
    async def _patience(self) -> AsyncIterator[None]:
        """Let no caller wait for a server that is silent; TimeoutError when it is."""
        loop = asyncio.get_running_loop()
        looking: asyncio.TimerHandle
        async with patience(_ANSWER_S) as give_up:

            def look() -> None:
                nonlocal looking
                if self._is_there():
                    looking = loop.call_later(_DOUBT_AGAIN_S, look)
                else:
                    give_up()

            looking = loop.call_later(_DOUBT_S, look)
            try:
                yield
            finally:
                looking.cancel()
