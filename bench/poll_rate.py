"""Polls a second that one worker sustains, end to end, 20 at once, over an upstream without latency."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

from bench.events import event, open_versions, whole_minute
from bench.report import Measured
from bench.server import Bench, worker
from bench.upstream import serving
from shared.clock import real_monotonic
from shared.models import RaceId
from workers.write.schedule import DueRace

_RACES, _WARM_UP_S, _MEASURED_S = 20, 3.0, 12.0


def measure(bench: Bench) -> Measured:
    """Return the good polls of a time, all of them changed, over that time."""
    sample, start = event(), whole_minute(1800)
    bodies = dict(open_versions(sample, number, start, versions=2) for number in range(_RACES))
    due = [DueRace(RaceId(race_id), None, start, "open") for race_id in bodies]
    counting, over = Event(), Event()
    with (
        serving(bodies, bench.folder) as tab_url,
        worker(bench.new_database(), tab_url, concurrency=_RACES) as part,
        ThreadPoolExecutor(_RACES) as threads,
    ):

        def poll_on(race: DueRace) -> int:
            counted = 0
            while not over.is_set():
                part.polls.poll(race, reason="poll", deadline_s=5, urgent=True)
                counted += counting.is_set()
            return counted

        for race in due:  # in turn: a race must not meet its meeting's first write, which the card made in real life
            part.polls.poll(race, reason="poll", deadline_s=5, urgent=True)
        polling = [threads.submit(poll_on, race) for race in due]
        try:
            over.wait(_WARM_UP_S)
            counting.set()
            began = real_monotonic()
            over.wait(_MEASURED_S)
        finally:
            over.set()
        took = real_monotonic() - began
        polls = sum(each.result() for each in polling)
    return Measured(
        "poll_rate",
        polls / took,
        "polls/s",
        bar=40,
        aim=100,
        more_is_better=True,
        note=f"every answer changed; {sample.source}; upstream and PostgreSQL share the cores",
    )
