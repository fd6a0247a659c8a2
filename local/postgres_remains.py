"""What a killed start left behind: finds the processes of a cluster by its name, and ends them in order."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.errors import StartError
from shared.clock import real_monotonic

_PROC = Path("/proc")
_TICK_S = 0.1


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A process of a cluster; only the postmaster may be asked to shut down."""

    pid: int
    is_postmaster: bool


def classify(pid: int, command_line: str, cluster_name: str) -> ServerProcess | None:
    """Return the process if its *command_line* says that it serves *cluster_name* (PostgreSQL sets titles)."""
    if f"cluster_name={cluster_name}" in command_line.split():
        return ServerProcess(pid, is_postmaster=True)
    if command_line.startswith(f"postgres: {cluster_name}:"):
        return ServerProcess(pid, is_postmaster=False)
    return None


def server_processes(cluster_name: str, uid: int) -> list[ServerProcess]:
    """Return the living processes of user *uid* that serve *cluster_name*.

    Command lines, as a container's root may not look at another user's working directory. Without /proc
    (macOS) none are found, and PostgreSQL's own lock file decides.
    """
    found = []
    for folder in _PROC.glob("[0-9]*"):
        try:
            if folder.stat().st_uid != uid:
                continue
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # gone meanwhile
            continue
        if process := classify(int(folder.name), words.strip(), cluster_name):
            found.append(process)
    return found


def end_remains(cluster_name: str, uid: int, say: Callable[[str], None]) -> None:
    """End whatever still serves *cluster_name*: a fast shutdown, then an immediate one, then by force."""
    if not server_processes(cluster_name, uid):
        return
    say("a PostgreSQL left behind by an earlier start is still running: stopping it")
    for number, patience_s in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
        for process in server_processes(cluster_name, uid):
            # To a backend SIGINT means another thing; without its postmaster it ends by itself.
            if process.is_postmaster or number != signal.SIGINT:
                _send(process.pid, number)
        if _gone(cluster_name, uid, patience_s):
            return
    pids = ", ".join(str(process.pid) for process in server_processes(cluster_name, uid))
    raise StartError(f"an earlier PostgreSQL cannot be stopped: end process {pids} and start again")


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _gone(cluster_name: str, uid: int, patience_s: float) -> bool:
    deadline = real_monotonic() + patience_s
    while server_processes(cluster_name, uid):
        if real_monotonic() > deadline:
            return False
        threading.Event().wait(_TICK_S)
    return True
