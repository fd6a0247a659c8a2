"""Reads what our database holds of a race, in the shape of the oracle's expectation; nothing of our own SQL."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from shared.clock import racing_day

Rows = list[dict[str, Any]]
TABLES = (
    "races", "entrants", "race_pools", "race_results", "odds_history", "money_flow_history",
    "money_flow_buckets", "race_pools_history", "polls", "changes",
)  # fmt: skip
CARD_AHEAD = timedelta(hours=1)  # a run so long before the next racing day asks for that day's card as well
HISTORY = ("odds_history", "money_flow_history", "money_flow_buckets", "race_pools_history", "polls")


@dataclass(slots=True)
class Stored:
    """The rows of one race by table, `polls` oldest first."""

    rows: dict[str, Rows] = field(default_factory=dict)

    @property
    def race(self) -> dict[str, Any]:
        """The race's own row; empty when there is none."""
        return self.rows["races"][0] if self.rows["races"] else {}

    def moves(self) -> list[tuple[datetime, datetime]]:
        """Return when the race's start was moved, and to when."""
        moved = (row for row in self.rows["changes"] if row["kind"] == "start_time")
        return [(row["at"], datetime.fromisoformat(row["payload"]["to"])) for row in moved]


class Database:
    """Our database, read only."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, row_factory=dict_row, autocommit=True, application_name="acceptance")
        self.connection.execute("SET default_transaction_read_only = on")
        self.connection.execute("SET timezone = 'UTC'")

    def race(self, race_id: str) -> Stored:
        """Return every row of a race."""
        orders = {"polls": "started_at", "race_results": "revision", "changes": "xid, id"}
        found = {}
        for table in TABLES:
            order = f" ORDER BY {orders[table]}" if table in orders else ""
            found[table] = self.all(f"SELECT * FROM {table} WHERE race_id = %s{order}", race_id)  # noqa: S608  our names
        return Stored(found)

    def all(self, statement: str, *parameters: object) -> Rows:
        """Return a query's rows."""
        return self.connection.execute(statement, parameters or None).fetchall()

    def counts(self) -> dict[str, int]:
        """Return the number of rows by table."""
        return {
            table: self.all(f"SELECT count(*) AS n FROM {table}")[0]["n"]  # noqa: S608  our names
            for table in ("meetings", *TABLES, "job_runs")
        }

    def orphans(self) -> dict[str, int]:
        """Return how many history rows have no race, no entrant, or another day than their race."""
        found = {}
        for table in HISTORY:
            entrant = table not in {"race_pools_history", "polls"}
            join = "LEFT JOIN entrants e ON e.race_id = h.race_id AND e.entrant_id = h.entrant_id" if entrant else ""
            lost = " OR e.entrant_id IS NULL" if entrant else ""
            found[table] = self.all(
                f"SELECT count(*) AS n FROM {table} h LEFT JOIN races r ON r.race_id = h.race_id {join}"  # noqa: S608
                f" WHERE r.race_id IS NULL OR r.racing_day <> h.racing_day{lost}"
            )[0]["n"]
        return found

    def workers(self) -> list[tuple[datetime, datetime]]:
        """Return when each worker ran: from its start to its stop or last heartbeat."""
        rows = self.all("SELECT started_at, coalesce(stopped_at, heartbeat_at) AS last FROM worker_status ORDER BY 1")
        return [(row["started_at"], row["last"]) for row in rows]

    def card_jobs(self) -> dict[date, list[tuple[datetime, datetime]]]:
        """Return when the jobs ran that may write a race's status from the card, by the racing days of that card.

        Not `backfill`: it asks for the race itself, and leaves a poll. A run may fetch the next day's card too.
        """
        jobs: dict[date, list[tuple[datetime, datetime]]] = {}
        for row in self.all(
            "SELECT racing_day, started_at, coalesce(finished_at, '9999-01-01') AS last FROM job_runs"
            " WHERE job IN ('daily-meetings', 'daily-races') ORDER BY started_at"
        ):
            for day in {row["racing_day"], racing_day(row["started_at"] + CARD_AHEAD)}:
                jobs.setdefault(day, []).append((row["started_at"], row["last"]))
        return jobs

    def close(self) -> None:
        """Let the connection go."""
        self.connection.close()
