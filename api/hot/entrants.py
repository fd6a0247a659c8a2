"""A race's entrants with history, built once per change of the race."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from api.caching import encode, kind_of
from api.hot.served import BOOT, Served
from api.hot.validity import Validity
from api.read.entrants import race_entrants
from api.read.reader import Reader, Row
from api.schemas.base import Freshness
from api.turns import Turns
from api.view import freshness
from shared.clock import Clock
from shared.errors import NotFound
from shared.models import is_terminal

_MOST_RACES = 48  # each some hundred kilobytes; the one asked for longest ago goes first


@dataclass
class _Entry:
    validity: Validity
    turns: Turns = field(default_factory=Turns)
    builds: int = 0
    race: Row = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    served: Served | None = None
    served_key: tuple[object, ...] = ()


class EntrantsShelf:
    """Answers to /api/entrants by race."""

    def __init__(self, reader: Reader, clock: Clock, hears: Callable[[], bool]) -> None:
        self._reader, self._clock, self._hears = reader, clock, hears
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def changed(self, race_id: str) -> None:
        """Note that a race changed."""
        if entry := self._entries.get(race_id):
            entry.validity.spoil()

    def polled(self, race_id: str, at: datetime) -> None:
        """Note a good poll of a race: its age moves, its answer stays built."""
        entry = self._entries.get(race_id)
        if entry and entry.race and (entry.race["last_polled_at"] is None or entry.race["last_polled_at"] < at):
            entry.race["last_polled_at"] = at

    def forget(self) -> None:
        """Note that notices may have been missed."""
        for entry in self._entries.values():
            entry.validity.spoil()

    async def served(self, race_id: str) -> Served:
        """Return the answer of now; NotFound when the race is not stored."""
        entry = self._entry(race_id)
        if not entry.validity.holds:
            try:
                await entry.turns.take(lambda: self._build(race_id, entry), lambda: not entry.validity.holds)
            except NotFound:
                self._entries.pop(race_id, None)
                raise
        return self._render(race_id, entry)

    def _entry(self, race_id: str) -> _Entry:
        """Return the race's place on the shelf; it is there before the build, for notices that come meanwhile."""
        entry = self._entries.setdefault(race_id, _Entry(Validity(self._hears)))
        self._entries.move_to_end(race_id)
        while len(self._entries) > _MOST_RACES:
            self._entries.popitem(last=False)
        return entry

    async def _build(self, race_id: str, entry: _Entry) -> None:
        mark = entry.validity.begin()
        found = await race_entrants(self._reader, race_id)
        entry.pieces = _pieces([text[:-1] for text in found.entrants])
        entry.race, entry.builds = found.race, entry.builds + 1
        entry.validity.done(mark)

    def _render(self, race_id: str, entry: _Entry) -> Served:
        now = self._clock.now()
        race = entry.race
        key = (entry.builds, race["last_polled_at"], int(now.timestamp()))
        if entry.served is not None and entry.served_key == key:
            return entry.served
        fresh = freshness(race["last_polled_at"], race["status"], race["start_time"], now, self._clock.speed)
        body = (b"," + encode(Freshness, fresh)[1:-1]).join(entry.pieces)
        basis = (BOOT, race_id, entry.builds, race["last_polled_at"], fresh["stale"])
        etag = f'W/"{blake2b(repr(basis).encode(), digest_size=12).hexdigest()}"'
        kind = kind_of(race["racing_day"], now, live=not is_terminal(race["status"]))
        entry.served, entry.served_key = Served(body, etag, kind), key
        return entry.served


def _pieces(facts: list[bytes]) -> list[bytes]:
    """Cut the list of open objects so that the freshness, joined in, closes each of them."""
    if not facts:
        return [b"[]"]
    return [b"[" + facts[0], *(b"}," + fact for fact in facts[1:]), b"}]"]
