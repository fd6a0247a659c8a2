"""Starts our own programs the way a bench needs them: their settings and no others, ended with it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from local.ports import LOOPBACK, answers, free_port
from shared.clock import real_monotonic

_LONGEST_S = 90.0


def start(
    folder: Path, arguments: list[str], settings: dict[str, str], log: Path | None = None
) -> "subprocess.Popen[bytes]":
    """Start one of our programs in *folder*, where no .env is found, with *settings* and nothing else."""
    root = Path(__file__).parent.parent
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(root), **settings}
    with (log or Path(os.devnull)).open("ab") as output:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


def cpu_s(process: "subprocess.Popen[bytes]") -> float:
    """Return the CPU time that *process* has used, its children's not counted; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(process: "subprocess.Popen[bytes]") -> int:
    """Return the memory that *process* holds; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf(
            "SC_PAGE_SIZE"
        )
    except OSError:
        return 0


def wait_for(ready: Callable[[], bool], what: str) -> None:
    """Wait until *ready*; AssertionError names *what* when it never was."""
    deadline = real_monotonic() + _LONGEST_S
    while not ready():
        assert real_monotonic() < deadline, f"{what} did not come in {_LONGEST_S:g} s"
        Event().wait(0.1)


@contextmanager
def listening(
    folder: Path, arguments: list[str], settings: dict[str, str], log: Path
) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Run a program that listens on PORT; yield the port and the process."""
    port = free_port()
    process = start(folder, arguments, {**settings, "PORT": str(port), "HOST": LOOPBACK}, log)
    try:
        wait_for(lambda: answers(port) or process.poll() is not None, arguments[-1])
        assert process.poll() is None, f"{arguments[-1]} ended: {log.read_text()[-500:]}"
        yield port, process
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def api(folder: Path, url: str) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Run the read-only service over the database at *url*, its limits out of the way."""
    settings = {"DATABASE_URL": url, "RATE_LIMIT": "0", "STREAMS_PER_CLIENT": "100000", "LOG_LEVEL": "WARNING"}
    with listening(folder, ["-m", "api"], settings, folder / "api.log") as running:
        yield running
