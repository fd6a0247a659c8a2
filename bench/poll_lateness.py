"""How late the polls of 40 races inside their last five minutes begin, on the 15 s cadence."""

from datetime import timedelta
from threading import Event, Thread

from bench.events import event, open_versions, whole_minute
from bench.report import Measured
from bench.server import Bench, worker
from bench.upstream import serving
from shared.models import RaceId
from workers.poller import Poller
from workers.write.schedule import DueRace

_RACES, _MINUTES, _MEASURED_S = 40, 4, 47.0  # three bursts of the cadence at least
_CONCURRENCY = 8  # the default of POLL_CONCURRENCY


def measure(bench: Bench) -> Measured:
    """Return the 99th percentile over all polls but the first of each race, which a start owes at once."""
    sample, first = event(), whole_minute(60)
    bodies, due = {}, []
    for number in range(_RACES):
        start = first + timedelta(minutes=number % _MINUTES)
        race_id, versions = open_versions(sample, number, start, versions=2)
        bodies[race_id] = versions
        due.append(DueRace(RaceId(race_id), None, start, "open"))
    errors: list[str] = []
    stop = Event()
    with (
        serving(bodies, bench.folder) as tab_url,
        worker(bench.new_database(), tab_url, concurrency=_CONCURRENCY) as part,
    ):
        for race in due:
            part.polls.poll(race, reason="poll", deadline_s=5, urgent=True)
        poller = Poller(
            clock=part.clock,
            polls=part.polls,
            schedule=part.schedule,
            profile="standard",
            concurrency=_CONCURRENCY,
            on_error=errors.append,
        )

        def run() -> None:
            while not stop.is_set():
                poller.run_once(stop)

        thread = Thread(target=run, name="poller")
        thread.start()
        try:
            stop.wait(_MEASURED_S)
        finally:
            stop.set()
            poller.wake()
            thread.join()
            poller.drain(10)
    assert not errors, errors[0]
    p50, p99 = poller.lateness.percentiles_ms()
    assert p99 is not None, "nothing was polled"
    return Measured(
        "poll_lateness",
        p99,
        "ms",
        bar=1000,
        aim=250,
        note=f"{poller.counts.good} polls, p50 {p50} ms; all 40 are due at the same instants; no upstream latency",
    )
