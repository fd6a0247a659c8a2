"""Becomes another user, ties its life to its parent's, then becomes the command it was given.

A process of its own rather than Popen's `preexec_fn`, which runs Python between fork and exec and may
lock up where threads run. It is started by path, isolated, and needs nothing but the standard library;
it starts as the caller, so neither Python nor this file has to be readable for the user it becomes.
"""

import ctypes
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_UNCHANGED = -1


@dataclass(frozen=True, slots=True)
class User:
    """A user of the system, as a process becomes it."""

    name: str
    uid: int
    gid: int


def launched(argv: list[str], *, on_orphaned: signal.Signals = signal.SIGTERM, user: User | None = None) -> list[str]:
    """Return the command that runs *argv* as *user* and gets *on_orphaned* when this process dies.

    The kernel counts the death of the starting thread: start from the main thread.
    """
    uid, gid = (user.uid, user.gid) if user else (_UNCHANGED, _UNCHANGED)
    numbers = [str(number) for number in (os.getpid(), int(on_orphaned), uid, gid)]
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve()), *numbers, *argv]


def main(arguments: list[str]) -> None:
    """Drop privileges, arm the signal, become the command."""
    parent, on_orphaned, uid, gid = (int(number) for number in arguments[:4])
    argv = arguments[4:]
    if uid != _UNCHANGED:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":  # after setuid, which disarms it
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, on_orphaned)
    if os.getppid() != parent:  # died before the signal was armed
        sys.exit(1)
    try:
        os.execv(argv[0], argv)  # noqa: S606 - a fixed command, no shell wanted
    except OSError as error:
        sys.exit(f"{argv[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
