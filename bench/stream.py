"""500 clients of the stream: commit to event, the service's memory, its CPU while nothing changes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Event
from typing import Any

import psycopg

from bench import programs
from bench.report import Measured
from bench.server import Bench
from shared.clock import racing_day, real_monotonic, real_now
from shared.queries import Queries

_CLIENTS, _RACES = 500, 40
_IDLE_S = 15.0  # as long as a heartbeat takes to come to everybody
_COMMITS, _PAUSE_S, _REST_S = 100, 0.15, 3.0


@dataclass(frozen=True)
class _Run:
    p50_ms: float
    p99_ms: float
    worst_ms: float
    idle_cpu_percent: float
    memory_mb: float


def measure_latency(bench: Bench) -> Measured:
    """Return the 99th percentile over every client and every commit."""
    run = _run(bench)
    return Measured(
        "stream_p99",
        run.p99_ms,
        "ms",
        bar=500,
        aim=100,
        note=f"{_CLIENTS} clients, {_COMMITS} commits every {_PAUSE_S * 1000:.0f} ms; p50 {run.p50_ms:.0f} ms, "
        f"worst {run.worst_ms:.0f} ms; nothing changing: {run.idle_cpu_percent:.1f} % of a core",
    )


def measure_memory(bench: Bench) -> Measured:
    """Return the service's resident memory with all clients connected, after the commits."""
    return Measured("stream_memory", _run(bench).memory_mb, "MB", bar=150, aim=100, note=f"{_CLIENTS} clients")


@lru_cache(maxsize=1)  # two rows, one run
def _run(bench: Bench) -> _Run:
    url = bench.month()
    with programs.api(bench.folder, url) as (port, process), _listeners(port) as listeners:
        Event().wait(_REST_S)
        before, began = programs.cpu_s(process), real_monotonic()
        Event().wait(_IDLE_S)
        idle = (programs.cpu_s(process) - before) / (real_monotonic() - began)
        committed = _commit(url)
        Event().wait(_REST_S)
        memory = programs.resident_bytes(process)
        heard = _ended(listeners)
    assert not heard["resyncs"], f"{heard['resyncs']} clients were told to resync"
    assert not heard["lost"], f"{heard['lost']} clients lost their connection"
    waits = sorted((at - committed[int(number)]) * 1000 for number, times in heard["at"].items() for at in times)
    assert len(waits) == _CLIENTS * _COMMITS, f"{len(waits)} events of {_CLIENTS * _COMMITS} came"
    p50, p99 = (waits[int(len(waits) * share)] for share in (0.50, 0.99))
    return _Run(p50, p99, waits[-1], idle * 100, memory / 1_000_000)


def _commit(url: str) -> list[float]:
    """Commit changes as polls make them; return when each commit was asked for."""
    queries, committed = Queries("bench"), []
    with psycopg.connect(url) as connection:
        for number in range(_COMMITS):
            now = real_now()
            keys = {"at": now, "day": racing_day(now), "race": str(number % _RACES), "number": number}
            connection.execute(queries["insert_numbered_changes"], keys)
            connection.execute(queries["notify_numbered_changes"], keys)
            committed.append(real_monotonic())
            connection.commit()
            Event().wait(_PAUSE_S)
    return committed


@contextmanager
def _listeners(port: int) -> Iterator["subprocess.Popen[str]"]:
    """Run the clients in a process of their own; all are connected when this yields."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.listeners", str(port), str(_CLIENTS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", "the clients could not connect"
            yield process
        finally:
            process.terminate()


def _ended(listeners: "subprocess.Popen[str]") -> dict[str, Any]:
    assert listeners.stdin is not None
    assert listeners.stdout is not None
    listeners.stdin.write("end\n")
    listeners.stdin.flush()
    heard: dict[str, Any] = json.loads(listeners.stdout.readline())
    return heard
