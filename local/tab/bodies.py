"""Answers as bytes: an event's data is built and packed once per moment, each answer's own header put before it."""

import json
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from local.tab.chance import nanos
from local.tab.event_json import Asked, event_data
from local.tab.race_day import RacePlan
from local.tab.story import moment, tell

GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
LEVEL = 4
MOST_KEPT = 250  # some 60 MB of bodies at most


@dataclass(frozen=True, slots=True)
class Body:
    """A whole answer: *prefix* is its own, *data* is shared with every other answer of the same moment."""

    prefix: bytes
    data: bytes
    packed: bytes

    @property
    def plain(self) -> bytes:
        """The JSON as it is."""
        return self.prefix + self.data

    @property
    def gzipped(self) -> bytes:
        """One gzip member: the prefix is packed now, the data was packed before; deflate blocks may be joined."""
        packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
        head = packer.compress(self.prefix) + packer.flush(zlib.Z_FULL_FLUSH)
        checksum = zlib.crc32(self.data, zlib.crc32(self.prefix))
        length = len(self.prefix) + len(self.data)
        return GZIP_HEAD + head + self.packed + checksum.to_bytes(4, "little") + length.to_bytes(4, "little")


class Bodies:
    """Built data, the most lately used kept."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._kept: OrderedDict[tuple[str, int, Asked], tuple[bytes, bytes]] = OrderedDict()
        self._most, self._lock = most, Lock()

    def event(self, race: RacePlan, instant: datetime, asked: Asked, prefix: bytes) -> Body:
        """Return the answer for a race at *instant* behind *prefix*."""
        then = moment(tell(race), instant.timestamp())
        key = (race.race_id, then, asked)
        data, packed = self._get(key, lambda: event_data(race, then, asked))
        return Body(prefix, data, packed)

    def _get(self, key: tuple[str, int, Asked], build: Callable[[], dict[str, object]]) -> tuple[bytes, bytes]:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = finish(build())
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made


def finish(data: object) -> tuple[bytes, bytes]:
    """Return `"data": …}` that ends an answer, plain and deflated."""
    plain = minified(data) + b"}"
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return plain, packer.compress(plain) + packer.flush()


def answer(data: object, prefix: bytes) -> Body:
    """Return an answer that is not worth keeping."""
    return Body(prefix, *finish(data))


def envelope(title: str, path: str, params: dict[str, object], instant: datetime, count: int) -> bytes:
    """Return the beginning of an answer up to its data; *count* makes the generated time differ every time."""
    header = {"title": title, "generated_time": generated(instant, count), "url": path}
    return b'{"header":%s,"params":%s,"data":' % (minified(header), minified(params))


def refusal(title: str, path: str, why: str, code: int, instant: datetime, count: int) -> bytes:
    """Return the body of an error, as the API's description has it."""
    header = {"title": title, "generated_time": generated(instant, count), "url": path}
    return minified({"header": {**header, "error": why, "error_code": str(code)}})


def generated(instant: datetime, count: int) -> str:
    """Return the time an answer was made, in upstream's fractions; no two are alike."""
    fraction = f"{instant.microsecond:06}"[:4] + nanos(0, count)[:2] + f"{count % 1000:03}"
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{fraction}Z"


def minified(payload: object) -> bytes:
    """Return JSON without spaces, as upstream sends it."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
