"""`python -m bench [--month] [NAME …]`: measures all, or those named; a part is printed and not written.

The read path is measured on a few days of racing, with `--month` on thirty.
"""

import sys
from collections.abc import Callable

from loguru import logger
from rich.console import Console

from bench import five_races, parse_transform, poll_lateness, poll_rate, race_write, read, stream, worker_memory
from bench.report import LATEST, Measured, print_table, write_json
from bench.server import Bench, bench

MEASUREMENTS: dict[str, Callable[[Bench], Measured]] = {
    "race_write": race_write.measure,
    "parse_transform": parse_transform.measure,
    "five_races": five_races.measure,
    "worker_memory": worker_memory.measure,
    "poll_rate": poll_rate.measure,
    "poll_lateness": poll_lateness.measure,
    "read_p95": read.measure_routes,
    "read_entrants": read.measure_entrants,
    "read_board": read.measure_board,
    "stream_p99": stream.measure_latency,
    "stream_memory": stream.measure_memory,
}
_FEW_DAYS, _MONTH = 3, 30


def main(arguments: list[str]) -> int:
    """Measure; 0 whether or not a bar was met, as machines differ; 2 for a name that is none."""
    console = Console(width=None if sys.stdout.isatty() else 180, highlight=False)
    names = [name for name in arguments if name != "--month"]
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        console.print(f"no measurement is called {', '.join(unknown)}: {', '.join(MEASUREMENTS)}")
        return 2
    logger.remove()
    logger.add(sys.stderr, level="ERROR", format="{message}")
    rows = []
    with bench(_MONTH if "--month" in arguments else _FEW_DAYS) as stand:
        for name in names or MEASUREMENTS:
            console.print(f"measuring {name} …")
            rows.append(MEASUREMENTS[name](stand))
    print_table(rows, console)
    if not names:
        write_json(rows)
        console.print(f"written to {LATEST.relative_to(LATEST.parents[2])}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
