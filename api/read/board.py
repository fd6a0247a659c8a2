"""The board's races with their runners."""

from collections import defaultdict
from datetime import date, datetime

from api.read.reader import Reader, Row, Snapshot
from api.view import favourites_first

# A race as stored, for what moves with time, and the same race as the board shows it.
BoardRow = tuple[Row, Row]


async def board_races_of_day(reader: Reader, day: date, earliest: datetime, latest: datetime) -> list[BoardRow]:
    """Return the racing day's races, and others that start between the two and are not over."""
    async with reader.snapshot() as snapshot:
        races = await snapshot.rows("select_board_races", racing_day=day, earliest=earliest, latest=latest)
        return await _with_runners(snapshot, races)


async def board_races(reader: Reader, race_ids: list[str]) -> list[BoardRow]:
    """Return those of the races that are stored."""
    async with reader.snapshot() as snapshot:
        races = await snapshot.rows("select_board_races_by_id", race_ids=race_ids)
        return await _with_runners(snapshot, races)


async def _with_runners(snapshot: Snapshot, races: list[Row]) -> list[BoardRow]:
    runners: defaultdict[str, list[Row]] = defaultdict(list)
    for runner in await snapshot.rows("select_board_runners", race_ids=[race["race_id"] for race in races]):
        runners[runner["race_id"]].append(runner)
    return [(race, _facts(race, runners[race["race_id"]])) for race in races]


def _facts(race: Row, runners: list[Row]) -> Row:
    return {
        "race_id": race["race_id"],
        "off_time": race["start_time"],
        "course": race["meeting_name"],
        "name": race["name"],
        "race_number": race["race_number"],
        "status": race["status"],
        "type": race["race_type"],
        "category": race["category"],
        "country": race["country"],
        "distance": race["distance"],
        "meeting_id": race["meeting_id"],
        "runners": sum(not runner["is_scratched"] for runner in runners),
        "last_updated": race["last_changed_at"],
        "runners_data": favourites_first(runners),
    }
