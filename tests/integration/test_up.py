"""`raceday up` as a process: its children, its refusals, its end."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from local.child import Child
from local.ports import free_port
from local.running import RunningNote, noted_settings
from shared.clock import real_monotonic

REPOSITORY = Path(__file__).parents[2]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TAB_", "DATABASE_", "CLOCK_"))}
    return {**kept, "PYTHONPATH": str(REPOSITORY)}


def _raceday(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.cli", *arguments]
    return subprocess.run(command, cwd=folder, env=_environment(), capture_output=True, text=True, timeout=180)


def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = _raceday(tmp_path, "up", "--port", str(port))
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr
    assert not (tmp_path / ".raceday").exists()


def test_half_an_identification_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TAB_FROM=me@example.test\n")
    done = _raceday(tmp_path, "up", "--port", str(free_port()))
    assert done.returncode == 1
    assert "TAB_PARTNER is not set" in done.stderr
    assert not (tmp_path / ".raceday").exists()


@pytest.mark.postgres
def test_migrate_twice_and_status_need_nothing_running(tmp_path: Path) -> None:
    first, second = _raceday(tmp_path, "migrate"), _raceday(tmp_path, "migrate")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout == second.stdout
    status = _raceday(tmp_path, "status")
    assert status.returncode == 0, status.stderr
    assert "no worker has run here yet" in status.stdout


@pytest.fixture
def lines() -> list[tuple[str, str]]:
    return []


def _until_said(lines: list[tuple[str, str]], wanted: str) -> bool:
    deadline = real_monotonic() + 30
    while not any(wanted in line for _, line in lines):
        if real_monotonic() > deadline:
            return False
        threading.Event().wait(0.05)
    return True


def _child(lines: list[tuple[str, str]], code: str) -> Child:
    return Child("it", [sys.executable, "-c", code], os.environ, lambda *said: lines.append(said))


def test_a_childs_output_is_passed_on_under_its_name(lines: list[tuple[str, str]]) -> None:
    child = _child(lines, "import sys; print('one'); print('two', file=sys.stderr); sys.exit(3)")
    child.start()
    child.end(real_monotonic() + 30, lambda: False)
    assert sorted(lines) == [("it", "one"), ("it", "two")]
    assert child.exit_code == 3
    assert child.last_lines == [line for _, line in lines]


def test_a_child_that_does_not_stop_is_ended_by_force(lines: list[tuple[str, str]]) -> None:
    ignoring = "import signal, threading; signal.signal(15, signal.SIG_IGN); print('deaf'); threading.Event().wait()"
    child = _child(lines, ignoring)
    child.start()
    assert _until_said(lines, "deaf")
    child.ask_to_stop()
    assert not child.end(real_monotonic() + 0.5, lambda: False)
    assert child.exit_code == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_a_child_does_not_outlive_a_killed_parent() -> None:
    parent_code = (
        "import subprocess, sys, threading\n"
        "from local.launch import launched\n"
        "child = subprocess.Popen(launched([sys.executable, '-c', 'print(1, flush=True); input()']),"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "threading.Event().wait()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", parent_code], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    child_pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = real_monotonic() + 30
    while _runs(child_pid):
        assert real_monotonic() < deadline
        threading.Event().wait(0.05)


def _runs(pid: int) -> bool:
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())  # a zombie that nobody fetched has none
    except OSError:
        return False


def test_the_note_holds_while_its_writer_lives_and_no_longer(tmp_path: Path) -> None:
    note = RunningNote(tmp_path)
    note.write({"TAB_API_URL": "http://127.0.0.1:1", "SECRET": "not noted"})
    assert noted_settings(tmp_path) == {"TAB_API_URL": "http://127.0.0.1:1"}
    assert (tmp_path / "up.json").stat().st_mode & 0o777 == 0o600
    note.remove()
    assert noted_settings(tmp_path) == {}
    (tmp_path / "up.json").write_text('{"TAB_API_URL": "of one that was killed"}')
    assert noted_settings(tmp_path) == {}
