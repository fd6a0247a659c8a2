"""The change feed from the database: at least once, in order, nothing lost to transactions that commit late."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.cursor import Cursor, parse_cursor
from api.failures import BadRequest, Gone
from api.read.reader import Reader, Row

LATEST = "latest"  # as a cursor: from now on
_FIRST_XID = "0"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes a reader asked for; None lets all through."""

    race_ids: tuple[str, ...] | None = None
    meeting_ids: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None

    def lets(self, change: Row) -> bool:
        """Whether the reader wants *change*."""
        return (
            (self.race_ids is None or change["race_id"] in self.race_ids)
            and (self.meeting_ids is None or change["meeting_id"] in self.meeting_ids)
            and (self.kinds is None or change["kind"] in self.kinds)
        )

    def lets_poll(self, race_id: str) -> bool:
        """Whether the reader wants to hear of a poll of a race; a poll does not say its meeting."""
        return race_id in self.race_ids if self.race_ids is not None else self.meeting_ids is None


EVERYTHING = Wanted()


@dataclass(frozen=True, slots=True)
class Page:
    """Changes in order, each with its cursor and as JSON, and the place after all that was looked at."""

    changes: list[Row]
    next_cursor: Cursor
    is_full: bool


async def horizon(reader: Reader) -> Cursor:
    """Return the end of the feed as of now."""
    row = await reader.one("select_horizon")
    assert row is not None  # noqa: S101  a select without FROM has one row
    return Cursor(row["cluster_id"], row["xid"], 0)


async def place_of(reader: Reader, text: str | None, parameter: str = "cursor") -> Cursor:
    """Return the place that *text* names: the oldest change where it is None; Gone where changes may be missing."""
    if text == LATEST:
        return await horizon(reader)
    try:
        cursor = Cursor(0, _FIRST_XID, 0) if text is None else parse_cursor(text)
    except ValueError as error:
        raise BadRequest(f"{parameter} {error}", parameter) from error
    state = await reader.one("select_cursor_state", xid=cursor.xid, id=cursor.id)
    assert state is not None  # noqa: S101  a select without FROM has one row
    if text is None:
        return Cursor(state["cluster_id"], _FIRST_XID, 0)
    if state["cluster_id"] != cursor.cluster_id or state["is_ahead"]:
        raise Gone("the cursor is another database's: read the state anew, then go on from cursor=latest")
    if state["is_too_old"]:
        raise Gone("changes after the cursor are deleted: read the state anew, then go on from cursor=latest")
    return cursor


async def page_after(
    reader: Reader, cursor: Cursor, wanted: Wanted = EVERYTHING, *, limit: int, until: Cursor | None = None
) -> Page:
    """Return the next changes after *cursor*, none beyond *until*."""
    rows = await reader.rows(
        "select_changes",
        cluster_id=cursor.cluster_id,
        xid=cursor.xid,
        id=cursor.id,
        until_xid=until.xid if until else None,
        until_id=until.id if until else None,
        race_ids=_listed(wanted.race_ids),
        meeting_ids=_listed(wanted.meeting_ids),
        kinds=_listed(wanted.kinds),
        limit=limit,
    )
    end = rows[0]["horizon"]
    changes = [_change(row, cursor.cluster_id) for row in rows if row["xid"] is not None]
    if len(changes) >= limit:
        last = rows[-1]
        return Page(changes, Cursor(cursor.cluster_id, last["xid"], last["id"]), is_full=True)
    return Page(changes, until or Cursor(cursor.cluster_id, end, 0), is_full=False)


async def count_after(reader: Reader, cursor: Cursor) -> int:
    """Return how many changes come after *cursor*, counted to a thousand."""
    row = await reader.one("count_changes_after", cluster_id=cursor.cluster_id, xid=cursor.xid, id=cursor.id)
    return int(row["behind"]) if row else 0


def _change(row: Row, cluster_id: int) -> Row:
    cursor = str(Cursor(cluster_id, row["xid"], row["id"]))
    return {
        "cursor": cursor,
        "kind": row["kind"],
        "meeting_id": row["meeting_id"],
        "race_id": row["race_id"],
        "json": f'{{"cursor":"{cursor}",{row["change"][1:]}',
    }


def _listed(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else list(names)
