"""PURE due instants and polls → what was expected, what came, and the gaps with their cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from workers import cadence
from workers.transform.money_flow import bucket_of

Cause = Literal["down", "upstream", "budget"]
_LAST_FIVE = timedelta(minutes=5)
_MOST_INSTANTS = 5000


@dataclass(frozen=True, slots=True)
class PollFact:
    """A poll as its row tells it."""

    at: datetime
    good: bool
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which two or more due instants in a row brought no good poll."""

    begins: datetime
    ends: datetime
    missed: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class Coverage:
    """One race's polls and buckets against those of its profile."""

    expected_polls: int
    good_polls: int
    failed_polls: int
    expected_buckets: int
    last_five_expected: int
    last_five_good: int
    gaps: tuple[Gap, ...]


def due_instants(
    profile: cadence.Profile, start: datetime, statuses: Sequence[tuple[datetime, str]], until: datetime
) -> list[datetime]:
    """Return every due instant of a race up to *until*, its status being what *statuses* say from each instant on."""
    instants: list[datetime] = []
    instant = cadence.first_due(profile, start) - timedelta(seconds=1)
    while len(instants) < _MOST_INSTANTS:
        following = cadence.due_after(profile, _status_at(statuses, instant), start, instant)
        if following is None or following > until:
            break
        instants.append(following)
        instant = following
    return instants


def coverage_of(
    profile: cadence.Profile,
    start: datetime,
    statuses: Sequence[tuple[datetime, str]],
    polls: Sequence[PollFact],
    until: datetime,
) -> Coverage:
    """Compare *polls*, oldest first, with what the profile expects of a race up to *until*."""
    expected = due_instants(profile, start, statuses, until)
    good = [poll.at for poll in polls if poll.good]
    critical = (start - _LAST_FIVE - timedelta(seconds=cadence.AHEAD_S), start)
    buckets = {
        bucket_of((start - instant).total_seconds())
        for instant in expected
        if _status_at(statuses, instant) == "open" or instant <= start
    }
    return Coverage(
        expected_polls=len(expected),
        good_polls=len(good),
        failed_polls=len(polls) - len(good),
        expected_buckets=len(buckets),
        last_five_expected=sum(critical[0] <= instant <= critical[1] for instant in expected),
        last_five_good=sum(critical[0] <= at <= critical[1] for at in good),
        gaps=tuple(_gaps(expected, good, polls)),
    )


def _status_at(statuses: Sequence[tuple[datetime, str]], instant: datetime) -> str:
    current = "open"
    for since, status in statuses:
        if since > instant:
            break
        current = status
    return current


def _gaps(expected: list[datetime], good: list[datetime], polls: Sequence[PollFact]) -> list[Gap]:
    """Find runs of two or more due instants after which no good poll came before the next one."""
    gaps: list[Gap] = []
    run: list[datetime] = []
    position = 0
    for index, instant in enumerate(expected):
        following = expected[index + 1] if index + 1 < len(expected) else None
        while position < len(good) and good[position] < instant:
            position += 1
        answered = position < len(good) and (following is None or good[position] < following)
        if not answered:
            run.append(instant)
        if run and (answered or following is None):
            if len(run) > 1:
                ends = instant if answered else run[-1]
                gaps.append(Gap(run[0], ends, len(run), _cause(run[0], ends, polls)))
            run = []
    return gaps


def _cause(begins: datetime, ends: datetime, polls: Sequence[PollFact]) -> Cause:
    errors = [poll.error or "" for poll in polls if not poll.good and begins <= poll.at <= ends]
    if not errors:
        return "down"
    return "budget" if all("budget" in error for error in errors) else "upstream"
