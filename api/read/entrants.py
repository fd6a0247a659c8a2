"""A race's entrants with their bounded histories."""

from dataclasses import dataclass

from api.read.races import race
from api.read.reader import Reader, Row

HISTORY = 40  # of each runner: newest changes of each kind of price, and of its money


@dataclass(frozen=True, slots=True)
class RaceEntrants:
    """A race as stored, and its runners by number, each a JSON object without its freshness."""

    race: Row
    entrants: list[bytes]


async def race_entrants(reader: Reader, race_id: str) -> RaceEntrants:
    """Return a race's entrants with their histories; NotFound when the race is not stored."""
    here = await race(reader, race_id)
    # Prices and histories are one statement, and so one view; what came between the two is announced and built anew.
    keys = {"race_id": race_id, "racing_day": here["racing_day"], "start_time": here["start_time"], "each": HISTORY}
    rows = await reader.rows("select_entrants_by_race", **keys)
    return RaceEntrants(here, [row["entrant"].encode() for row in rows])
