"""A child process whose output is passed on, line by line, under its name."""

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import IO

from local.launch import launched
from shared.clock import real_monotonic

_LAST_LINES = 12
_LINE_LIMIT = 8192
_TICK_S = 0.1


class Child:
    """One process, started as often as needed. Start it from the main thread: it ends when that thread dies."""

    def __init__(
        self, name: str, argv: list[str], environment: Mapping[str, str], say: Callable[[str, str], None]
    ) -> None:
        self.name = name
        self.deaths: list[float] = []  # real monotonic seconds, kept by whoever supervises
        self.starts_at: float | None = None
        self._argv, self._environment, self._say = argv, dict(environment), say
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._last: deque[str] = deque(maxlen=_LAST_LINES)

    @property
    def exit_code(self) -> int | None:
        """The exit code of a process that ended, negative for a signal; None while it runs."""
        return self._process.poll() if self._process else None

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def last_lines(self) -> list[str]:
        """What it wrote last."""
        if self._reader is not None and not self.is_alive:
            self._reader.join(timeout=2)
        return list(self._last)

    def start(self) -> None:
        """Start it, away from the terminal's Ctrl-C: its parent stops it in order."""
        self.starts_at = None
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            launched(self._argv),
            env={**self._environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101  - asked for above
        self._reader = threading.Thread(
            target=self._pass_on, args=(self._process.stdout,), name=f"output of {self.name}", daemon=True
        )
        self._reader.start()

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def end(self, deadline: float, hurry: Callable[[], bool]) -> bool:
        """Wait for it until *deadline* or *hurry*, then end all of it by force; true when it went by itself."""
        if self._process is None:
            return True
        while self.is_alive and real_monotonic() < deadline and not hurry():
            threading.Event().wait(_TICK_S)
        by_itself = not self.is_alive
        if not by_itself:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._reader is not None:
            self._reader.join(timeout=2)
        return by_itself

    def _pass_on(self, output: IO[bytes]) -> None:
        with output:
            while line := output.readline(_LINE_LIMIT):
                text = line.decode(errors="replace").rstrip("\r\n")
                self._last.append(text)
                self._say(self.name, text)
