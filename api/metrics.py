"""Figures of both services for Prometheus: this one's own, the workers' from their status rows."""

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from api.read.reader import Row

_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Metrics:
    """The figures of this process, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "raceday_api_requests", "Requests by route and status", ["route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "raceday_api_request_seconds", "Time to the end of the answer", ["route"], buckets=_BUCKETS,
            registry=self._registry,
        )  # fmt: skip
        self.streams = self._gauge("streams", "Open streams")
        self.listening = self._gauge("listener_connected", "1 while notices can be heard")
        self.feed_behind = self._gauge("feed_behind_seconds", "How long committed changes have been held back")
        self.sent = self._gauge("changes_fanned_out", "Changes read from the feed since the start")
        self.resyncs = self._gauge("stream_resyncs", "Streams told to resync since the start")
        self.connections = self._gauge("database_connections", "Connections in the pool")
        self.waiting = self._gauge("database_requests_waiting", "Requests waiting for a connection")

    def observe(self, route: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._requests.labels(route, str(status)).inc()
        if route != "/api/stream":  # its answers end when their clients go
            self._seconds.labels(route).observe(seconds)

    def text(self, workers: Sequence[Row]) -> bytes:
        """Return everything in Prometheus' text format."""
        of_workers = CollectorRegistry()
        of_workers.register(_Workers(workers))
        return generate_latest(self._registry) + generate_latest(of_workers)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"raceday_api_{name}", text, registry=self._registry)


class _Workers:
    """The workers' rows as metrics; nothing where the database could not be asked."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def collect(self) -> Iterable[Metric]:
        """Yield one family per figure."""
        beat = GaugeMetricFamily("raceday_worker_heartbeat_age_seconds", "Real time since the beat", labels=["worker"])
        leads = GaugeMetricFamily("raceday_worker_is_leader", "1 for the worker that writes", labels=["worker"])
        watched = GaugeMetricFamily("raceday_worker_races_watched", "Races with a due poll", labels=["worker"])
        late = GaugeMetricFamily("raceday_worker_lateness_seconds", "Lateness of polls", labels=["worker", "quantile"])
        counts = CounterMetricFamily("raceday_worker_polls", "Polls and errors by kind", labels=["worker", "kind"])
        calls = CounterMetricFamily(
            "raceday_worker_upstream", "Upstream calls, tries, bytes", labels=["worker", "kind"]
        )
        failing = GaugeMetricFamily("raceday_worker_upstream_failures_in_a_row", "Failed calls", labels=["worker"])
        for row in self._rows:
            if row["stopped_at"] is not None:
                continue
            worker = row["worker_id"]
            beat.add_metric([worker], row["heartbeat_age_s"])
            leads.add_metric([worker], float(row["is_leader"]))
            watched.add_metric([worker], row["polls_watched"])
            for quantile, milliseconds in (("0.5", row["lateness_p50_ms"]), ("0.99", row["lateness_p99_ms"])):
                if milliseconds is not None:
                    late.add_metric([worker, quantile], milliseconds / 1000)
            for kind, count in row["counters"].items():
                if isinstance(count, int | float):
                    counts.add_metric([worker, kind], count)
            for kind in ("calls", "tries", "retries", "wire_bytes", "body_bytes"):
                if kind in row["upstream"]:
                    calls.add_metric([worker, kind], row["upstream"][kind])
            failing.add_metric([worker], row["upstream"].get("failures_in_a_row") or 0)
        yield from (beat, leads, watched, late, counts, calls, failing)
