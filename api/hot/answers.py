"""All hot answers, and what notices do to them."""

from collections.abc import Callable
from datetime import datetime

from api.hot.board import BoardShelf
from api.hot.entrants import EntrantsShelf
from api.hot.next_race import NextRaceShelf
from api.hot.served import Served
from api.read.reader import Reader
from shared.clock import Clock
from shared.events import Notice


class HotAnswers:
    """The shelves; *hears* says whether notices arrive at all."""

    def __init__(self, reader: Reader, clock: Clock, hears: Callable[[], bool]) -> None:
        self._entrants = EntrantsShelf(reader, clock, hears)
        self._board = BoardShelf(reader, clock, hears)
        self._next_race = NextRaceShelf(reader, clock, hears)

    async def entrants(self, race_id: str) -> Served:
        """Return a race's entrants; NotFound when it is not stored."""
        return await self._entrants.served(race_id)

    async def board(self) -> Served:
        """Return the board by stage."""
        return await self._board.served()

    async def next_race(self) -> Served:
        """Return the next race to start, or null."""
        return await self._next_race.served()

    def noticed(self, notice: Notice) -> None:
        """Take in what a transaction announced when it was committed; ValueError for an instant that is none."""
        at = datetime.fromisoformat(notice.at) if notice.at else None
        if at is not None and at.tzinfo is None:
            raise ValueError("an instant without a zone")
        if notice.race_id is None:
            self.forget()
            return
        self._next_race.noticed(notice, at)
        if notice.kinds:
            self._board.changed(notice.race_id)
            self._entrants.changed(notice.race_id)
        elif at is not None:
            self._board.polled(notice.race_id, at)
            self._entrants.polled(notice.race_id, at)

    def forget(self) -> None:
        """Doubt everything: notices may have been missed."""
        self._board.forget()
        self._entrants.forget()
        self._next_race.forget()
