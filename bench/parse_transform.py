"""Parse and transform one event: bytes in, the rows to be copied out."""

from datetime import timedelta
from statistics import median

from bench.events import event
from bench.report import Measured
from bench.server import Bench
from shared.clock import real_monotonic
from workers.transform.figures import Known, race_figures
from workers.upstream.parse_race import parse_race
from workers.write.tables import entrant_rows, race_row

_WARM_UP, _ROUNDS = 20, 200


def measure(_bench: Bench) -> Measured:
    """Return the median over many rounds."""
    sample = event()
    body, race_id = sample.body, sample.race_id
    took = []
    for _ in range(_WARM_UP + _ROUNDS):
        began = real_monotonic()
        answer = parse_race(body, race_id)
        polled_at = answer.start_time - timedelta(minutes=2)
        figures = race_figures(answer, polled_at, Known())
        entrant_rows(answer, figures)
        race_row(answer, figures, answer.racing_day, polled_at)
        took.append(real_monotonic() - began)
    return Measured(
        "parse_transform",
        median(took[_WARM_UP:]) * 1000,
        "ms",
        bar=10,
        aim=3,
        note=f"{sample.source}, {len(body) // 1000} KB, {len(answer.entrants)} runners; only the CPU counts",
    )
