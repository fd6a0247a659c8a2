"""All hot answers, and what notices do to them."""

from collections.abc import Callable
from datetime import datetime

from api.hot.board import BoardShelf
from api.hot.entrants import EntrantsShelf
from api.hot.served import Served
from api.read.reader import Reader
from shared.clock import Clock
from shared.events import Notice


class HotAnswers:
    """The shelves; *hears* says whether notices arrive at all."""

    def __init__(self, reader: Reader, clock: Clock, hears: Callable[[], bool]) -> None:
        self._entrants = EntrantsShelf(reader, clock, hears)
        self._board = BoardShelf(reader, clock, hears)

    async def entrants(self, race_id: str) -> Served:
        """Return a race's entrants; NotFound when it is not stored."""
        return await self._entrants.served(race_id)

    async def board(self) -> Served:
        """Return the board by stage."""
        return await self._board.served()

    def noticed(self, notice: Notice) -> None:
        """Take in what a transaction announced when it was committed."""
        if notice.race_id is None:
            self._board.forget()
            self._entrants.forget()
            return
        if notice.kinds:
            self._board.changed(notice.race_id)
            self._entrants.changed(notice.race_id)
        elif notice.at is not None:
            at = datetime.fromisoformat(notice.at)
            self._board.polled(notice.race_id, at)
            self._entrants.polled(notice.race_id, at)

    def forget(self) -> None:
        """Doubt everything: notices may have been missed."""
        self._board.forget()
        self._entrants.forget()
