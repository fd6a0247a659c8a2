"""PURE when races were polled, against DOMAIN §2's table (standard profile)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.acceptance.reading import TERMINAL
from tests.acceptance.received import GOOD

Span = tuple[datetime, datetime]
SLACK_S = 1.0  # a tick of the loop and the machine's noise


@dataclass(frozen=True, slots=True)
class Known:
    """What was known of a race from *at* on."""

    at: datetime
    status: str
    start: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A race without a good poll for longer than allowed."""

    race_id: str
    since: datetime
    until: datetime
    allowed_s: float
    faults: int
    faults_in_a_row: int

    def __str__(self) -> str:
        seconds = (self.until - self.since).total_seconds()
        return (
            f"{self.race_id} no good poll {self.since:%H:%M:%S}–{self.until:%H:%M:%S}: {seconds:.1f} s, allowed "
            f"{self.allowed_s:.0f} s; {self.faults} faults, {self.faults_in_a_row} in a row"
        )


def interval(status: str, minutes: float) -> float | None:
    """Return the seconds between polls at *minutes* to the advertised start; None where there are none."""
    if status in TERMINAL or minutes > 60 or minutes < -120:
        return None
    if minutes >= 0:
        return 300.0 if minutes > 20 else 120.0 if minutes > 10 else 60.0 if minutes > 5 else 15.0
    if status == "open" and minutes >= -10:
        return 15.0
    return 60.0 if minutes >= -15 else 300.0


def longest(knowns: Sequence[Known], since: datetime, until: datetime) -> float | None:
    """Return the longest interval of the table between two instants, going by what was known at the first."""
    known = max((k for k in knowns if k.at <= since), key=lambda k: k.at, default=knowns[0])
    found = []
    for at in (since, until):
        found.append(interval(known.status, (known.start - at).total_seconds() / 60))
    known_ones = [each for each in found if each is not None]
    return max(known_ones) if known_ones else None


def gaps(
    race_id: str, polls: Iterable[dict[str, Any]], knowns: Sequence[Known], watched: Iterable[Span],
    tries: Sequence[tuple[float, bool]], slack_s: float = SLACK_S,
) -> list[Gap]:  # fmt: skip
    """Return the race's spells without a good poll that are too long and that three faults in a row do not excuse."""
    if not knowns:
        return []
    found = []
    good = [row for row in polls if row["outcome"] in GOOD]
    for begun, ended in watched:
        opens = max(begun, knowns[0].at, knowns[0].start - timedelta(hours=1))
        instants = [opens, *(row["started_at"] for row in good if opens < row["started_at"] < ended), ended]
        for seen, until in pairwise(instants):
            # A start that was moved far away takes the race out of the table until an hour before it.
            told = max((k for k in knowns if k.at <= seen), key=lambda k: k.at, default=knowns[0])
            since = max(seen, min(until, told.start - timedelta(hours=1)))
            longest_s = longest(knowns, since, until)
            if longest_s is None:
                continue
            allowed = 2 * longest_s + min(5.0, longest_s) + slack_s
            if (until - since).total_seconds() <= allowed:
                continue
            between = [good_try for at, good_try in tries if since.timestamp() < at < until.timestamp()]
            row = faults_in_a_row(between)
            if row < 3:
                faults = between.count(False)  # the first try, a good one, is the one that opens the spell
                found.append(Gap(race_id, since, until, allowed, faults, row))
    return found


def faults_in_a_row(tries: Iterable[bool]) -> int:
    """Return the longest run of tries that drew a fault."""
    most = now = 0
    for good in tries:
        now = 0 if good else now + 1
        most = max(most, now)
    return most


def overlaps(polls: Sequence[dict[str, Any]]) -> list[tuple[datetime, datetime]]:
    """Return pairs of polls of one race, given oldest first, that ran at once."""
    return [
        (first["started_at"], second["started_at"])
        for first, second in pairwise(polls)
        if second["started_at"] < first["finished_at"]
    ]


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value that *share* of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
