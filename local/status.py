"""`raceday status`: workers, jobs, races and coverage as the database knows them, in tables."""

from datetime import UTC, datetime

import psycopg
from psycopg.rows import TupleRow
from rich.console import Console
from rich.table import Table

from shared.queries import Queries

_SHOWN = (
    ("workers", "select_worker_status", "no worker has run here yet: `raceday up` or `raceday workers`"),
    ("jobs", "select_latest_job_runs", "no job has run here yet"),
    ("races", "select_race_counts", "no races are stored yet"),
    ("days", "select_days", "no day has been reconciled yet: the coverage job does it every ten minutes"),
    ("gaps", "select_gaps", "no gap in the polls of the last days"),
)


def print_status(connection: psycopg.Connection[TupleRow], console: Console) -> None:
    """Print a table for each of part, or what it means that there is none."""
    queries = Queries("local")
    for title, query, when_empty in _SHOWN:
        cursor = connection.execute(queries[query])
        rows = cursor.fetchall()
        if not rows:
            console.print(f"{title}: {when_empty}")
            continue
        table = Table(title=title, title_justify="left", title_style="bold")
        for column in cursor.description or ():
            table.add_column(column.name.replace("_", " "))
        for row in rows:
            table.add_row(*map(_shown, row))
        console.print(table)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return str(value)
