"""Composition root: builds client, pool, jobs and joins them."""

import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import psycopg
from loguru import logger
from psycopg_pool import ConnectionPool, PoolTimeout

from shared.clock import Clock, racing_day
from shared.db import writer_pool
from shared.errors import StoreError
from shared.schema import check
from shared.settings import DatabaseSettings, UpstreamSettings, WorkerSettings
from workers import cadence
from workers.heartbeat import Heartbeat, LastError
from workers.jobs.context import JobContext
from workers.jobs.poll import RacePolls
from workers.jobs.runner import JobRunner
from workers.leadership import Leadership
from workers.loop import Loop
from workers.poller import Poller
from workers.upstream.client import TabClient
from workers.upstream.record import Recorder
from workers.write.card import CardWriter
from workers.write.coverage import CoverageStore
from workers.write.schedule import Schedule
from workers.write.staging import RaceWriter
from workers.write.upkeep import Upkeep

_FINISH_WRITES_S = 4.0  # each, for polls and a job: SIGTERM is obeyed within 20 s
_LAST_WORDS_S = 1.0


@dataclass(frozen=True)
class Parts:
    """Everything a worker is made of, joined."""

    clock: Clock
    stop: threading.Event
    pool: "ConnectionPool[psycopg.Connection]"
    leadership: Leadership
    writer: RaceWriter
    schedule: Schedule
    client: TabClient
    polls: RacePolls
    context: JobContext
    runner: JobRunner
    worker_id: str


@contextmanager
def parts(
    database: DatabaseSettings, upstream: UpstreamSettings, workers: WorkerSettings, clock: Clock, stop: threading.Event
) -> Iterator[Parts]:
    """Build the parts and open the pool; SchemaTooOld or StoreError when the database will not do."""
    worker_id = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
    pool = writer_pool(database.write_url, size=workers.poll_concurrency + 4, application_name="raceday-workers")
    client = TabClient(upstream, clock, stop=stop, connections=workers.poll_concurrency + 1)
    try:
        _open(pool)
        leadership = Leadership(pool.connection, worker_id)
        left_gap = partial(cadence.left_gap, workers.poll_profile)
        writer = RaceWriter(pool.connection, worker_id, lambda: leadership.epoch, left_gap)
        schedule = Schedule(pool.connection, worker_id)
        recorder = Recorder(workers.record_dir, workers.record_max_mb)
        polls = RacePolls(clock, client, writer, recorder)
        card = CardWriter(pool.connection, lambda: leadership.epoch)
        context = JobContext(
            clock=clock, client=client, card=card, polls=polls, schedule=schedule,
            coverage=CoverageStore(pool.connection), upkeep=Upkeep(pool.connection), workers=workers,
            upstream=upstream, stop=stop, recorder=recorder,
        )  # fmt: skip
        yield Parts(
            clock=clock, stop=stop, pool=pool, leadership=leadership, writer=writer, schedule=schedule, client=client,
            polls=polls, context=context, runner=JobRunner(context), worker_id=worker_id,
        )  # fmt: skip
    finally:
        client.close()
        pool.close()


def run(
    database: DatabaseSettings, upstream: UpstreamSettings, workers: WorkerSettings, clock: Clock, stop: threading.Event
) -> None:
    """Run the service until *stop*: poll, run the jobs, keep the lease and the status row."""
    with parts(database, upstream, workers, clock, stop) as p:
        last_error = LastError(clock)
        poller = Poller(
            clock=clock, polls=p.polls, schedule=p.schedule, profile=workers.poll_profile,
            concurrency=workers.poll_concurrency, on_error=last_error.note,
        )  # fmt: skip
        heartbeat = Heartbeat(
            connect=p.pool.connection, clock=clock, worker_id=p.worker_id, leadership=p.leadership, poller=poller,
            runner=p.runner, client=p.client, last_error=last_error,
        )  # fmt: skip
        loop = Loop(
            clock=clock, leadership=p.leadership, poller=poller, runner=p.runner, stored=p.schedule,
            last_error=last_error, run_jobs=workers.jobs_enabled,
        )  # fmt: skip
        p.context.upkeep.make_days(racing_day(clock.now()))
        p.leadership.tick()
        done = threading.Event()
        keepers = [
            threading.Thread(target=p.leadership.run, args=(done,), name="lease", daemon=True),
            threading.Thread(target=heartbeat.run, args=(done,), name="heartbeat", daemon=True),
        ]
        for keeper in keepers:
            keeper.start()
        _say_started(p, upstream, workers)
        try:
            loop.run(stop)
        finally:
            finished = _end(p, poller, loop)
            done.set()
            for keeper in keepers:
                keeper.join(2 * _LAST_WORDS_S)
            p.leadership.give_back()
            heartbeat.beat(stopped=True)
            logger.bind(all_writes_finished=finished).info("workers stopped")


def _end(p: Parts, poller: Poller, loop: Loop) -> bool:
    """Let what is in hand finish, within bounds; true when all of it did."""
    p.pool.timeout = _LAST_WORDS_S  # a database out of reach must not hold the end up
    finished = poller.drain(_FINISH_WRITES_S)
    p.client.close()  # cuts a call that would outlast us; what it was for is caught up at the next start
    return loop.finish_job(_FINISH_WRITES_S) and finished


def _say_started(p: Parts, upstream: UpstreamSettings, workers: WorkerSettings) -> None:
    logger.bind(
        worker_id=p.worker_id, leader=p.leadership.is_leader, profile=workers.poll_profile,
        upstream=upstream.tab_api_url, speed=p.clock.speed,
    ).info("workers started")  # fmt: skip


def _open(pool: "ConnectionPool[psycopg.Connection]") -> None:
    try:
        pool.open(wait=True, timeout=30)
    except PoolTimeout as error:
        raise StoreError(
            "the database is out of reach: is it running, is DATABASE_URL right, may raceday_writer be used? "
            "`raceday migrate` makes schema and roles"
        ) from error
    with pool.connection() as connection:
        check(connection)
