"""The board by stage: a fragment per race, built once per change of that race."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b

from api.caching import encode
from api.hot.served import BOOT, Served
from api.hot.validity import UNHEARD_FOR_S
from api.read.board import board_races, board_races_of_day
from api.read.reader import Reader, Row
from api.schemas.board import BoardFacts, BoardMoment
from api.turns import Turns
from api.view import STAGES, freshness, phase_of
from shared.clock import Clock, racing_day, real_monotonic
from shared.models import is_terminal

_LOOK_BACK, _LOOK_AHEAD = timedelta(hours=2), timedelta(hours=24)
_RELOAD_S = 60.0  # real seconds; notices tell of every change, so this mends only what they never told


@dataclass(slots=True)
class _Fragment:
    race: Row
    facts: bytes  # the race's object, left open for what moves with time
    build: int


class BoardShelf:
    """The answer to /api/live-odds/races-by-stage."""

    def __init__(self, reader: Reader, clock: Clock, hears: Callable[[], bool]) -> None:
        self._reader, self._clock, self._hears = reader, clock, hears
        self._turns = Turns()
        self._fragments: dict[str, _Fragment] = {}
        self._order: list[_Fragment] = []
        self._spoilt: set[str] = set()
        self._all_spoilt = True
        self._loading = False  # what is built by now is older than a notice
        self._loaded_at, self._loaded_day = float("-inf"), date.min
        self._builds = 0
        self._served: Served | None = None
        self._served_key: tuple[object, ...] = ()

    def changed(self, race_id: str) -> None:
        """Note that a race changed."""
        self._spoilt.add(race_id)

    def polled(self, race_id: str, at: datetime) -> None:
        """Note a good poll of a race: its age moves, its fragment stays built."""
        fragment = self._fragments.get(race_id)
        if fragment and (fragment.race["last_polled_at"] is None or fragment.race["last_polled_at"] < at):
            fragment.race["last_polled_at"] = at
            self._served = None

    def forget(self) -> None:
        """Note that any race may have changed."""
        self._all_spoilt = True

    async def served(self) -> Served:
        """Return the board of now."""
        if self._is_due():
            await self._turns.take(self._load, self._is_due)
        return self._render()

    def _is_due(self) -> bool:
        return self._loading or bool(self._spoilt) or self._is_all_due()

    def _is_all_due(self) -> bool:
        kept_for = _RELOAD_S if self._hears() else UNHEARD_FOR_S
        aged = real_monotonic() - self._loaded_at > kept_for
        return self._all_spoilt or aged or self._loaded_day != racing_day(self._clock.now())

    async def _load(self) -> None:
        whole, spoilt = self._is_all_due(), self._spoilt
        self._all_spoilt, self._spoilt, self._loading = False, set(), True
        now = self._clock.now()
        day = racing_day(now)
        try:
            if whole:
                rows = await board_races_of_day(self._reader, day, now - _LOOK_BACK, now + _LOOK_AHEAD)
            else:
                rows = await board_races(self._reader, sorted(spoilt))
        except BaseException:
            self._all_spoilt = self._all_spoilt or whole
            self._spoilt |= spoilt
            raise
        finally:
            self._loading = False
        if whole:
            self._fragments.clear()
            self._loaded_at, self._loaded_day = real_monotonic(), day
        for row, facts in rows:
            self._builds += 1
            if not _belongs(row, day, now):
                self._fragments.pop(row["race_id"], None)
                continue
            self._fragments[row["race_id"]] = _Fragment(row, encode(BoardFacts, facts)[:-1] + b",", self._builds)
        self._order = sorted(self._fragments.values(), key=lambda f: (f.race["start_time"], f.race["race_id"]))
        self._served = None

    def _render(self) -> Served:
        now = self._clock.now()
        second = int(now.timestamp())
        if self._served is not None and self._served_key == (self._builds, second):
            return self._served
        stages: dict[str, list[bytes]] = {stage: [] for stage in STAGES}
        seen = blake2b(BOOT.encode(), digest_size=12)
        for fragment in self._order:
            race = fragment.race
            phase = phase_of(race["status"], race["start_time"], now)
            moment = {
                "minutes_until": phase.minutes_until,
                "next_phase_name": phase.next_phase_name,
                "next_phase_minutes": phase.next_phase_minutes,
                **freshness(race["last_polled_at"], race["status"], race["start_time"], now, self._clock.speed),
            }
            stages[phase.stage].append(fragment.facts + encode(BoardMoment, moment)[1:])
            del moment["age_seconds"]
            seen.update(repr((fragment.build, phase.stage, *moment.values())).encode())
        stages["finished"].reverse()
        listed = b",".join(b'"%s":[%s]' % (stage.encode(), b",".join(races)) for stage, races in stages.items())
        body = b'{"success":true,"stages":{%s},"total_races":%d,"timestamp":%s}' % (
            listed,
            len(self._order),
            encode(datetime, now),
        )
        self._served, self._served_key = Served(body, f'W/"{seen.hexdigest()}"', "live"), (self._builds, second)
        return self._served


def _belongs(race: Row, day: date, now: datetime) -> bool:
    """Whether a race is on the board: one of the day, or of another that is about to start or did not end."""
    near = now - _LOOK_BACK <= race["start_time"] <= now + _LOOK_AHEAD
    return bool(race["racing_day"] == day or (near and not is_terminal(race["status"])))
