"""What a job works with, and what it reports."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from shared.clock import Clock
from shared.settings import UpstreamSettings, WorkerSettings
from workers.jobs.poll import RacePolls
from workers.upstream.client import TabClient
from workers.upstream.exchange import Try
from workers.upstream.record import CARD, Entry, Recorder
from workers.write.card import CardWriter
from workers.write.coverage import CoverageStore
from workers.write.schedule import Schedule
from workers.write.upkeep import Upkeep

_LEAST_REAL_S = 5.0  # what a job does takes real time at any speed
Progress = Callable[[int, int, str], None]  # done, of how many, what


def no_progress(_done: int, _total: int, _what: str) -> None:
    """Show nothing: the service's way."""


@dataclass(frozen=True)
class JobContext:
    """The services a job may use. *stop* ends it early, between two items."""

    clock: Clock
    client: TabClient
    card: CardWriter
    polls: RacePolls
    schedule: Schedule
    coverage: CoverageStore
    upkeep: Upkeep
    workers: WorkerSettings
    upstream: UpstreamSettings
    stop: threading.Event
    progress: Progress = no_progress
    recorder: Recorder = field(default_factory=lambda: Recorder(None))

    def keep_card(
        self,
        kind: Literal["meetings", "meeting"],
        path: str,
        day: date,
        tries: Sequence[Try],
        written: Sequence[tuple[str, datetime]] = (),
        error: Exception | None = None,
    ) -> None:
        """Record what came of a call for the card, where answers are recorded."""
        if self.recorder and tries:
            last = tries[-1]
            entry = Entry(
                kind, path, last.sent_at, last.ended_at, self.clock.now(), type(error).__name__ if error else "card",
                None, last.status, len(tries), error=str(error) if error else None, written=tuple(written),
            )  # fmt: skip
            self.recorder.keep(day, CARD, entry, tries)


@dataclass
class JobReport:
    """What a run did: goes into its `job_runs` row."""

    records: int = 0
    api_calls: int = 0
    errors: int = 0
    messages: list[str] = field(default_factory=list)
    ended_early: bool = False
    incomplete: bool = False  # the rest must be fetched again: the run does not count as good

    def failed(self, what: str, error: Exception) -> None:
        """Count an item that failed; the run goes on."""
        self.errors += 1
        if len(self.messages) < 20:  # noqa: PLR2004  a row is no log
            self.messages.append(f"{what}: {error}"[:300])


@dataclass(frozen=True)
class Bound:
    """How long a run may take; checked between items."""

    context: JobContext
    ends_at: datetime

    @classmethod
    def of(cls, context: JobContext, seconds: float) -> "Bound":
        """Begin a bound of *seconds* of domain time now; on a fast clock a run still gets some real seconds."""
        least_s = _LEAST_REAL_S * context.clock.speed
        return cls(context, context.clock.now() + timedelta(seconds=max(seconds, least_s)))

    def reached(self, report: JobReport) -> bool:
        """Whether the run must end here; noted in *report*."""
        if self.context.stop.is_set():
            report.ended_early = True
        elif self.context.clock.now() >= self.ends_at:
            report.ended_early = True
            report.messages.append("ran out of its time")
        return report.ended_early
