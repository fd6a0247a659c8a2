"""PURE what a race's oracle takes and gives, and the pairing of served bodies with our polls."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

GOOD = frozenset({"changed", "unchanged"})
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Poll:
    """A row of `polls`: the successful try's sending, the answer's end, what came of it."""

    started_at: datetime
    finished_at: datetime
    outcome: str
    reason: str = "poll"


@dataclass(slots=True)
class Expected:
    """What must be stored of one race; keys are those of the tables without day and race."""

    race: Row = field(default_factory=dict)
    entrants: dict[str, Row] = field(default_factory=dict)
    pools: Row | None = None
    odds_history: dict[tuple[str, str, datetime], Decimal | None] = field(default_factory=dict)
    money_flow_history: dict[tuple[str, datetime], Row] = field(default_factory=dict)
    money_flow_buckets: dict[tuple[Decimal, str], Row] = field(default_factory=dict)
    pools_history: dict[datetime, Row] = field(default_factory=dict)
    results: list[Row] = field(default_factory=list)
    statuses: list[tuple[datetime, str]] = field(default_factory=list)
    starts: list[tuple[datetime, datetime]] = field(default_factory=list)
    scratchings: list[tuple[datetime, str]] = field(default_factory=list)
    outcomes: dict[datetime, str] = field(default_factory=dict)
    fluctuations: dict[str, set[tuple[datetime, Decimal]]] = field(default_factory=dict)
    lost_bodies: int = 0
    unserved_polls: list[datetime] = field(default_factory=list)
    answers: int = 0


def received(
    served: Iterable[tuple[datetime, dict]], polls: Iterable[Poll], report: Expected
) -> Iterator[tuple[datetime, dict]]:
    """Pair each good poll with the first body served inside it; note in *report* what has no counterpart.

    The first, as a poll's start is the sending of the try that succeeded.
    """
    good = sorted((poll for poll in polls if poll.outcome in GOOD), key=lambda poll: poll.started_at)
    bodies = iter(served)
    body = next(bodies, None)
    for poll in good:
        while body is not None and body[0] < poll.started_at:
            report.lost_bodies += 1
            body = next(bodies, None)
        if body is None or body[0] > poll.finished_at:
            report.unserved_polls.append(poll.started_at)
        else:
            yield poll.started_at, body[1]
            body = next(bodies, None)
    report.lost_bodies += (body is not None) + sum(1 for _ in bodies)
