"""PURE rows → series and stages the page draws: stages of the board, freshness, favourites."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from shared.models import is_terminal

Stage = Literal["early_market", "pre_race", "going_to_post", "at_post", "running", "finished"]
STAGES: tuple[Stage, ...] = get_args(Stage)

# Minutes to the start from which a stage holds, and the stage that follows it (DOMAIN §6).
_FROM_MINUTES: tuple[tuple[float, Stage, Stage], ...] = (
    (120, "early_market", "pre_race"),
    (30, "pre_race", "going_to_post"),
    (5, "going_to_post", "at_post"),
    (0, "at_post", "running"),
)

# Seconds to the start down to which a race is polled at least every so many seconds (DOMAIN §2, `standard`).
_POLLED_EVERY_S = ((1200, 300), (600, 120), (300, 60), (0, 15))
_POLLED_FROM_S, _OPEN_FOR_S, _SETTLING_FOR_S = 3600, 600, 900
_POLL_DEADLINE_S = 5.0


@dataclass(frozen=True, slots=True)
class Phase:
    """Where a race stands on the board, and how many whole minutes remain to its start and to the next stage."""

    stage: Stage
    minutes_until: int
    next_phase_name: Stage | None = None
    next_phase_minutes: int | None = None


def phase_of(status: str, start_time: datetime, now: datetime) -> Phase:
    """Return the stage of a race at *now* (DOMAIN §6)."""
    seconds = (start_time - now).total_seconds()
    minutes_until = int(seconds // 60)
    if is_terminal(status):
        return Phase("finished", minutes_until)
    for from_minutes, stage, following in _FROM_MINUTES:
        # A start in this very instant has come: at_post ends there.
        if seconds >= from_minutes * 60 and seconds > 0:
            return Phase(stage, minutes_until, following, int((seconds - from_minutes * 60) // 60))
    return Phase("running", minutes_until)


def polled_every_s(status: str, seconds_to_start: float) -> int | None:
    """Return the longest interval at which a race is polled at this distance; None where it need not be polled."""
    if is_terminal(status) or seconds_to_start > _POLLED_FROM_S:
        return None
    if seconds_to_start > 0:
        return next(every for down_to, every in _POLLED_EVERY_S if seconds_to_start > down_to)
    if status == "open" and -seconds_to_start <= _OPEN_FOR_S:
        return 15
    return 60 if -seconds_to_start <= _SETTLING_FOR_S else 300


def freshness(
    last_polled_at: datetime | None, status: str, start_time: datetime, now: datetime, speed: float = 1.0
) -> dict[str, Any]:
    """Return the freshness fields: *stale* is no good poll for two intervals and a deadline (which is real time)."""
    age = None if last_polled_at is None else max(0, int((now - last_polled_at).total_seconds()))
    every = polled_every_s(status, (start_time - now).total_seconds())
    stale = every is not None and (age is None or age > 2 * every + _POLL_DEADLINE_S * speed)
    return {"last_polled_at": last_polled_at, "age_seconds": age, "stale": stale}


def with_freshness(row: Mapping[str, Any], now: datetime, speed: float = 1.0) -> dict[str, Any]:
    """Return *row*, a race's, with its freshness fields."""
    return {**row, **freshness(row["last_polled_at"], row["status"], row["start_time"], now, speed)}


def favourites_first(runners: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a race's runners as the board shows them: shortest price first, unpriced and scratched ones last."""
    shown = [_board_runner(row) for row in runners]
    prices = [row["best_odds_decimal"] for row in shown if row["best_odds_decimal"] is not None]
    shortest = min(prices, default=None)
    for row in shown:
        row["is_favorite"] = shortest is not None and row["best_odds_decimal"] == shortest
    return sorted(shown, key=lambda row: (row["is_scratched"], row["best_odds_decimal"] or float("inf"), row["number"]))


def _board_runner(row: Mapping[str, Any]) -> dict[str, Any]:
    quotes = [
        {"bookmaker": row["bookmaker"], "type": kind, "odds_decimal": row[kind]}
        for kind in ("fixed_win", "pool_win")
        if row[kind] is not None and not row["is_scratched"]
    ]
    # A fixed price is kept to; the tote's is a forecast, so it counts only where no bookmaker quotes.
    fixed = [quote for quote in quotes if quote["type"] == "fixed_win"]
    best = max(fixed or quotes, key=lambda quote: quote["odds_decimal"], default=None)
    return {
        "entrant_id": row["entrant_id"],
        "name": row["name"],
        "number": row["runner_number"],
        "is_scratched": row["is_scratched"],
        "best_odds_decimal": best["odds_decimal"] if best else None,
        "best_bookmaker": best["bookmaker"] if best else None,
        "all_odds": quotes,
    }
