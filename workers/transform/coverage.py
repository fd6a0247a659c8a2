"""PURE due instants and polls → what was expected, what came, and the gaps with their cause."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple

from workers import cadence
from workers.transform.money_flow import bucket_of

# down: no worker, or one that was stopping · upstream: the TAB gave nothing usable · budget: our limit of requests was
# spent · store: the database refused · internal: our own fault, an answer that was older than the stored one included
Cause = Literal["down", "upstream", "budget", "store", "internal"]
_CAUSES: dict[str, Cause] = {
    "unavailable": "upstream",
    "refused": "upstream",
    "payload": "upstream",
    "store": "store",
    "older": "internal",
    "internal": "internal",
}
_LAST_FIVE_S = 300 + cadence.AHEAD_S
_MOST_INSTANTS = 5000
_LONGEST_S = 300


@dataclass(frozen=True, slots=True)
class PollFact:
    """A poll as its row tells it."""

    at: datetime
    outcome: str
    error: str | None = None

    @property
    def good(self) -> bool:
        """Whether it brought an answer that was stored."""
        return self.outcome in {"changed", "unchanged"}


@dataclass(frozen=True, slots=True)
class Known:
    """What was known of a race and since when, oldest first; the first start holds before its instant too."""

    starts: Sequence[tuple[datetime, datetime]]
    statuses: Sequence[tuple[datetime, str]]

    def start_at(self, instant: datetime) -> datetime:
        """Return the start as known at *instant*."""
        told = [start for since, start in self.starts if since <= instant]
        return told[-1] if told else self.starts[0][1]

    def status_at(self, instant: datetime) -> str:
        """Return the status as known at *instant*; a race that nothing was told of is open."""
        told = [status for since, status in self.statuses if since <= instant]
        return told[-1] if told else "open"


class Due(NamedTuple):
    """A due instant, with the start and the status known at it."""

    at: datetime
    start: datetime
    status: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which two or more due instants in a row brought no good poll."""

    begins: datetime
    ends: datetime
    missed: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class Coverage:
    """One race's polls and buckets against those of its profile; good is a due instant that was answered in time."""

    expected_polls: int
    good_polls: int
    failed_polls: int
    expected_buckets: int
    last_five_expected: int
    last_five_good: int
    gaps: tuple[Gap, ...]


def due_instants(profile: cadence.Profile, known: Known, until: datetime) -> list[Due]:
    """Return every due instant of a race up to *until*, each by the start and the status known just before it."""
    instants: list[Due] = []
    turns = sorted({at for at, _ in (*known.starts, *known.statuses)})
    instant = min(cadence.first_due(profile, start) for _, start in known.starts) - timedelta(seconds=1)
    while len(instants) < _MOST_INSTANTS:
        start, status = known.start_at(instant), known.status_at(instant)
        following = cadence.due_after(profile, status, start, instant)
        turn = next((at for at in turns if at > instant), None)
        if turn is not None and (following is None or turn < following):
            instant = turn  # what was due next is not any more: ask again with what was told
            continue
        if following is None or following > until:
            break
        instants.append(Due(following, start, status))
        instant = following
    return instants


def coverage_of(profile: cadence.Profile, known: Known, polls: Sequence[PollFact], until: datetime) -> Coverage:
    """Compare *polls*, oldest first, with what the profile expects of a race up to *until*."""
    expected = due_instants(profile, known, until)
    instants = [poll.at for poll in polls]
    brought = [
        _brought(polls[bisect_left(instants, due.at) : bisect_left(instants, ends)])
        for due, ends in _spans(profile, expected)
    ]
    critical = [0 <= (due.start - due.at).total_seconds() <= _LAST_FIVE_S for due in expected]
    return Coverage(
        expected_polls=len(expected),
        good_polls=brought.count(None),
        failed_polls=sum(not poll.good for poll in polls),
        expected_buckets=len(
            {
                bucket_of((due.start - due.at).total_seconds())
                for due in expected
                if known.status_at(due.at) == "open" or due.at <= due.start
            }
        ),
        last_five_expected=sum(critical),
        last_five_good=sum(late and cause is None for late, cause in zip(critical, brought, strict=True)),
        gaps=tuple(_gaps([due.at for due in expected], brought)),
    )


def _spans(profile: cadence.Profile, expected: Sequence[Due]) -> Iterator[tuple[Due, datetime]]:
    """Yield each due instant with the one that follows, before which an answer is in time for it."""
    for due, following in pairwise(expected):
        yield due, following.at
    for due in expected[-1:]:
        every = cadence.interval_s(profile, due.status, (due.start - due.at).total_seconds()) or _LONGEST_S
        yield due, due.at + timedelta(seconds=every)


def _brought(polls: Sequence[PollFact]) -> Cause | None:
    """Return None for a due instant that one of *polls* answered in time, else why it was not answered."""
    if any(poll.good for poll in polls):
        return None
    return _cause(polls[-1]) if polls else "down"


def _cause(poll: PollFact) -> Cause:
    error = poll.error or ""
    if poll.outcome == "unavailable" and error.endswith("stopping"):
        return "down"
    if poll.outcome == "unavailable" and "budget" in error:
        return "budget"
    return _CAUSES.get(poll.outcome, "internal")


def _gaps(instants: Sequence[datetime], brought: Sequence[Cause | None]) -> Iterator[Gap]:
    """Yield the runs of two or more due instants that were not answered, each with its most frequent cause."""
    run: list[tuple[datetime, Cause]] = []
    for instant, cause in (*zip(instants, brought, strict=True), (None, None)):
        if instant is not None and cause is not None:
            run.append((instant, cause))
            continue
        if len(run) > 1:
            yield _gap(run, instant)
        run = []


def _gap(run: Sequence[tuple[datetime, Cause]], answered_at: datetime | None) -> Gap:
    causes = Counter(cause for _, cause in run)
    most = max(causes, key=lambda cause: (causes[cause], cause != "down"))
    return Gap(run[0][0], answered_at or run[-1][0], len(run), most)
