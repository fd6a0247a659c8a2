"""The next race to start, built once per change of any race's start or status, and of that race itself."""

from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b

from api.caching import encode
from api.hot.served import BOOT, Served
from api.hot.validity import Validity
from api.read.races import next_scheduled
from api.read.reader import Reader, Row
from api.schemas.races import Race
from api.turns import Turns
from api.view import with_freshness
from shared.clock import Clock
from shared.events import Notice

_MOVES_IT = frozenset({"meeting", "race", "status", "start_time"})


class NextRaceShelf:
    """The answer to /api/races/next-scheduled."""

    def __init__(self, reader: Reader, clock: Clock, hears: Callable[[], bool]) -> None:
        self._reader, self._clock = reader, clock
        self._validity = Validity(hears)
        self._turns = Turns()
        self._race: Row | None = None
        self._builds = 0
        self._served: Served | None = None
        self._served_key: tuple[object, ...] = ()

    def noticed(self, notice: Notice, at: datetime | None) -> None:
        """Take in what happened to a race."""
        is_it = self._race is not None and self._race["race_id"] == notice.race_id
        if _MOVES_IT.intersection(notice.kinds) or (is_it and notice.kinds):
            self._validity.spoil()
        elif is_it and self._race is not None and at is not None:
            known = self._race["last_polled_at"]
            self._race["last_polled_at"] = at if known is None else max(known, at)

    def forget(self) -> None:
        """Note that notices may have been missed."""
        self._validity.spoil()

    async def served(self) -> Served:
        """Return the answer of now."""
        if not self._holds():
            await self._turns.take(self._build, lambda: not self._holds())
        return self._render()

    async def _build(self) -> None:
        mark = self._validity.begin()
        self._race = await next_scheduled(self._reader, self._clock.now())
        self._builds += 1
        self._validity.done(mark)

    def _holds(self) -> bool:
        has_started = self._race is not None and self._race["start_time"] <= self._clock.now()
        return self._validity.holds and not has_started

    def _render(self) -> Served:
        now, race = self._clock.now(), self._race
        key = (self._builds, race and race["last_polled_at"], int(now.timestamp()))
        if self._served is not None and self._served_key == key:
            return self._served
        shown = race and with_freshness(race, now, self._clock.speed)
        basis = repr((BOOT, key[:2], shown and shown["stale"])).encode()
        etag = f'W/"{blake2b(basis, digest_size=12).hexdigest()}"'
        self._served, self._served_key = Served(encode(Race | None, shown), etag, "live"), key
        return self._served
