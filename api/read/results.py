"""A race's result from the database."""

from datetime import datetime
from typing import Any

from api.read.reader import Reader, Row
from api.view import freshness
from shared.errors import NotFound


async def race_results(reader: Reader, race_id: str, now: datetime, speed: float) -> tuple[Row, Row]:
    """Return a race's newest result and the row it comes from; NotFound when the race is not stored."""
    async with reader.snapshot() as snapshot:
        row = await snapshot.one("select_race_results", race_id=race_id)
        if row is None:
            raise NotFound(f"no race {race_id} is stored")
        runners = await snapshot.rows("select_fixed_odds_by_race", race_id=race_id)
    body = {
        "race_id": race_id,
        "status": row["status"],
        "results_available": bool(row["results"]),
        "results_data": row["results"] or [],
        "dividends_data": [_dividend(dividend) for dividend in row["dividends"] or []],
        "fixed_odds_data": {str(runner["runner_number"]): _fixed(runner) for runner in runners},
        "result_status": row["result_status"],
        "photo_finish": row["photo_finish"] or False,
        "stewards_inquiry": row["stewards_inquiry"] or False,
        "protest_lodged": row["protest_lodged"] or False,
        "protest_text": row["protest_text"],
        "result_time": row["recorded_at"] if row["results"] else None,
        "revision": row["revision"],
        **freshness(row["last_polled_at"], row["status"], row["start_time"], now, speed),
    }
    return body, row


def _dividend(stored: dict[str, Any]) -> dict[str, Any]:
    positions = stored.get("positions")
    shown = None if positions is None else [{"runner_number": pair[0], "position": pair[1]} for pair in positions]
    return {**stored, "positions": shown}


def _fixed(runner: Row) -> Row:
    win, place = runner["fixed_win"], runner["fixed_place"]
    return {
        "fixed_win": win,
        "fixed_place": place,
        "fixed_win_odds": win,
        "fixed_place_odds": place,
        "runner_name": runner["name"],
        "entrant_id": runner["entrant_id"],
    }
