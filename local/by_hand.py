"""A job or a poll run by hand, beside the living worker or without one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from rich.console import Console
from rich.progress import Progress

from local.errors import StartError
from shared import logs
from shared.clock import racing_day
from shared.errors import NotFound
from shared.models import RaceId
from shared.settings import ClockSettings, DatabaseSettings, LogSettings, UpstreamSettings, WorkerSettings, load_all
from workers.jobs.context import JobReport
from workers.jobs.poll import Polled
from workers.jobs.runner import JOBS
from workers.leadership import NO_EPOCH
from workers.service import Parts, parts
from workers.write.schedule import DueRace


def run_job(name: str, day: date | None, console: Console) -> JobReport:
    """Run job *name* for *day* (else for now), with a progress bar on a terminal."""
    if name not in JOBS:
        raise StartError(f"there is no job {name}: {', '.join(sorted(JOBS))}")
    with _writing() as part, Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)

        def show(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{name} {what}")

        return part.runner.run(name, "hand", day, show)


def poll_once(race_id: str) -> Polled:
    """Fetch and store one race."""
    with _writing() as part:
        try:
            race = part.schedule.race(RaceId(race_id))
        except NotFound:  # the answer will bring it, and its meeting
            race = DueRace(RaceId(race_id), racing_day=None, start_time=part.clock.now(), status="")
        return part.polls.poll(race, reason="hand", deadline_s=part.context.upstream.tab_timeout_seconds, urgent=True)


@contextmanager
def _writing() -> Iterator[Parts]:
    """Yield the parts of a worker that may write: under the living leader's epoch, or with a lease meanwhile."""
    log, clock, database, upstream, workers = load_all(
        LogSettings, ClockSettings, DatabaseSettings, UpstreamSettings, WorkerSettings
    )
    logs.set_up(log.model_copy(update={"log_format": "text"}), "hand")
    stop, done = threading.Event(), threading.Event()
    with parts(database, upstream, workers, clock.clock(), stop) as part:
        part.context.upkeep.make_days(racing_day(part.clock.now()))
        if part.leadership.borrow() == NO_EPOCH:
            raise StartError("the lease that allows writing cannot be had: try again in some seconds")
        keeper = threading.Thread(target=part.leadership.run, args=(done,), name="lease")
        if part.leadership.is_leader:
            keeper.start()
        try:
            yield part
        finally:
            stop.set()
            done.set()
            if keeper.is_alive():
                keeper.join()
            part.leadership.give_back()
