"""What was asked and what was served, kept for acceptance checks; never part of the API."""

import gzip
import json
import tempfile
from collections import defaultdict, deque
from collections.abc import Iterator
from threading import Lock
from typing import IO

MOST_REQUESTS = 50_000


class Ledger:
    """The log of requests and, when *keep_served*, every event body in a temporary file."""

    def __init__(self, *, keep_served: bool) -> None:
        self._lock = Lock()
        self._requests: deque[dict[str, object]] = deque(maxlen=MOST_REQUESTS)
        self._file: IO[bytes] | None = tempfile.TemporaryFile() if keep_served else None  # noqa: SIM115 lives as long
        self._served: dict[str, list[tuple[float, int, int]]] = defaultdict(list)
        self._last: dict[str, tuple[float, bytes]] = {}
        self.count = 0

    def request(self, at: float, path: str, outcome: str, *, identified: bool) -> None:
        """Note a request; the identification itself is a credential and is not kept."""
        row = {"at": at, "path": path, "outcome": outcome, "identified": identified}
        with self._lock:
            self.count += 1
            self._requests.append(row)

    def requests(self) -> list[dict[str, object]]:
        """Return the requests noted, oldest first."""
        with self._lock:
            return list(self._requests)

    def served(self, race_id: str, at: float, gzipped: bytes) -> None:
        """Keep an event body that goes out."""
        with self._lock:
            self._last[race_id] = (at, gzipped)
            if self._file is not None:
                self._file.seek(0, 2)
                self._served[race_id].append((at, self._file.tell(), len(gzipped)))
                self._file.write(gzipped)

    def bodies(self, race_id: str) -> Iterator[bytes]:
        """Yield the event bodies served of a race, oldest first, each as `{"served_at": …, "event": …}`."""
        for at, offset, length in list(self._served.get(race_id, [])):
            with self._lock:
                if self._file is None:
                    return
                self._file.seek(offset)
                packed = self._file.read(length)
            yield _row(at, packed)

    def last(self, race_id: str) -> bytes | None:
        """Return the event body last served of a race."""
        with self._lock:
            kept = self._last.get(race_id)
        return None if kept is None else _row(*kept)

    def close(self) -> None:
        """Let the temporary file go."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def _row(at: float, packed: bytes) -> bytes:
    return b'{"served_at":%s,"event":%s}' % (json.dumps(at).encode(), gzip.decompress(packed))
