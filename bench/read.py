"""The read path on the seeded month: every route's p95, and the hottest answers against an empty application."""

import json
import subprocess
from pathlib import Path
from statistics import median
from typing import Any

import requests

from bench import load, programs
from bench.load import Job
from bench.read_targets import BOARD, ENTRANTS, stored, targets
from bench.report import RESULTS, Measured
from bench.server import Bench
from local.ports import LOOPBACK

_CONNECTIONS, _SECONDS, _ROUTE_ROUNDS = 16, 1.5, 3
_HOT_CONNECTIONS, _HOT_SECONDS, _ROUNDS = 32, 2.0, 5
_WARM_UP, _WAIT_S = 500, 10
_NOT_THE_BODY = {"date", "server", "connection", "content-length"}


def measure_routes(bench: Bench) -> Measured:
    """Return the p95 of the slowest route at 16 connections; all of them go to results/read_routes.json."""
    url = bench.month()
    with programs.api(bench.folder, url) as (port, process):
        described = requests.get(f"http://{LOOPBACK}:{port}/openapi.json", timeout=_WAIT_S).json()
        by_route = targets(stored(url), set(described["paths"]))
        for paths in by_route.values():
            load.run(Job(port, paths, _CONNECTIONS, _SECONDS, _WARM_UP), strict=False)
        rounds = [
            {route: _measured(process, Job(port, paths, _CONNECTIONS, _SECONDS)) for route, paths in by_route.items()}
            for _ in range(_ROUTE_ROUNDS)
        ]
    rows: list[dict[str, Any]] = [
        {"route": route, **{name: round(median(each[route][name] for each in rounds), 2) for name in rounds[0][route]}}
        for route in by_route
    ]
    rows.sort(key=lambda row: -row["p95_ms"])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "read_routes.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    refused = sum(row["refused"] for row in rows)
    worst = ", ".join(f"{row['route']} {row['p95_ms']:.0f} ms" for row in rows[:3])
    return Measured(
        "read_p95",
        rows[0]["p95_ms"],
        "ms",
        bar=100,
        aim=50,
        note=f"{len(rows)} routes, {bench.days} days, {_CONNECTIONS} connections; worst: {worst}"
        + (f"; {refused:.0f} answers were not 200" if refused else ""),
    )


def _measured(process: "subprocess.Popen[bytes]", job: Job) -> dict[str, float]:
    """Return the latencies of one route, and the CPU time that the service itself took for an answer."""
    before = programs.cpu_s(process)
    found = load.run(job, strict=False)
    return {
        "p50_ms": found.p50_ms,
        "p95_ms": found.p95_ms,
        "cpu_ms": (programs.cpu_s(process) - before) * 1000 / found.requests,
        "bytes": found.bytes / found.requests,
        "refused": found.refused,
    }


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
