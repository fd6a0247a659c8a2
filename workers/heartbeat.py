"""The status row: alive, jobs, next polls, lateness, last error."""

import json
import os
import socket
import threading
from dataclasses import asdict
from datetime import datetime, timedelta

import psycopg
from loguru import logger

from shared.clock import Clock, real_now
from shared.logs import redacted
from shared.queries import Queries
from workers.jobs.runner import JobRunner
from workers.leadership import Leadership
from workers.poller import Poller
from workers.upstream.client import TabClient
from workers.version import VERSION
from workers.write.session import Connect

BEAT_EVERY_S = 5.0  # real seconds
_FORGET_AFTER = timedelta(days=2)


class LastError:
    """The last error of any part of the worker, and how many there were."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.text: str | None = None
        self.at: datetime | None = None
        self.count = 0

    def note(self, text: str) -> None:
        """Remember *text* as the last error."""
        self.text, self.at, self.count = redacted(text)[:500], self._clock.now(), self.count + 1


class Heartbeat:
    """Writes the worker's row every 5 s of real time, leader or not."""

    def __init__(
        self,
        *,
        connect: Connect,
        clock: Clock,
        worker_id: str,
        leadership: Leadership,
        poller: Poller,
        runner: JobRunner,
        client: TabClient,
        last_error: LastError,
    ) -> None:
        self._connect, self._clock, self._worker_id = connect, clock, worker_id
        self._leadership, self._poller, self._runner = leadership, poller, runner
        self._client, self._last_error = client, last_error
        self._queries = Queries("write")
        self._started_at = clock.now()

    def run(self, stop: threading.Event) -> None:
        """Beat until *stop*, then once more to say so."""
        self.beat()
        while not stop.wait(BEAT_EVERY_S):
            self.beat()

    def beat(self, *, stopped: bool = False) -> None:
        """Write the row; a database out of reach is logged, the next beat tries again."""
        try:
            with self._connect() as connection:
                connection.execute(self._queries["merge_worker_status"], self._row(stopped=stopped))
                connection.execute(self._queries["delete_old_workers"], {"before": real_now() - _FORGET_AFTER})
        except psycopg.Error as error:
            logger.bind(error=type(error).__name__).warning("heartbeat not written")

    def _row(self, *, stopped: bool) -> dict[str, object]:
        p50, p99 = self._poller.lateness.percentiles_ms()
        counts = self._poller.counts
        now = self._clock.now()
        return {
            "worker_id": self._worker_id,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "version": VERSION,
            "started_at": self._started_at,
            "heartbeat_at": now,
            "heartbeat_real": real_now(),
            "is_leader": self._leadership.is_leader,
            "epoch": self._leadership.epoch if self._leadership.is_leader else None,
            "current_jobs": json.dumps([self._runner.current] if self._runner.current else []),
            "next_polls": json.dumps(
                [{"race_id": race_id, "due_at": at.isoformat()} for race_id, at in self._poller.next_polls()]
            ),
            "polls_watched": self._poller.watching,
            "lateness_p50_ms": p50,
            "lateness_p99_ms": p99,
            "counters": json.dumps({**asdict(counts), "errors": self._last_error.count}),
            "upstream": json.dumps(asdict(self._client.snapshot()), default=str),
            "last_error": self._last_error.text,
            "last_error_at": self._last_error.at,
            "stopped_at": now if stopped else None,
        }
