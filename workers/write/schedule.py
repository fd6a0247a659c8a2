"""What is due and what ran: the rows the workers themselves read and write about their work."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from psycopg.rows import dict_row

from shared.errors import NotFound
from shared.models import MeetingId, RaceId
from shared.queries import Queries
from workers.write.session import Connect, translated


@dataclass(frozen=True, slots=True)
class DueRace:
    """A race as the poller sees it."""

    race_id: RaceId
    racing_day: date | None
    start_time: datetime
    status: str
    last_polled_at: datetime | None = None


@dataclass
class Schedule:
    """Reads what is due, keeps the rows of the runs. Every method may raise StoreError."""

    connect: Connect
    worker_id: str
    _queries: Queries = field(default_factory=lambda: Queries("write"))

    def races_to_poll(self, earliest: datetime, latest: datetime) -> list[DueRace]:
        """Return the races that start between the two and are not over."""
        return self._races("select_races_to_poll", earliest=earliest, latest=latest)

    def races_without_entrants(self, day: date, after: datetime, limit: int) -> list[DueRace]:
        """Return the next races of *day* that were never polled."""
        return self._races("select_races_without_entrants", date=day, after=after, limit=limit)

    def races_to_backfill(
        self, first_day: date, last_day: date, earliest: datetime, now: datetime, limit: int
    ) -> list[DueRace]:
        """Return races of the days that the poller will not look at: never polled, left behind, or to be revised."""
        return self._races(
            "select_races_to_backfill", first_day=first_day, last_day=last_day, earliest=earliest, now=now, limit=limit
        )

    def race(self, race_id: RaceId) -> DueRace:
        """Return one race; NotFound when it is not stored."""
        found = self._races("select_race_to_poll", race_id=race_id)
        if not found:
            raise NotFound(f"no race {race_id} is stored")
        return found[0]

    def active_meetings(self, day: date) -> list[tuple[MeetingId, str]]:
        """Return id and name of the meetings of *day* that are not over."""
        rows = self._rows("select_active_meetings", date=day)
        return [(MeetingId(row["meeting_id"]), row["meeting_name"]) for row in rows]

    def has_card(self, day: date) -> bool:
        """Whether any meeting of *day* is stored."""
        return bool(self._rows("count_meetings_of_day", date=day)[0]["count"])

    def last_runs(self, since: datetime) -> tuple[dict[str, datetime], dict[str, datetime]]:
        """Return, by job, when its last good run and its last run began."""
        rows = self._rows("select_last_runs", since=since)
        good = {row["job"]: row["good"] for row in rows if row["good"] is not None}
        return good, {row["job"]: row["tried"] for row in rows}

    def begin_run(self, job: str, day: date, started_by: str, started_at: datetime) -> int:
        """Open the row of a run; return its number."""
        row = self._rows(
            "insert_job_run",
            job=job,
            racing_day=day,
            started_by=started_by,
            started_at=started_at,
            worker_id=self.worker_id,
        )[0]
        return int(row["run_id"])

    def finish_run(self, run_id: int, *, messages: list[str], **values: object) -> None:
        """Close the row of a run with what it did."""
        self._execute("finish_job_run", run_id=run_id, messages=json.dumps(messages), **values)

    def close_lost_runs(self, now: datetime) -> None:
        """Close the rows of runs that a worker left open when it died; called when the lease is taken."""
        self._execute("close_lost_runs", now=now)

    def _races(self, name: str, **keys: object) -> list[DueRace]:
        return [DueRace(**row) for row in self._rows(name, **keys)]

    def _rows(self, name: str, **keys: object) -> list[dict[str, Any]]:
        with translated(), self.connect() as connection:
            return connection.cursor(row_factory=dict_row).execute(self._queries[name], keys).fetchall()

    def _execute(self, name: str, **keys: object) -> None:
        with translated(), self.connect() as connection:
            connection.execute(self._queries[name], keys)
