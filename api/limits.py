"""How much one client may ask: requests a minute, streams at once."""

from collections import Counter, OrderedDict
from dataclasses import dataclass

from shared.clock import real_monotonic

_MOST_CLIENTS = 20_000  # remembered; who asked longest ago is forgotten first
WINDOW_S = 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a client; *retry_after_s* is set when nothing is."""

    limit: int
    remaining: int
    reset_s: int
    retry_after_s: int | None = None

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the standard headers."""
        told = [
            (b"ratelimit-limit", b"%d" % self.limit),
            (b"ratelimit-remaining", b"%d" % self.remaining),
            (b"ratelimit-reset", b"%d" % self.reset_s),
            (b"ratelimit-policy", b"%d;w=%d" % (self.limit, WINDOW_S)),
        ]
        if self.retry_after_s is not None:
            told.append((b"retry-after", b"%d" % self.retry_after_s))
        return told


class RateLimiter:
    """A token bucket per client: *per_minute* at once, refilled evenly; 0 is no limit. Real time."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._per_second = per_minute / WINDOW_S
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> Allowance | None:
        """Count a request of *client*; None where there is no limit."""
        if self._per_minute == 0:
            return None
        now = real_monotonic()
        tokens, at = self._buckets.get(client, (float(self._per_minute), now))
        tokens = min(float(self._per_minute), tokens + (now - at) * self._per_second)
        granted = tokens >= 1
        tokens -= granted
        self._buckets[client] = (tokens, now)
        self._buckets.move_to_end(client)
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        reset_s = int((self._per_minute - tokens) / self._per_second) + 1
        retry_after_s = None if granted else int((1 - tokens) / self._per_second) + 1
        return Allowance(self._per_minute, int(tokens), reset_s, retry_after_s)


class StreamSlots:
    """Counts open streams, of each client and of all."""

    def __init__(self, per_client: int, all_clients: int) -> None:
        self._per_client, self._all_clients = per_client, all_clients
        self._open: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """How many streams are open."""
        return self._open.total()

    def take(self, client: str) -> str | None:
        """Take a slot for *client*; the reason where there is none."""
        if self._open[client] >= self._per_client:
            return f"{self._per_client} streams are open from this client, which is the limit"
        if self.open >= self._all_clients:
            return "too many streams are open"
        self._open[client] += 1
        return None

    def give_back(self, client: str) -> None:
        """Return the slot of *client*."""
        self._open[client] -= 1
        if self._open[client] <= 0:
            del self._open[client]
