"""The embedded PostgreSQL: starts, keeps its data, recovers from anything, leaves nothing behind."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from local.data_dir import DataDirLock
from local.errors import StartError
from local.launch import User, launched
from local.ports import free_port
from local.postgres import EmbeddedPostgres
from local.postgres_remains import server_processes
from shared.clock import real_monotonic

REPOSITORY = Path(__file__).parents[2]
AS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root can change users")
pytestmark = pytest.mark.postgres

_KEEPS_RUNNING = """
import sys, threading
from pathlib import Path
from local.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), settings={"fsync": sys.argv[2]})
server.start()
print(server.pid, server.url, flush=True)
threading.Event().wait()
"""


def _server(data_dir: Path, **more: object) -> EmbeddedPostgres:
    return EmbeddedPostgres(data_dir, settings={"fsync": "off"}, **more)


def _write(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (value text)")
        connection.execute("INSERT INTO kept VALUES ('here')")


def _read(url: str) -> str:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT value FROM kept").fetchone()[0]


def _until(condition: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = real_monotonic() + seconds
    while not condition():
        if real_monotonic() > deadline:
            return False
        threading.Event().wait(0.05)
    return True


def _remains(data_dir: Path) -> list[int]:
    cluster = data_dir / "postgres"
    name = EmbeddedPostgres(data_dir)._cluster.name
    return [process.pid for process in server_processes(name, cluster.stat().st_uid)]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], int, str]]]:
    """Yield a function that starts the server of tmp_path in a process of its own, with the server's pid and url."""
    started = []

    def start() -> tuple[subprocess.Popen[str], int, str]:
        command = [sys.executable, "-c", _KEEPS_RUNNING, str(tmp_path / "data"), "on"]
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        started.append(process)
        pid, url = process.stdout.readline().split()
        return process, int(pid), url

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
    assert _until(lambda: not _remains(tmp_path / "data"))
    shutil.rmtree(EmbeddedPostgres(tmp_path / "data")._cluster.socket_dir, ignore_errors=True)


def test_a_second_start_finds_the_data_of_the_first(tmp_path: Path) -> None:
    with _server(tmp_path) as server:
        _write(server.url)
    with _server(tmp_path) as server:
        assert _read(server.url) == "here"


def test_nothing_is_left_after_stop(tmp_path: Path) -> None:
    with _server(tmp_path) as server:
        socket_dir = server._cluster.socket_dir
        assert _remains(tmp_path)
    assert _remains(tmp_path) == []
    assert not socket_dir.exists()
    assert not DataDirLock(tmp_path).is_held()


def test_its_settings_suit_one_machine(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path) as server, psycopg.connect(server.url) as connection:
        names = ("max_connections", "fsync", "TimeZone", "server_encoding", "listen_addresses")
        found = [connection.execute("SELECT current_setting(%s)", [name]).fetchone()[0] for name in names]
    assert found == ["60", "on", "UTC", "UTF8", ""]
    assert "ready to accept connections" in (tmp_path / "postgres.log").read_text()


def test_loopback_is_served_when_asked_and_wants_the_password(tmp_path: Path) -> None:
    with _server(tmp_path, port=free_port()) as server:
        with psycopg.connect(server.tcp_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        wrong = f"postgresql://raceday:wrong@127.0.0.1:{server.port}/raceday"
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
    assert (tmp_path / "postgres.password").stat().st_mode & 0o777 == 0o600


def test_a_taken_port_is_refused_by_name(tmp_path: Path) -> None:
    port = free_port()
    with _server(tmp_path / "first", port=port), pytest.raises(StartError, match=f"port {port}"):
        _server(tmp_path / "second", port=port).start()


def test_two_starts_on_one_data_dir_are_refused_with_the_holders_number(tmp_path: Path) -> None:
    with _server(tmp_path) as server:
        _write(server.url)
        with pytest.raises(StartError, match=f"in use by process {os.getpid()}"):
            _server(tmp_path).start()
        assert _read(server.url) == "here"
        assert EmbeddedPostgres(tmp_path).is_in_use()
    assert not EmbeddedPostgres(tmp_path).is_in_use()


def test_a_start_after_everything_was_killed_recovers(elsewhere: Callable, tmp_path: Path) -> None:
    process, postmaster, url = elsewhere()
    _write(url)
    everything = _remains(tmp_path / "data")
    assert postmaster in everything
    for pid in (process.pid, *everything):
        with contextlib.suppress(ProcessLookupError):  # the session of the write may just have ended
            os.kill(pid, signal.SIGKILL)
    process.wait()
    with EmbeddedPostgres(tmp_path / "data") as server:
        assert _read(server.url) == "here"


def test_the_server_follows_a_killed_owner(elsewhere: Callable, tmp_path: Path) -> None:
    process, _, _ = elsewhere()
    process.kill()
    assert _until(lambda: not _remains(tmp_path / "data"))


def test_an_orphan_that_cannot_follow_is_stopped_by_the_next_start(elsewhere: Callable, tmp_path: Path) -> None:
    process, postmaster, url = elsewhere()
    _write(url)
    os.kill(postmaster, signal.SIGSTOP)  # it hears of its owner's death only later
    process.kill()
    process.wait()
    said = []
    threading.Timer(1, os.kill, (postmaster, signal.SIGCONT)).start()
    with EmbeddedPostgres(tmp_path / "data", say=said.append) as server:
        assert _read(server.url) == "here"
        assert postmaster not in _remains(tmp_path / "data")
    assert any("left behind" in line for line in said)


def test_a_stale_pid_file_with_the_number_of_a_stranger_does_not_hinder(tmp_path: Path) -> None:
    with _server(tmp_path) as server:
        _write(server.url)
        text = (tmp_path / "postgres" / "postmaster.pid").read_text().splitlines()
    owner = (tmp_path / "postgres").stat()
    sleeper = subprocess.Popen(
        launched(["/bin/sleep", "600"], user=User("", owner.st_uid, owner.st_gid) if AS_ROOT else None)
    )
    try:
        (tmp_path / "postgres" / "postmaster.pid").write_text("\n".join([str(sleeper.pid), *text[1:]]) + "\n")
        with _server(tmp_path) as server:
            assert _read(server.url) == "here"
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_first_start_that_was_cut_off_is_begun_anew(tmp_path: Path) -> None:
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with _server(tmp_path) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not half.exists()


def test_a_moved_data_dir_is_the_same_database(tmp_path: Path) -> None:
    with _server(tmp_path / "here") as server:
        _write(server.url)
    (tmp_path / "here").rename(tmp_path / "there")
    with _server(tmp_path / "there") as server:
        assert _read(server.url) == "here"


def test_a_database_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="shared_buffers"):
        EmbeddedPostgres(tmp_path, settings={"fsync": "off", "shared_buffers": "nonsense"}).start()
    assert not DataDirLock(tmp_path).is_held()


def test_a_server_that_died_is_started_again_under_the_same_lock(tmp_path: Path) -> None:
    with _server(tmp_path) as server:
        _write(server.url)
        os.kill(server.pid, signal.SIGKILL)
        assert _until(lambda: server.pid is None)
        server.relaunch()
        assert _read(server.url) == "here"
    assert _remains(tmp_path) == []


@needs_root
def test_root_runs_it_as_a_user_of_its_own_below_a_closed_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with _server(closed / "data") as server:
        _write(server.url)
        uid = (closed / "data" / "postgres").stat().st_uid
        assert Path(f"/proc/{server.pid}").stat().st_uid == uid
        assert pwd.getpwuid(uid).pw_name == "raceday-postgres"
    assert closed.stat().st_mode & 0o777 == 0o700
    assert (closed / "data").stat().st_uid == 0


@pytest.fixture
def nobody_dir() -> Iterator[tuple[Path, User]]:
    """Yield a folder of an ordinary user's, and the user."""
    entry = pwd.getpwnam("nobody")
    path = Path(f"/tmp/raceday-test-{os.getpid()}")
    path.mkdir(mode=0o700)
    os.chown(path, entry.pw_uid, entry.pw_gid)
    yield path, User("nobody", entry.pw_uid, entry.pw_gid)
    shutil.rmtree(path)


_AS_A_USER = """
import sys
from pathlib import Path
from local.errors import StartError
from local.postgres import EmbeddedPostgres
import psycopg
try:
    with EmbeddedPostgres(Path(sys.argv[1]), settings={"fsync": "off"}) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
            connection.execute("INSERT INTO kept VALUES ('here')")
except StartError as error:
    sys.exit(str(error))
"""


def _run_as(user: User, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a Python that *user* can reach, with this environment's packages."""
    system_python = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin")
    packages = [str(REPOSITORY), *(path for path in sys.path if path.endswith("site-packages"))]
    return subprocess.run(
        [system_python or sys.executable, *arguments],
        cwd="/tmp",
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.pathsep.join(packages)},
        user=user.uid,
        group=user.gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=120,
    )


def _skip_unless_runs(user: User) -> None:
    try:
        done = _run_as(user, "-c", "import psycopg, local.postgres")
    except PermissionError as error:
        pytest.skip(f"user {user.name} can run no Python here: {error}")
    if done.returncode:
        pytest.skip(f"user {user.name} can run no Python here: {done.stderr[-300:]}")


@needs_root
def test_an_ordinary_user_needs_no_root_and_root_may_run_that_users_cluster(nobody_dir: tuple[Path, User]) -> None:
    path, user = nobody_dir
    _skip_unless_runs(user)
    first = _run_as(user, "-c", _AS_A_USER, str(path / "data"))
    assert first.returncode == 0, first.stderr
    with _server(path / "data") as server:
        assert _read(server.url) == "here"
        assert Path(f"/proc/{server.pid}").stat().st_uid == user.uid
    again = _run_as(user, "-c", _AS_A_USER, str(path / "data"))
    assert again.returncode == 0, again.stderr


@needs_root
def test_an_ordinary_user_is_told_whose_the_cluster_is(nobody_dir: tuple[Path, User]) -> None:
    path, user = nobody_dir
    _skip_unless_runs(user)
    os.chown(path, 0, 0)
    path.chmod(0o755)
    with _server(path / "data"):
        pass
    refused = _run_as(user, "-c", _AS_A_USER, str(path / "data"))
    assert refused.returncode != 0
    assert "belongs to user raceday-postgres" in refused.stderr
