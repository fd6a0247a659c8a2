"""Reads what the workers recorded: an index of a folder's lines, their bodies when wanted."""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

from shared.errors import RaceDayError
from workers.upstream.record import RETRIED, SUFFIX, Entry

_WINDOW = zlib.MAX_WBITS | 16  # gzip
_INSTANTS = frozenset({"at", "received_at", "done_at", "due_at"})
_NAMES = frozenset(each.name for each in fields(Entry))


class NoRecordingError(RaceDayError):
    """Nothing that could be replayed was found."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A line of a recording: *entry* is without its body, which `body` reads from the file."""

    entry: Entry
    file: Path
    offset: int
    length: int

    @property
    def day(self) -> date:
        """The racing day under which it was kept."""
        return date.fromisoformat(self.file.parent.name)

    @property
    def settles(self) -> bool:
        """Whether this is what came of its call: no other try followed."""
        return self.entry.outcome != RETRIED

    @property
    def slot(self) -> datetime:
        """The instant from which on it is the answer: the one it was due at, else the one it was asked at."""
        return self.entry.due_at or self.entry.at

    def body(self) -> bytes | None:
        """Return the body as it came; None where none came."""
        with self.file.open("rb") as file:
            file.seek(self.offset)
            told = json.loads(zlib.decompress(file.read(self.length), _WINDOW))
        text = told.get("body")
        return None if text is None else str(text).encode(errors="surrogateescape")


def read_recording(folder: Path) -> list[Recorded]:
    """Return what *folder* holds, a day's or one of many days, in the order of the sending."""
    files = sorted(folder.glob(f"*{SUFFIX}")) or sorted(folder.glob(f"????-??-??/*{SUFFIX}"))
    found = [line for file in files for line in _lines(file)]
    if not found:
        raise NoRecordingError(f"{folder} holds no recording: RECORD_DIR names where the workers make one")
    return sorted(found, key=lambda line: line.entry.at)


def _lines(file: Path) -> Iterator[Recorded]:
    """Yield the lines of a file, a gzip member each; a last one that was cut off is left out."""
    packed = file.read_bytes()
    offset = 0
    while offset < len(packed):
        unpack = zlib.decompressobj(_WINDOW)
        try:
            plain = unpack.decompress(packed[offset:])
        except zlib.error:
            return
        if not unpack.eof:
            return
        length = len(packed) - offset - len(unpack.unused_data)
        yield Recorded(_entry(json.loads(plain)), file, offset, length)
        offset += length


def _entry(told: dict[str, Any]) -> Entry:
    values = {name: value for name, value in told.items() if name in _NAMES}
    values |= {name: datetime.fromisoformat(values[name]) for name in _INSTANTS & values.keys()}
    values["written"] = tuple((name, datetime.fromisoformat(at)) for name, at in values.get("written", ()))
    return Entry(**{**values, "body": None})
