"""A race's entrants with their bounded histories."""

from dataclasses import dataclass

from api.caching import encode
from api.json_text import merged
from api.read.races import race
from api.read.reader import Reader, Row
from api.schemas.entrants import EntrantFigures

HISTORY = 40  # of each runner: newest changes of each kind of price, and of its money


@dataclass(frozen=True, slots=True)
class RaceEntrants:
    """A race as stored, and its runners by number, each a JSON object without its freshness."""

    race: Row
    entrants: list[bytes]


async def race_entrants(reader: Reader, race_id: str) -> RaceEntrants:
    """Return a race's entrants with their histories; NotFound when the race is not stored."""
    async with reader.snapshot() as snapshot:
        here = await race(snapshot, race_id)
        entrants = await snapshot.rows("select_entrants_by_race", race_id=race_id)
        written = await snapshot.rows(
            "select_histories_by_race", race_id=race_id, racing_day=here["racing_day"], each=HISTORY
        )
    histories = {row["entrant_id"]: row["histories"].encode() for row in written}
    return RaceEntrants(here, [merged(encode(EntrantFigures, row), histories[row["entrant_id"]]) for row in entrants])
