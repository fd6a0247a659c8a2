"""A racing day's history as CSV, page by page: bounded memory, short transactions."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from api.read.reader import Reader, Row

_PAGE = 2_000
_BEFORE_ALL = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Export:
    """A statement that pages: its parameters after the last row, by the columns they come from."""

    statement: str
    goes_on: dict[str, str]
    columns: tuple[str, ...]


ODDS = Export(
    "select_odds_export",
    {
        "after_race": "race_id", "after_entrant": "entrant_id", "after_type": "type", "after_at": "event_timestamp",
        "after_bookmaker": "bookmaker", "after_source": "source",
    },
    ("race_id", "entrant_id", "runner_number", "bookmaker", "type", "odds", "source", "event_timestamp", "created_at"),
)  # fmt: skip
MONEY_FLOW = Export(
    "select_money_flow_export",
    {"after_race": "race_id", "after_entrant": "entrant_id", "after_at": "polling_timestamp"},
    (
        "race_id", "entrant_id", "runner_number", "polling_timestamp", "time_to_start_seconds", "time_interval",
        "hold_percentage", "bet_percentage", "win_pool_amount", "place_pool_amount", "tote_share", "tote_win_amount",
        "tote_source", "incremental_win_amount", "incremental_place_amount", "incremental_tote_win_amount",
    ),
)  # fmt: skip


async def first_page(reader: Reader, export: Export, day: date) -> list[Row]:
    """Return the first page: whoever streams knows by then that the database answers."""
    return await _page(reader, export, day, None)


async def csv_pages(reader: Reader, export: Export, day: date, rows: list[Row]) -> AsyncIterator[bytes]:
    """Yield the header and *rows*, the first page, and then page after page until the day ends."""
    yield _lines([("racing_day", *export.columns)])
    while rows:
        yield _lines([(day.isoformat(), *(_text(row[name]) for name in export.columns)) for row in rows])
        if len(rows) < _PAGE:
            return
        rows = await _page(reader, export, day, rows[-1])


async def _page(reader: Reader, export: Export, day: date, last: Row | None) -> list[Row]:
    first = {name: _BEFORE_ALL if name == "after_at" else "" for name in export.goes_on}
    keys: dict[str, Any] = {name: last[column] for name, column in export.goes_on.items()} if last else first
    return await reader.rows(export.statement, racing_day=day, limit=_PAGE, **keys)


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
