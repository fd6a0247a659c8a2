"""How late polls begin against their due instants, over the last five minutes; real time."""

import threading
from collections import deque

from shared.clock import real_monotonic

_WINDOW_S = 300.0
_MOST = 20_000


class Lateness:
    """Real seconds of lateness of the polls of the last five minutes; safe from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: deque[tuple[float, float]] = deque(maxlen=_MOST)

    def note(self, late_s: float) -> None:
        """Remember that a poll began *late_s* real seconds after its instant."""
        with self._lock:
            self._noted.append((real_monotonic(), late_s))

    def percentiles_ms(self) -> tuple[int | None, int | None]:
        """Return the median and the 99th percentile in milliseconds; None without a poll."""
        since = real_monotonic() - _WINDOW_S
        with self._lock:
            while self._noted and self._noted[0][0] < since:
                self._noted.popleft()
            late = sorted(late_s for _, late_s in self._noted)
        if not late:
            return None, None
        return round(late[len(late) // 2] * 1000), round(late[min(len(late) - 1, len(late) * 99 // 100)] * 1000)
