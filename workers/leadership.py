"""The lease with its epoch: one worker writes, another takes over.

The lease is real time by the database's clock: renewed every 2 s, it runs out after 8 s (DESIGN §3).
"""

import threading

import psycopg
from loguru import logger

from shared.queries import Queries
from workers.write.session import Connect

RENEW_EVERY_S = 2.0
NO_EPOCH = -1  # no lease has it: a write under it is refused


class Leadership:
    """Holds the lease where it can; `epoch` is what every write is made under."""

    def __init__(self, connect: Connect, worker_id: str) -> None:
        self._connect, self._worker_id = connect, worker_id
        self._queries = Queries("write")
        self._epoch = NO_EPOCH
        self._borrowed = False

    @property
    def epoch(self) -> int:
        """The epoch to write under, or NO_EPOCH."""
        return self._epoch

    @property
    def is_leader(self) -> bool:
        """Whether this worker holds the lease, as far as it knows."""
        return self._epoch != NO_EPOCH and not self._borrowed

    def tick(self) -> bool:
        """Renew the lease or take one that has run out; return `is_leader`. A database out of reach keeps the state.

        A state kept too long does no harm: the epoch is checked inside every write.
        """
        try:
            with self._connect() as connection:
                epoch = self._renewed(connection) if self.is_leader else None
                if epoch is None:
                    epoch = self._one(connection, "take_lease")
        except psycopg.Error as error:
            logger.warning("lease not renewed: {}", type(error).__name__)
            return self.is_leader
        before, self._epoch = self._epoch, NO_EPOCH if epoch is None else epoch
        if self._epoch != before:
            what = "lease taken" if epoch is not None else "lease lost to another worker"
            logger.bind(epoch=epoch, worker_id=self._worker_id).info(what)
        return self.is_leader

    def borrow(self) -> int:
        """For a command by hand: the living leader's epoch, or a lease of our own where there is no leader."""
        with self._connect() as connection:
            row = connection.execute(self._queries["select_lease"]).fetchone()
        if row is not None:
            self._epoch, self._borrowed = row[0], True
        else:
            self._borrowed = False
            self.tick()
        return self._epoch

    def give_back(self) -> None:
        """Let another worker take over at once."""
        if not self.is_leader:
            return
        try:
            with self._connect() as connection:
                connection.execute(self._queries["give_lease_back"], self._keys())
        except psycopg.Error as error:
            logger.warning("lease not given back, it runs out by itself: {}", type(error).__name__)
        self._epoch = NO_EPOCH

    def run(self, stop: threading.Event) -> None:
        """Keep the lease until *stop*; real time."""
        while not stop.wait(RENEW_EVERY_S):
            self.tick()

    def _renewed(self, connection: "psycopg.Connection[tuple[int, ...]]") -> int | None:
        return self._one(connection, "renew_lease")

    def _one(self, connection: "psycopg.Connection[tuple[int, ...]]", name: str) -> int | None:
        row = connection.execute(self._queries[name], self._keys()).fetchone()
        return row[0] if row else None

    def _keys(self) -> dict[str, object]:
        return {"worker_id": self._worker_id, "epoch": self._epoch}
