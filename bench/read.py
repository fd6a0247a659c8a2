"""The read path on the seeded month: every route's p95, and the hottest answers against an empty application."""

import json
from pathlib import Path
from statistics import median

import requests

from bench import load, programs
from bench.load import Job
from bench.read_targets import BOARD, ENTRANTS, stored, targets
from bench.report import RESULTS, Measured
from bench.server import Bench
from local.ports import LOOPBACK

_CONNECTIONS, _SECONDS, _MOST = 16, 2.5, 1000
_HOT_CONNECTIONS, _HOT_SECONDS, _ROUNDS = 32, 2.0, 5
_WARM_UP, _WAIT_S = 500, 10
_NOT_THE_BODY = {"date", "server", "connection", "content-length"}


def measure_routes(bench: Bench) -> Measured:
    """Return the p95 of the slowest route at 16 connections; all of them go to results/read_routes.json."""
    url = bench.month()
    with programs.api(bench.folder, url) as (port, process):
        described = requests.get(f"http://{LOOPBACK}:{port}/openapi.json", timeout=_WAIT_S).json()
        by_route = targets(stored(url), set(described["paths"]))
        loads, cpu_ms = {}, {}
        for route, paths in by_route.items():
            load.run(Job(port, paths, _CONNECTIONS, _SECONDS, _WARM_UP), strict=False)
            before = programs.cpu_s(process)
            loads[route] = load.run(Job(port, paths, _CONNECTIONS, _SECONDS, _MOST), strict=False)
            cpu_ms[route] = (programs.cpu_s(process) - before) * 1000 / loads[route].requests
    rows = [
        {
            "route": route,
            "p50_ms": round(each.p50_ms, 1),
            "p95_ms": round(each.p95_ms, 1),
            "cpu_ms": round(cpu_ms[route], 2),
            "bytes": each.bytes // each.requests,
            "refused": each.refused,
        }
        for route, each in sorted(loads.items(), key=lambda item: -item[1].p95_ms)
    ]
    (RESULTS / "read_routes.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    refused = sum(each.refused for each in loads.values())
    worst = ", ".join(f"{row['route']} {row['p95_ms']:.0f} ms" for row in rows[:3])
    return Measured(
        "read_p95",
        max(each.p95_ms for each in loads.values()),
        "ms",
        bar=100,
        aim=50,
        note=f"{len(loads)} routes, {bench.days} days, {_CONNECTIONS} connections, {refused} not 200; worst: {worst}",
    )


def measure_entrants(bench: Bench) -> Measured:
    """Return req/s of a race's entrants with history, the race about to start."""
    near = stored(bench.month()).near[0]
    return _against_empty(bench, "read_entrants", f"{ENTRANTS}?race_id={near['race_id']}", bar=0.1, aim=0.4)


def measure_board(bench: Bench) -> Measured:
    """Return req/s of the board by stage."""
    return _against_empty(bench, "read_board", BOARD, bar=0.25, aim=0.6)


def _against_empty(bench: Bench, name: str, path: str, *, bar: float, aim: float) -> Measured:
    """Return the median rates over interleaved rounds: our service, then an empty one with the same bytes."""
    with programs.api(bench.folder, bench.month()) as (port, _):
        file = bench.folder / f"{name}.http"
        size = _keep_answer(port, path, file)
        arguments = ["-m", "bench.empty_app", str(file)]
        with programs.listening(bench.folder, arguments, {}, bench.folder / "empty.log") as (empty_port, _):
            ours, empty = [], []
            for _ in range(_ROUNDS):
                ours.append(load.run(Job(port, [path], _HOT_CONNECTIONS, _HOT_SECONDS)))
                empty.append(load.run(Job(empty_port, [path], _HOT_CONNECTIONS, _HOT_SECONDS)))
    p95_ms = median(each.p95_ms for each in ours)
    return Measured(
        name,
        median(each.rate for each in ours),
        "req/s",
        bar=bar,
        aim=aim,
        floor=median(each.rate for each in empty),
        more_is_better=True,
        note=f"{size / 1000:.0f} kB gzipped, {_HOT_CONNECTIONS} connections, p95 {p95_ms:.0f} ms",
    )


def _keep_answer(port: int, path: str, file: Path) -> int:
    """Write head and body of our answer to *file*, as bench/empty_app.py reads them; return the body's size."""
    asked = {"Accept-Encoding": "gzip"}
    with requests.get(f"http://{LOOPBACK}:{port}{path}", headers=asked, stream=True, timeout=_WAIT_S) as answer:
        body = answer.raw.read(decode_content=False)
        lines = [f"{n.lower()}: {value}" for n, value in answer.headers.items() if n.lower() not in _NOT_THE_BODY]
    lines.append(f"content-length: {len(body)}")
    file.write_bytes("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    return len(body)
