"""Five races at once over an upstream that takes 300 ms to answer: wall time until all are stored."""

from concurrent.futures import ThreadPoolExecutor
from statistics import median

from bench.events import event, open_versions, whole_minute
from bench.report import Measured
from bench.server import Bench, worker
from bench.upstream import serving
from shared.clock import real_monotonic
from shared.models import RaceId
from workers.write.schedule import DueRace

_RACES, _ROUNDS, _LATENCY_S = 5, 10, 0.3


def measure(bench: Bench) -> Measured:
    """Return the median over rounds in which every race changed, after a first poll of each."""
    sample, start = event(), whole_minute(1800)
    bodies = dict(open_versions(sample, number, start, versions=2) for number in range(_RACES))
    due = [DueRace(RaceId(race_id), None, start, "open") for race_id in bodies]
    took = []
    with (
        serving(bodies, bench.folder, _LATENCY_S) as tab_url,
        worker(bench.new_database(), tab_url, concurrency=_RACES) as part,
        ThreadPoolExecutor(_RACES) as threads,
    ):

        def poll(race: DueRace) -> str:
            return part.polls.poll(race, reason="poll", deadline_s=5, urgent=True).written.outcome

        for race in due:  # in turn: a race must not meet its meeting's first write, which the card made in real life
            poll(race)
        for _ in range(_ROUNDS):
            began = real_monotonic()
            outcomes = list(threads.map(poll, due))
            took.append(real_monotonic() - began)
            assert outcomes == ["changed"] * _RACES, outcomes
    return Measured(
        "five_races",
        median(took) * 1000,
        "ms",
        bar=1000,
        aim=450,
        note=f"300 ms of it are the latency; {sample.source}; slowest round {max(took) * 1000:.0f} ms",
    )
