"""The rows of the coverage report: what it reads of a day, and where it is kept."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from psycopg.rows import dict_row

from shared.models import RaceId
from shared.queries import Queries
from workers.transform.coverage import Coverage, Known, PollFact
from workers.write.session import Connect, translated


@dataclass(frozen=True, slots=True)
class RaceFacts:
    """What a race's coverage is computed from."""

    race_id: RaceId
    known: Known
    polls: list[PollFact]
    filled_buckets: int


@dataclass
class CoverageStore:
    """Reads a day's polls, keeps its coverage. Every method may raise StoreError."""

    connect: Connect
    _queries: Queries = field(default_factory=lambda: Queries("write"))

    def facts(self, day: date) -> Iterator[RaceFacts]:
        """Yield what is known of every race of *day*."""
        statuses: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        moves: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self._rows("select_changes_of_day", date=day):
            if row["kind"] == "status":
                statuses[row["race_id"]].append((row["at"], row["status"]))
            else:
                moves[row["race_id"]].append(row)
        for race in self._rows("select_races_of_day", date=day):
            polls = self._rows("select_polls_of_race", date=day, race_id=race["race_id"])
            yield RaceFacts(
                race["race_id"],
                Known(
                    _starts(race, moves[race["race_id"]]),
                    statuses[race["race_id"]] or [(race["created_at"], race["status"])],
                ),
                [PollFact(row["at"], row["outcome"], row["error"]) for row in polls],
                race["filled_buckets"],
            )

    def keep(self, day: date, race: RaceFacts, coverage: Coverage, now: datetime) -> None:
        """Store one race's coverage."""
        values = asdict(coverage)
        values["gaps"] = json.dumps([{**asdict(gap)} for gap in coverage.gaps[:50]], default=_text)
        values |= {"race_id": race.race_id, "racing_day": day, "filled_buckets": race.filled_buckets, "updated_at": now}
        self._execute("merge_race_coverage", values)

    def reconcile(self, day: date, now: datetime) -> None:
        """Store the day's sums: races on the card, polled, over, with results; orphans."""
        self._execute("reconcile_day", {"date": day, "now": now})

    def _rows(self, name: str, **keys: object) -> list[dict[str, Any]]:
        with translated(), self.connect() as connection:
            return connection.cursor(row_factory=dict_row).execute(self._queries[name], keys).fetchall()

    def _execute(self, name: str, keys: dict[str, Any]) -> None:
        with translated(), self.connect() as connection:
            connection.execute(self._queries[name], keys)


def _starts(race: dict[str, Any], moves: list[dict[str, Any]]) -> list[tuple[datetime, datetime]]:
    """Return the starts that were told of a race, each since when, oldest first."""
    first = moves[0]["start_before"] if moves else race["start_time"]
    return [(race["created_at"], first), *((row["at"], row["start"]) for row in moves)]


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
