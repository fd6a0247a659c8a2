"""What all threads of a client share, behind one lock: budget, circuit and counters."""

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from shared.clock import Clock
from workers.upstream import budget, patience


@dataclass(frozen=True, slots=True)
class TrafficSnapshot:
    """The counters at a moment, for the status row; *failures* counts tries by kind."""

    calls: int
    tries: int
    retries: int
    wire_bytes: int
    body_bytes: int
    failures: dict[str, int]
    circuit: budget.CircuitState
    failures_in_a_row: int
    budget_left: int
    last_failure: str | None
    last_answer_at: datetime | None


class CircuitOpenError(Exception):
    """The upstream failed too often in a row: no call now."""


class Traffic:
    """Admits tries and counts how they went."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._bucket = budget.full_bucket(per_minute, clock.now())
        self._circuit = budget.CLOSED
        self._patience = patience.Patience()
        self._calls = self._tries = self._wire_bytes = self._body_bytes = 0
        self._failures: Counter[str] = Counter()
        self._last_failure: str | None = None
        self._last_answer_at: datetime | None = None

    def count_call(self) -> None:
        """Count a call, however many tries it takes."""
        with self._lock:
            self._calls += 1

    def admit(self, *, urgent: bool) -> float:
        """Return 0 and count a try, or the domain seconds to wait for the budget; CircuitOpenError if open."""
        with self._lock:
            now = self._clock.now()
            circuit, closed_for_s = budget.enter(self._circuit, now)
            if closed_for_s > 0:
                raise CircuitOpenError(
                    f"circuit open after {circuit.failures} failures in a row, the last: {self._last_failure}; "
                    f"next try in {closed_for_s:.1f} s"
                )
            self._bucket, wait_s = budget.take(self._bucket, now, urgent=urgent)
            if wait_s == 0:
                self._circuit = circuit
                self._tries += 1
            return wait_s

    def try_limit_s(self, deadline_s: float) -> float:
        """Return the real seconds that one try may take of a call with *deadline_s*."""
        with self._lock:
            return patience.try_limit_s(self._patience, deadline_s)

    def took(self, real_s: float) -> None:
        """Note how long an answer took."""
        with self._lock:
            self._patience = patience.answered(self._patience, real_s)

    def ran_out(self, cut_tries: int) -> None:
        """Note a call that ended without an answer, some of its tries cut short."""
        with self._lock:
            self._patience = patience.ran_out(self._patience, cut_tries)

    def succeeded(self, wire_bytes: int, body_bytes: int) -> None:
        """Count an answer that came whole, of use or not."""
        with self._lock:
            self._circuit = budget.succeeded(self._circuit)
            self._wire_bytes += wire_bytes
            self._body_bytes += body_bytes
            self._last_answer_at = self._clock.now()

    def failed(self, kind: str) -> None:
        """Count a failed try."""
        with self._lock:
            self._circuit = budget.failed(self._circuit, self._clock.now())
            self._failures[kind] += 1
            self._last_failure = kind

    def gave_up(self) -> None:
        """Let another try be the probe: this one ended without an answer either way."""
        with self._lock:
            self._circuit = budget.gave_up(self._circuit)

    def count_failure(self, kind: str) -> None:
        """Count what says nothing about the upstream's health: no budget, a payload of no use."""
        with self._lock:
            self._failures[kind] += 1

    def snapshot(self) -> TrafficSnapshot:
        """Return the counters of now."""
        with self._lock:
            bucket = budget.refilled(self._bucket, self._clock.now())
            return TrafficSnapshot(
                calls=self._calls,
                tries=self._tries,
                retries=max(0, self._tries - self._calls),
                wire_bytes=self._wire_bytes,
                body_bytes=self._body_bytes,
                failures=dict(self._failures),
                circuit=self._circuit.state,
                failures_in_a_row=self._circuit.failures,
                budget_left=int(bucket.tokens),
                last_failure=self._last_failure,
                last_answer_at=self._last_answer_at,
            )
