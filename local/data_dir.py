"""The data dir: one owner at a time, and files that stay its owner's also when root writes them."""

import fcntl
import os
from pathlib import Path
from typing import IO

from local.errors import StartError


class DataDirLock:
    """Held for the life of whoever runs the database in *data_dir*; the kernel frees it on any death."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "lock"
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock, or raise StartError naming who has it."""
        file = open_owned(self._path, "r+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read().strip() or "unknown"
            file.close()
            raise StartError(
                f"{self._path.parent} is in use by process {holder}: stop that one first, "
                "or choose another place with --data-dir"
            ) from None
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the lock back; the file stays, as removing it would let two in."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None

    def is_held(self) -> bool:
        """Whether somebody, this process included, holds it now."""
        if self._file is not None:
            return True
        try:
            with self._path.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False


def make_data_dir(data_dir: Path) -> None:
    """Make *data_dir* where it is missing; StartError where that is not allowed."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(
            f"{data_dir} cannot be made ({error.strerror}): choose another place with --data-dir"
        ) from error


def open_owned(path: Path, mode: str, *, permissions: int = 0o644) -> IO[str]:
    """Open *path*, made when missing, for its folder's owner; never through a symbolic link."""
    flags = {"r+": os.O_RDWR, "a": os.O_WRONLY | os.O_APPEND, "w": os.O_WRONLY | os.O_TRUNC}[mode]
    try:
        number = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, permissions)
    except OSError as error:
        raise StartError(
            f"{path} cannot be opened ({error.strerror}): run as the user it belongs to, "
            "or choose another place with --data-dir"
        ) from error
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.fchown(number, folder.st_uid, folder.st_gid)
    return os.fdopen(number, mode)
