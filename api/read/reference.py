"""Bookmakers, courses, statistics and coverage from the database."""

from datetime import date

from api.read.reader import Reader, Row


async def bookmakers(reader: Reader, limit: int, offset: int) -> list[Row]:
    """Return whose prices are known."""
    return await reader.rows("select_bookmakers", limit=limit, offset=offset)


async def courses(reader: Reader, country: str | None, limit: int, offset: int) -> list[Row]:
    """Return where races are run."""
    return await reader.rows("select_courses", country=country, limit=limit, offset=offset)


async def statistics(reader: Reader, day: date) -> Row:
    """Return a racing day counted."""
    row = await reader.one("select_day_statistics", date=day)
    assert row is not None  # noqa: S101  an aggregate has one row
    return row


async def coverage(reader: Reader, day: date) -> Row:
    """Return what was expected of a racing day against what came."""
    async with reader.snapshot() as snapshot:
        races = await snapshot.rows("select_coverage", date=day)
        reconciliation = await snapshot.one("select_reconciliation", date=day)
    return {"date": day, "count": len(races), "races": races, "reconciliation": reconciliation}
