"""Users' settings and notifications from the database."""

from datetime import datetime

from api.read.reader import Reader, Row
from shared.alerts import DEFAULT_INDICATORS


async def alert_config(reader: Reader, user_id: str) -> Row:
    """Return a user's ranges, or the defaults where he set none."""
    stored = await reader.one("select_alert_config", user_id=user_id)
    defaults = {"indicators": list(DEFAULT_INDICATORS), "toggle_all": True, "audible_alerts_enabled": True}
    return stored or {"user_id": user_id, **defaults}


async def notifications(reader: Reader, user_id: str, since: datetime, limit: int) -> list[Row]:
    """Return what a user was told after *since*, the newest first."""
    return await reader.rows("select_notifications", user_id=user_id, since=since, limit=limit)
