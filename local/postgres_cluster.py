"""A PostgreSQL cluster's folder: its name, its socket, its options, and how it is made."""

import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.data_dir import open_owned
from local.errors import StartError
from local.launch import User, launched

OWNER = DATABASE = "raceday"
_NEW_CLUSTER = {
    "max_connections": "60",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
_UNASKED_PORT = 5432  # only names the socket file: nothing listens on it
_SOCKET_DIR_LIMIT = 85  # the whole path may have 107 bytes


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster in *folder*; *port* is the one it is asked to listen on, on loopback."""

    folder: Path
    port: int | None = None

    @property
    def name(self) -> str:
        """A short name of this very folder: it moves with it, a copy has another, as has each owner."""
        here = self.folder.stat()
        identity = f"{here.st_dev}:{here.st_ino}:{here.st_uid}"
        return f"raceday-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"

    @property
    def socket_dir(self) -> Path:
        """The private folder of its socket: a short path that the server's user can reach."""
        chosen = Path(tempfile.gettempdir()) / self.name
        # Root's TMPDIR may be closed to the server's user, and a deep one is too long for a socket.
        if self.folder.stat().st_uid == os.geteuid() and len(str(chosen)) < _SOCKET_DIR_LIMIT:
            return chosen
        return Path("/tmp") / self.name  # noqa: S108 - mode 0700, and its owner is checked

    def url(self, database: str = DATABASE) -> str:
        """Return the owner's connection string over the socket."""
        port = "" if self.port is None else f"&port={self.port}"
        return f"postgresql://{OWNER}@/{database}?host={self.socket_dir}{port}"

    def client_options(self) -> list[str]:
        """Return what PostgreSQL's own client programs need to find it."""
        return ["-h", str(self.socket_dir), "-p", str(self.port or _UNASKED_PORT), "-U", OWNER]

    def server_options(self, settings: Mapping[str, str]) -> list[str]:
        """Return the server's options, for a start inside the folder; *settings* add to them."""
        given = {
            "cluster_name": self.name,  # in every process's title: see postgres_remains
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0700",
            "listen_addresses": "127.0.0.1" if self.port is not None else "",
            "port": str(self.port or _UNASKED_PORT),
            "logging_collector": "off",
            **settings,
        }
        options = [word for name, value in given.items() for word in ("-c", f"{name}={value}")]
        return ["-D", _where(self.folder), *options]


def initialise(folder: Path, programs: Path, user: User | None, log: Path, *, sync: bool = True) -> None:
    """Make a cluster aside and move it to *folder* when it is whole; its password goes beside it."""
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    private_dir(new, user)
    password = secrets.token_urlsafe(24)
    with tempfile.TemporaryFile() as unseen, open_owned(log, "a", permissions=0o640) as output:
        if user is not None:
            os.fchown(unseen.fileno(), user.uid, user.gid)
        unseen.write(f"{password}\n".encode())
        unseen.flush()
        begins = output.tell()
        command = [str(programs / "initdb"), "-D", _where(new), "-U", OWNER, "--no-instructions"]
        command += ["--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile=/dev/stdin"]
        command += ["--encoding=UTF8", "--locale=C"]
        command += [f"--set={name}={value}" for name, value in _NEW_CLUSTER.items()]
        command += [] if sync else ["--no-sync"]
        unseen.seek(0)
        if popen(command, new, user, log=output.fileno(), stdin=unseen.fileno()).wait():
            raise StartError(f"PostgreSQL could not make its database in {new}:\n{tail(log, begins)}")
    with open_owned(folder.with_name(f"{folder.name}.password"), "w", permissions=0o600) as file:
        file.write(f"{password}\n")
    new.rename(folder)


def popen(
    command: list[str], folder: Path, user: User | None, *, log: int, stdin: int = subprocess.DEVNULL
) -> "subprocess.Popen[bytes]":
    """Start one of PostgreSQL's programs in *folder* as *user*: away from the terminal, nothing of ours inherited."""
    keep = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return subprocess.Popen(  # noqa: S603 - our own command
        launched(command, on_orphaned=signal.SIGINT, user=user),
        cwd=folder,
        env={**keep, "LC_ALL": "C"},
        stdin=stdin,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def private_dir(path: Path, user: User | None) -> None:
    """Make *path* for *user* alone, or check that it is so: others may write where it lies."""
    path.mkdir(mode=0o700, exist_ok=True)
    if user is not None and path.lstat().st_uid == os.geteuid():
        os.chown(path, user.uid, user.gid, follow_symlinks=False)
    found = path.lstat()
    owner = user.uid if user else os.geteuid()
    if path.is_symlink() or found.st_uid != owner or found.st_mode & 0o077:
        raise StartError(f"{path} is not the private folder it should be: remove it and start again")


def tail(log: Path, begins: int = 0) -> str:
    """Return the last lines of *log* after the offset *begins*."""
    with log.open("rb") as file:
        file.seek(begins)
        return "\n".join(file.read().decode(errors="replace").splitlines()[-12:])


def _where(folder: Path) -> str:
    """Name the working directory by a link that needs no walk: parents may be closed to the server's user."""
    return "/proc/self/cwd" if Path("/proc/self/cwd").exists() else str(folder)
