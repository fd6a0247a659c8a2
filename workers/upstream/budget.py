"""PURE token bucket and circuit breaker.

State and the domain instant go in, the next state and the wait come out; who shares them brings the lock.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

BURST_SHARE = 3  # the bucket holds a third of a minute's requests: no burst is larger
URGENT_SHARE = 3  # and the last third of the bucket is for the races that are about to start
FAILURES_TO_OPEN = 10
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)
MIN_WAIT_S = 0.001

CircuitState = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens left at an instant; it fills at the budget's rate up to its capacity."""

    per_minute: int
    tokens: float
    at: datetime

    @property
    def capacity(self) -> float:
        """The largest burst."""
        return max(2.0, self.per_minute / BURST_SHARE)


def full_bucket(per_minute: int, now: datetime) -> Bucket:
    """Return a bucket to start with."""
    bucket = Bucket(per_minute, 0.0, now)
    return replace(bucket, tokens=bucket.capacity)


def refilled(bucket: Bucket, now: datetime) -> Bucket:
    """Return the bucket as it stands at *now*; a clock that steps back takes nothing away."""
    elapsed_s = max(0.0, (now - bucket.at).total_seconds())
    tokens = min(bucket.capacity, bucket.tokens + elapsed_s * bucket.per_minute / 60)
    return replace(bucket, tokens=tokens, at=max(now, bucket.at))


def take(bucket: Bucket, now: datetime, *, urgent: bool) -> tuple[Bucket, float]:
    """Take a token: the seconds to wait before asking again are 0 where there was one."""
    bucket = refilled(bucket, now)
    needed = 1.0 if urgent else 1.0 + bucket.capacity / URGENT_SHARE
    if bucket.tokens >= needed:
        return replace(bucket, tokens=bucket.tokens - 1), 0.0
    return bucket, max(MIN_WAIT_S, (needed - bucket.tokens) * 60 / bucket.per_minute)


@dataclass(frozen=True, slots=True)
class Circuit:
    """Consecutive failures; open until *opens_again*, and while *probing* one call alone finds out."""

    failures: int = 0
    pause: timedelta = FIRST_PAUSE
    opens_again: datetime | None = None
    probing: bool = False

    @property
    def state(self) -> CircuitState:
        """What an operator is told."""
        if self.opens_again is None:
            return "closed"
        return "half-open" if self.probing else "open"


def enter(circuit: Circuit, now: datetime) -> tuple[Circuit, float]:
    """Ask to call: 0 is go, else the seconds until the next probe; the first to come then is the probe."""
    if circuit.opens_again is None:
        return circuit, 0.0
    if circuit.probing:
        return circuit, circuit.pause.total_seconds()
    wait_s = (circuit.opens_again - now).total_seconds()
    if wait_s > 0:
        return circuit, wait_s
    return replace(circuit, probing=True), 0.0


def succeeded(circuit: Circuit) -> Circuit:
    """Close the circuit: an answer came."""
    return circuit if circuit == CLOSED else CLOSED


def failed(circuit: Circuit, now: datetime) -> Circuit:
    """Count a failure; enough in a row open the circuit, and a failed probe doubles its pause."""
    failures = circuit.failures + 1
    if circuit.probing:
        pause = min(circuit.pause * 2, LONGEST_PAUSE)
        return Circuit(failures, pause, now + pause)
    if circuit.opens_again is None and failures >= FAILURES_TO_OPEN:
        return Circuit(failures, FIRST_PAUSE, now + FIRST_PAUSE)
    return replace(circuit, failures=failures)


def gave_up(circuit: Circuit) -> Circuit:
    """Let another call be the probe: this one was broken off without an answer either way."""
    return replace(circuit, probing=False)


CLOSED = Circuit()
