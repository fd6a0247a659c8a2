"""Meetings from the database."""

from datetime import date

from api.read.reader import Reader, Row
from shared.errors import NotFound


async def meetings_of_day(reader: Reader, day: date, category: str | None, country: str | None) -> list[Row]:
    """Return the meetings of a racing day."""
    return await reader.rows("select_meetings", date=day, category=category, country=country)


async def meeting(reader: Reader, meeting_id: str) -> Row:
    """Return one meeting; NotFound when it is not stored."""
    row = await reader.one("select_meeting_by_id", meeting_id=meeting_id)
    if row is None:
        raise NotFound(f"no meeting {meeting_id} is stored")
    return row
