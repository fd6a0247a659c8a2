"""One connection that LISTENs; reconnects by itself, also when a reconnect fails."""

import asyncio
import random
from collections.abc import Callable

import psycopg
from loguru import logger

from api.patience import patience
from shared import events
from shared.db import listening_connection
from shared.queries import Queries

# A server that says nothing for _SILENCE_S is asked; within both it is known to be gone, and readers are told.
_SILENCE_S, _ANSWER_S = 0.75, 1.25
_CONNECT_S = 6.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 2.0


class Listener:
    """Hands each notice to *on_notice*; *on_connected* tells that notices before it may have been missed."""

    def __init__(
        self,
        url: str,
        queries: Queries,
        *,
        on_notice: Callable[[events.Notice], None],
        on_connected: Callable[[], None],
    ) -> None:
        self._url, self._queries = url, queries
        self._on_notice, self._on_connected = on_notice, on_connected
        self.connected = False
        self.losses = 0
        self._said_lost = False

    async def run(self) -> None:
        """Listen until cancelled."""
        try:
            await self._run()
        finally:
            self.connected = False

    async def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                async with patience(_CONNECT_S):
                    connection = await listening_connection(self._url, application_name="raceday-api-listen")
                async with connection:
                    async with patience(_ANSWER_S):
                        await connection.execute(self._queries["listen"])
                    self._found()
                    pause_s = _FIRST_PAUSE_S
                    await self._hear(connection)
            except (psycopg.Error, OSError, TimeoutError) as error:
                self._lost(type(error).__name__)
            await asyncio.sleep(pause_s * random.uniform(0.8, 1.2))  # noqa: S311  jitter is not cryptography
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _found(self) -> None:
        if self._said_lost:
            logger.info("listener connected again")
        self.connected, self._said_lost = True, False
        self._on_connected()

    def _lost(self, why: str) -> None:
        self.losses += self.connected
        self.connected = False
        if not self._said_lost:
            self._said_lost = True
            logger.bind(error=why).warning("listener lost: trying again until the database is back")

    async def _hear(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            async for heard in connection.notifies(timeout=_SILENCE_S):
                try:
                    self._on_notice(events.decode(heard.payload))
                except ValueError:
                    logger.bind(length=len(heard.payload)).warning("notice not understood")
            async with patience(_ANSWER_S):
                await connection.execute(self._queries["still_there"])
