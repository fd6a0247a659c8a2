"""A race's entrants with their bounded histories."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from api.read.races import race
from api.read.reader import Reader, Row

HISTORY = 40  # of each runner: newest changes of each kind of price, and of its money


@dataclass(frozen=True, slots=True)
class RaceEntrants:
    """A race as stored, and its runners by number."""

    race: Row
    entrants: list[Row]


async def race_entrants(reader: Reader, race_id: str) -> RaceEntrants:
    """Return a race's entrants with their histories; NotFound when the race is not stored."""
    async with reader.snapshot() as snapshot:
        here = await race(snapshot, race_id)
        keys: dict[str, Any] = {"race_id": race_id, "racing_day": here["racing_day"], "each": HISTORY}
        entrants = await snapshot.rows("select_entrants_by_race", race_id=race_id)
        odds = _by_entrant(await snapshot.rows("select_odds_history_by_race", **keys))
        money = _by_entrant(await snapshot.rows("select_money_flow_by_race", **keys))
    for row in entrants:
        row["odds_history"] = odds[row["entrant_id"]]
        row["money_flow_history"] = money[row["entrant_id"]]
    return RaceEntrants(here, entrants)


def _by_entrant(rows: list[Row]) -> defaultdict[str, list[Row]]:
    grouped: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.pop("entrant_id")].append(row)
    return grouped
