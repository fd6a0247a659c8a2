"""Records upstream bodies by racing day and race, gzipped, bounded on disk; never fails who asks for it."""

import gzip
import json
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from loguru import logger

from workers.upstream.exchange import Try

CARD = "card"  # the file of a day's meetings, beside those of its races
RETRIED = "retried"  # the outcome of a try that another followed; its *error* says what was wrong with it
SUFFIX = ".jsonl.gz"
_LEVEL = 4
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One try: a line of a recording. Our identification is no part of it.

    The last try of a call tells what came of the call; those before it are RETRIED. *at* is the try's sending,
    *done_at* the end of the write; *written* tells of a card page when each of its meetings was stored, in that order.
    """

    kind: Literal["race", "meetings", "meeting"]
    path: str
    at: datetime
    received_at: datetime
    done_at: datetime
    outcome: str
    body: bytes | None
    status: int | None = None
    tries: int = 1
    reason: str = ""
    due_at: datetime | None = None
    lateness_ms: int | None = None
    error: str | None = None
    written: tuple[tuple[str, datetime], ...] = ()


class Recorder:
    """Appends entries under *folder*, at most *most_mb* megabytes of them: the oldest day goes first.

    Safe from many threads. What the disk refuses is counted in `lost` and logged once; nothing is raised.
    Without a folder it keeps nothing.
    """

    def __init__(self, folder: Path | None, most_mb: int = 2000) -> None:
        self._folder, self._most = folder, most_mb * _MEGABYTE
        self._lock = threading.Lock()
        self._bytes: dict[str, int] = {}
        self._told = False
        self.lost = 0
        if folder is not None:
            self._guarded(self._measure)

    def __bool__(self) -> bool:
        return self._folder is not None

    def keep(self, day: date, name: str, call: Entry, tries: Sequence[Try] = ()) -> None:
        """Append what came of a *call* to the file *name* (a race's id, or CARD) of *day*, a line per try.

        The last of *tries* gives *call* its body.
        """
        if self._folder is None:
            return
        if tries:
            call = replace(call, body=tries[-1].body)
        members = [gzip.compress(line_of(each), _LEVEL, mtime=0) for each in (*_retried(call, tries[:-1]), call)]
        with self._lock:
            for member in members:
                self._guarded(lambda member=member: self._append(day.isoformat(), name, member))  # type: ignore[misc]

    def _append(self, day: str, name: str, member: bytes) -> None:
        assert self._folder is not None  # noqa: S101  keep() looked
        self._make_room(day, len(member))
        if sum(self._bytes.values()) + len(member) > self._most:
            raise OSError(f"RECORD_MAX_MB leaves no room for the rest of {day}")
        path = self._folder / day / file_name(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(member)
        self._bytes[day] = self._bytes.get(day, 0) + len(member)

    def _make_room(self, day: str, needed: int) -> None:
        """Drop days before *day*, the oldest first, until *needed* bytes fit."""
        assert self._folder is not None  # noqa: S101  keep() looked
        while sum(self._bytes.values()) + needed > self._most:
            oldest = min(self._bytes, default=day)
            if oldest >= day:
                return
            shutil.rmtree(self._folder / oldest)
            del self._bytes[oldest]

    def _measure(self) -> None:
        """Count what earlier runs left."""
        assert self._folder is not None  # noqa: S101  the constructor looked
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._folder.glob(f"????-??-??/*{SUFFIX}"):
            day = path.parent.name
            self._bytes[day] = self._bytes.get(day, 0) + path.stat().st_size

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except OSError as error:
            self.lost += 1
            if not self._told:
                logger.bind(error=str(error)[:300], folder=str(self._folder)).warning("answers are not recorded")
            self._told = True
        else:
            self._told = False


def _retried(call: Entry, tries: Sequence[Try]) -> list[Entry]:
    """Return the lines of the tries before a call's last."""
    return [
        Entry(
            call.kind, call.path, each.sent_at, each.ended_at, each.ended_at, RETRIED, each.body, each.status,
            number, call.reason, call.due_at, error=each.outcome,
        )
        for number, each in enumerate(tries, 1)
    ]  # fmt: skip


def file_name(name: str) -> str:
    """Return the file of a race id, which is upstream's text: nothing in it leads elsewhere."""
    return quote(name, safe="").replace(".", "%2E")[:150] + SUFFIX


def line_of(entry: Entry) -> bytes:
    """Write an entry as a line of JSON; bytes of the body that are no UTF-8 survive it."""
    told = {name: value for name, value in asdict(entry).items() if value not in (None, (), "")}
    if entry.body is not None:
        told["body"] = entry.body.decode(errors="surrogateescape")
    return json.dumps(told, default=datetime.isoformat, separators=(",", ":")).encode() + b"\n"
