"""The workers' peak memory on a full day's card: jobs, then polls, against the simulated TAB."""

import os
import subprocess
import sys
from threading import Event

import psycopg

from bench.programs import start, wait_for
from bench.report import Measured
from bench.server import Bench
from local.ports import answers, free_port

_MEETINGS = 30
_POLLING_S = 15.0
_RUSAGE_UNIT = 1 if sys.platform == "darwin" else 1024
_DONE = "SELECT FROM job_runs WHERE job = 'daily-entrants' AND outcome NOT IN ('running', 'failed')"
_COUNTS = "SELECT (SELECT count(*) FROM races), (SELECT count(*) FROM polls)"


def measure(bench: Bench) -> Measured:
    """Return the peak of resident memory that the system counted for the process."""
    url, port = bench.new_database(), free_port()
    tab = start(bench.folder, ["-m", "local.cli", "tab", "--port", str(port), "--meetings", f"{_MEETINGS}"], {})
    log = bench.folder / "workers.log"
    try:
        wait_for(lambda: answers(port), "the simulated TAB")
        worker = start(bench.folder, ["-m", "workers"], _environment(url, port), log)
        peak = _run(worker, url)
    finally:
        tab.terminate()
        tab.wait()
    with psycopg.connect(url) as connection:
        races, polls = connection.execute(_COUNTS).fetchone() or (0, 0)
    return Measured(
        "worker_memory",
        peak / 1_000_000,
        "MB",
        bar=200,
        aim=120,
        note=f"{races} races of {_MEETINGS} meetings, {polls} polls, profile fast; interpreter and libraries included",
    )


def _run(worker: "subprocess.Popen[bytes]", url: str) -> int:
    """Let the jobs run and the poller poll a while, stop the worker; return its peak in bytes."""
    try:
        wait_for(lambda: _jobs_done(url) or worker.poll() is not None, "the jobs")
        Event().wait(_POLLING_S)
    finally:
        worker.terminate()
        _, status, usage = os.wait4(worker.pid, 0)
        worker.returncode = os.waitstatus_to_exitcode(status)
    assert worker.returncode == 0, f"the workers ended with {worker.returncode}"
    return usage.ru_maxrss * _RUSAGE_UNIT


def _jobs_done(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute(_DONE).fetchone() is not None


def _environment(url: str, port: int) -> dict[str, str]:
    return {
        "DATABASE_URL": url,
        "TAB_API_URL": f"http://127.0.0.1:{port}",
        "TAB_FROM": "bench@example.invalid",
        "TAB_PARTNER": "bench",
        "TAB_PARTNER_ID": "bench",
        "TAB_REQUESTS_PER_MINUTE": "100000",
        "POLITENESS_SECONDS": "0",
        "POLL_PROFILE": "fast",
    }
