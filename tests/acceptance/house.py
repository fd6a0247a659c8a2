"""Runs a race day, or a part of one: an empty PostgreSQL, the simulated TAB and the workers on one fast clock."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg
from psycopg import sql

from local.postgres import EmbeddedPostgres
from local.tab.server import RunningTab, serve
from shared.clock import Clock, racing_day_bounds, real_monotonic, real_now
from shared.schema import migrate
from tests.fixtures.database import _named as named

REPOSITORY = Path(__file__).parents[2]
AFTERWARDS = timedelta(minutes=50)  # beyond the day's end, for the last look of backfill and coverage at it
_SERVER = {"max_connections": "60", "synchronous_commit": "off"}
_STOP_S = 40.0
_FOREIGN = ("TAB_", "DATABASE_", "CLOCK_", "RECORD_", "POLL_", "LOG_")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated; without *hours* it is the whole racing day and its aftermath."""

    day: date
    seed: int = 1
    meetings: int = 12
    speed: float = 60.0
    begins_after: timedelta = timedelta()
    hours: float | None = None
    around_the_clock: bool = False
    faults: str = ""
    outage: timedelta = timedelta()
    noise_s: float = 2.0  # real seconds that the machine may stand still: at speed F it is F times as much on the clock
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def begins(self) -> datetime:
        """The domain instant at which everything starts."""
        return racing_day_bounds(self.day)[0] + self.begins_after

    @property
    def ends(self) -> datetime:
        """The domain instant at which the workers are stopped."""
        if self.hours is None:
            return racing_day_bounds(self.day)[1] + AFTERWARDS
        return self.begins + timedelta(hours=self.hours)


@dataclass(slots=True)
class House:
    """What runs; the workers may be stopped and started as often as wanted."""

    clock: Clock
    tab: RunningTab
    database_url: str
    log: Path
    settings: dict[str, str]
    outages: list[tuple[datetime, datetime]] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a process of ours beside this TAB, database and clock."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        return {
            **kept,
            "PYTHONPATH": str(REPOSITORY),
            "DATABASE_URL": self.database_url,
            "TAB_API_URL": self.tab.url,
            "TAB_FROM": "acceptance@example.test",
            "TAB_PARTNER": "acceptance",
            "TAB_PARTNER_ID": "acceptance",
            "CLOCK_SPEED": str(self.clock.speed),
            "CLOCK_ORIGIN": self.clock.origin.isoformat(),
            "CLOCK_START": self.clock.start.isoformat(),
            "LOG_FORMAT": "json",
            **self.settings,
        }

    def start_workers(self) -> None:
        """Start `python -m workers`."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "workers"], cwd=self.log.parent, env=self.environment, stderr=log
            )

    def stop_workers(self) -> None:
        """Stop them as an operator does, and insist that they end well."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        if code != 0:
            raise RuntimeError(f"the workers ended with {code}:\n{self.last_lines()}")

    def wait_until(self, instant: datetime) -> None:
        """Let domain time pass, while the workers live."""
        rest = threading.Event()
        while (left_s := self.clock.real_seconds((instant - self.clock.now()).total_seconds())) > 0:
            if self._process is not None and self._process.poll() is not None:
                raise RuntimeError(f"the workers ended by themselves:\n{self.last_lines()}")
            rest.wait(min(left_s, 0.5))

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a `raceday` command beside it."""
        command = [sys.executable, "-m", "local.cli", *arguments]
        return subprocess.run(
            command, cwd=self.log.parent, env=self.environment, capture_output=True, text=True, timeout=120
        )

    def logged(self, level: str) -> list[dict[str, object]]:
        """Return the workers' log lines of *level*."""
        lines = (json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [line for line in lines if line.get("level") == level]

    def another_database(self, name: str) -> str:
        """Make an empty database beside the first one; return its owner's connection string."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return named(self.database_url, name)

    def last_lines(self) -> str:
        """Return the end of the workers' log."""
        return "\n".join(self.log.read_text().splitlines()[-12:])


@contextmanager
def house(plan: Plan) -> Iterator[House]:
    """Build it all, the clock beginning last; nothing of it remains."""
    with tempfile.TemporaryDirectory(prefix="raceday-day-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # the server may run as another user than root
        with EmbeddedPostgres(folder / "database", settings=_SERVER) as server:
            migrate(server.url)
            clock = Clock(plan.speed, real_now(), plan.begins)
            tab = serve(
                seed=plan.seed, meetings=plan.meetings, around_the_clock=plan.around_the_clock, clock=clock,
                faults=plan.faults, keep_served=True,
            )  # fmt: skip
            built = House(clock, tab, server.url, folder / "workers.log", dict(plan.settings))
            try:
                yield built
            finally:
                process = built._process
                if process is not None:
                    process.kill()
                    process.wait()
                tab.stop()


def live_through(plan: Plan, built: House) -> float:
    """Run the workers through the plan, with its outage in the middle; return the real seconds it took."""
    began = real_monotonic()
    built.start_workers()
    if plan.outage:
        middle = plan.begins + (plan.ends - plan.begins) / 2
        built.wait_until(middle)
        built.stop_workers()
        down = built.clock.now()
        built.wait_until(middle + plan.outage)
        built.start_workers()
        built.outages.append((down, built.clock.now()))
    built.wait_until(plan.ends)
    built.stop_workers()
    return real_monotonic() - began
