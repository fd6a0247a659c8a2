"""Starts PostgreSQL, simulated TAB, workers, api; stops them all; readable output."""

import os
import signal
import sys
import threading
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import requests

from local.child import Child
from local.console import Voices
from local.errors import StartError
from local.ports import LOOPBACK, answers, free_port, refuse_taken
from local.postgres import EmbeddedPostgres
from local.restarts import restart_delay_s
from local.running import RunningNote
from local.signals import StopSignals
from local.upstream_choice import Upstream, UpstreamIfAny, choose_upstream
from shared.clock import real_monotonic, real_now
from shared.schema import migrate
from shared.settings import DatabaseSettings, load

_TICK_S = 0.2
_STOP_S = 20.0
_TAB_READY_S = 30.0


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What the command line of `raceday up` says."""

    port: int
    data_dir: Path
    tab_url: str | None = None
    speed: float = 1.0
    jobs: bool = True
    starts_at: datetime | None = None  # domain time; None: now
    tab_command: tuple[str, ...] = ("tab",)


def run_up(options: UpOptions, voices: Voices) -> int:
    """Run the whole until it is told to stop; return the exit code."""
    with StopSignals() as signals:
        house = House(options, voices, signals)
        try:
            house.start()
            return house.watch()
        except KeyboardInterrupt:
            return 0
        finally:
            signals.begin_stopping()
            house.stop()


class House:
    """All that `raceday up` runs, in the order in which it starts."""

    def __init__(self, options: UpOptions, voices: Voices, signals: StopSignals) -> None:
        self._options, self._voices, self._signals = options, voices, signals
        self._postgres: EmbeddedPostgres | None = None
        self._postgres_deaths: list[float] = []
        self._upstream: Upstream | None = None
        self._children: list[Child] = []
        self._announced = False
        self._note = RunningNote(options.data_dir)
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy has no business on loopback

    def start(self) -> None:
        """Start everything, the database first; whatever can be refused is refused before anything runs."""
        options = self._options
        refuse_taken(options.port, "the page")
        tab_port = free_port()
        self._upstream = choose_upstream(options.tab_url, UpstreamIfAny(), f"http://{LOOPBACK}:{tab_port}")
        if self._upstream.kind == "real" and (options.speed != 1.0 or options.starts_at):
            raise StartError("--speed, --day and --replay are for the simulated TAB: the real one runs with the world")
        environment = self._environment(self._upstream, self._start_database())
        self._note.write(environment)
        if self._upstream.kind == "simulated":
            command = ["-m", "local.cli", *options.tab_command, "--port", str(tab_port)]
            self._start_child("tab", command, environment)
            self._await_tab(tab_port)
        self._start_child("workers", ["-m", "workers"], environment)
        self._start_child("api", ["-m", "api"], environment)

    def watch(self) -> int:
        """Tend the children until a stop is asked for (0) or one of them cannot be kept alive (1)."""
        while not self._signals.stopping:
            if not all(self._tend(child) for child in self._children) or not self._tend_database():
                return 1
            if not self._announced and self._is_live():
                self._announce()
            threading.Event().wait(_TICK_S)
        return 0

    def stop(self) -> None:
        """Stop in order: the services together, the TAB they ask, the database they use."""
        if self._children or self._postgres:
            self._say("stopping (Ctrl-C again: at once)")
        services = [child for child in self._children if child.name != "tab"]
        for group in (services, [child for child in self._children if child.name == "tab"]):
            deadline = real_monotonic() + _STOP_S
            for child in group:
                child.ask_to_stop()
            for child in group:
                if not child.end(deadline, lambda: self._signals.hurry):
                    self._say(f"{child.name} did not stop in time and was ended by force")
        if self._postgres:
            self._postgres.stop(hurry=lambda: self._signals.hurry)
        self._note.remove()
        self._session.close()
        if self._children or self._postgres:
            self._say("stopped")

    def _start_database(self) -> dict[str, str]:
        """Return the settings that lead the services to the database; it is at the newest schema."""
        settings = load(DatabaseSettings)
        if settings.database_url is not None:
            self._say("using the database of DATABASE_URL")
            migrate(settings.write_url)
            return {"DATABASE_URL": settings.write_url, "DATABASE_READ_URL": settings.read_url}
        server = EmbeddedPostgres(self._options.data_dir, say=partial(self._voices.say, "database"))
        self._voices.say("database", f"starting PostgreSQL in {server.data_dir}")
        server.start()
        self._postgres = server
        migrate(server.url)
        return {"DATABASE_URL": server.url, "DATABASE_READ_URL": ""}

    def _environment(self, upstream: Upstream, database: dict[str, str]) -> dict[str, str]:
        return {
            **os.environ,
            **database,
            **upstream.settings,
            "PORT": str(self._options.port),
            "HOST": LOOPBACK,
            "DATA_DIR": str(self._options.data_dir.resolve()),
            **self._clock(),
            "LOG_FORMAT": "text",
            **({} if self._options.jobs else {"JOBS_ENABLED": "false"}),
        }

    def _clock(self) -> dict[str, str]:
        """Return the settings of the clock that all share; it begins now."""
        begins = real_now().isoformat()
        start = self._options.starts_at
        return {
            "CLOCK_SPEED": str(self._options.speed),
            "CLOCK_ORIGIN": begins,
            "CLOCK_START": begins if start is None else start.isoformat(),
        }

    def _start_child(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        child = Child(name, [sys.executable, *command], environment, self._voices.say)
        self._children.append(child)
        child.start()

    def _await_tab(self, port: int) -> None:
        (tab,) = self._children
        deadline = real_monotonic() + _TAB_READY_S
        while not answers(port):
            if not tab.is_alive or real_monotonic() > deadline:
                raise StartError("\n".join(["the simulated TAB did not start:", *tab.last_lines]))
            threading.Event().wait(_TICK_S)

    def _tend(self, child: Child) -> bool:
        """Start *child* again where it died; false when that was tried often enough."""
        now = real_monotonic()
        if child.is_alive:
            return True
        if child.starts_at is not None:
            if now >= child.starts_at:
                child.start()
            return True
        child.deaths.append(now)
        delay_s = restart_delay_s(child.deaths)
        how = _described(child.exit_code)
        if delay_s is None:
            self._say(f"{child.name} ended again ({how}) and is not started any more; its last lines:")
            for line in child.last_lines:
                self._voices.say(child.name, line)
            return False
        self._say(f"{child.name} ended ({how}): starting it again in {delay_s:g} s")
        child.starts_at = now + delay_s
        return True

    def _tend_database(self) -> bool:
        if self._postgres is None or self._postgres.pid is not None:
            return True
        self._postgres_deaths.append(real_monotonic())
        if restart_delay_s(self._postgres_deaths) is None:
            self._say(f"PostgreSQL keeps ending: see {self._postgres.log}")
            return False
        self._say("PostgreSQL ended by itself: starting it again")
        self._postgres.relaunch()
        return True

    def _is_live(self) -> bool:
        try:
            answer = self._session.get(f"http://{LOOPBACK}:{self._options.port}/health/live", timeout=2)
        except requests.RequestException:
            return False
        return answer.ok

    def _announce(self) -> None:
        self._announced = True
        assert self._upstream is not None  # noqa: S101  - chosen before anything was started
        speed = "" if self._options.speed == 1 else f", {self._options.speed:g} times as fast as real time"
        rows = [
            ("page", f"http://{LOOPBACK}:{self._options.port}"),
            ("upstream", self._upstream.described + speed),
            ("database", "the one of DATABASE_URL" if self._postgres is None else "PostgreSQL of its own"),
        ]
        if self._postgres is not None:
            rows.append(("data dir", str(self._postgres.data_dir)))
        self._voices.summary(rows, "RaceDay is up. Ctrl-C stops it.")

    def _say(self, line: str) -> None:
        self._voices.say("raceday", line)


def _described(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"by {signal.Signals(-exit_code).name}"
    return f"exit {exit_code}"
