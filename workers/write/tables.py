"""PURE one entry per staging table: columns, and model → tuple."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal

from shared.models import CardRace, EntrantId, Money, Pool, RaceAnswer
from workers.transform.figures import RaceFigures
from workers.transform.pools import PoolTotals
from workers.transform.results import ResultSheet

Value = str | int | bool | Decimal | datetime | date | None
Row = tuple[Value, ...]

RACE_COLUMNS = (
    "race_id", "meeting_id", "meeting_name", "country", "state", "category", "race_type", "racing_day", "name",
    "race_number", "start_time", "actual_start", "status", "distance", "track_condition", "weather",
    "track_direction", "track_surface", "rail_position", "race_class", "prize_cents", "positions_paid",
    "market_percentage", "tracker_removed", "data_hash", "polled_at",
    "has_pools", "win_pool_total", "place_pool_total", "quinella_pool_total", "trifecta_pool_total",
    "exacta_pool_total", "first4_pool_total", "total_race_pool", "data_quality_score", "extracted_pools",
    "other_pools", "has_results", "result_status", "results", "dividends", "photo_finish", "stewards_inquiry",
    "protest_lodged", "protest_text", "is_open", "has_started", "time_to_start_seconds", "time_interval",
    "interval_type",
)  # fmt: skip

ENTRANT_COLUMNS = (
    "entrant_id", "name", "runner_number", "barrier", "barrier_position", "jockey", "trainer_name",
    "silk_colours", "silk_url_64x64", "silk_url_128x128", "age", "sex", "colour", "weight_allocated",
    "weight_total", "last_twenty_starts", "gear", "horse_id", "is_scratched", "is_late_scratched",
    "scratch_time", "is_emergency", "emergency_position", "favourite", "mover",
    "fixed_win", "fixed_place", "pool_win", "pool_place", "hold_percentage", "bet_percentage",
    "win_pool_amount", "place_pool_amount", "win_pool_percentage", "place_pool_percentage",
    "tote_share", "tote_win_amount", "tote_source",
)  # fmt: skip

CARD_COLUMNS = (
    "race_id", "name", "race_number", "start_time", "status", "distance", "track_condition", "weather",
)  # fmt: skip


def race_row(answer: RaceAnswer, figures: RaceFigures, racing_day: date, polled_at: datetime) -> Row:
    """Return the one row of `staging_race`."""
    return (
        answer.race_id, answer.meeting_id, answer.meeting_name, answer.country, answer.state, answer.category,
        "thoroughbred" if answer.category == "T" else "harness", racing_day, answer.name, answer.race_number,
        answer.start_time, answer.actual_start, answer.status, answer.distance, answer.track_condition,
        answer.weather, answer.track_direction, answer.track_surface, answer.rail_position, answer.race_class,
        answer.prize_cents, answer.positions_paid, figures.market_percentage, _removed(figures.tracker_removed),
        answer.data_hash, polled_at, *_pools(figures.pools), *_sheet(figures.sheet), answer.photo_finish,
        answer.stewards_inquiry, answer.protest, answer.protest_reason, figures.is_open, figures.has_started,
        figures.moment.time_to_start_seconds, figures.moment.time_interval, figures.moment.interval_type,
    )  # fmt: skip


def entrant_rows(answer: RaceAnswer, figures: RaceFigures) -> list[Row]:
    """Return the rows of `staging_entrants`, one per runner."""
    rows: list[Row] = []
    for e in answer.entrants:
        f = figures.runners[e.entrant_id]
        rows.append((
            e.entrant_id, e.name, e.runner_number, e.barrier, e.barrier_position, e.jockey, e.trainer_name,
            e.silk_colours, e.silk_url_64x64, e.silk_url_128x128, e.age, e.sex, e.colour, e.weight_allocated,
            e.weight_total, e.last_twenty_starts, e.gear, e.horse_id, e.is_scratched, e.is_late_scratched,
            e.scratch_time, e.is_emergency, e.emergency_position, e.favourite, e.mover,
            f.odds.fixed_win, f.odds.fixed_place, f.odds.pool_win, f.odds.pool_place,
            f.hold_percentage, f.bet_percentage, f.win_pool_amount, f.place_pool_amount,
            f.hold_percentage if f.win_pool_amount is not None else None,
            f.hold_percentage if f.place_pool_amount is not None else None,
            f.tote_share, f.tote_win_amount, f.tote_source,
        ))  # fmt: skip
    return rows


def card_rows(races: Iterable[CardRace]) -> list[Row]:
    """Return the rows of `staging_card`."""
    return [
        (r.race_id, r.name, r.race_number, r.start_time, r.status, r.distance, r.track_condition, r.weather)
        for r in races
    ]


def _removed(removed: dict[EntrantId, Money] | None) -> str | None:
    if removed is None:
        return None
    return json.dumps({entrant_id: asdict(money) for entrant_id, money in sorted(removed.items())})


def _pools(pools: PoolTotals | None) -> Row:
    if pools is None:
        return (False, *(None,) * 10)
    others = json.dumps([_pool(pool) for pool in sorted(pools.others, key=lambda pool: pool.product_type)])
    return (
        True, pools.win, pools.place, pools.quinella, pools.trifecta, pools.exacta, pools.first4, pools.total,
        pools.quality_score, pools.extracted, others,
    )  # fmt: skip


def _pool(pool: Pool) -> dict[str, object]:
    return {"product_type": pool.product_type, "total": pool.total_cents, "status": pool.status}


def _sheet(sheet: ResultSheet | None) -> Row:
    if sheet is None:
        return (False, None, None, None)
    return (True, sheet.result_status, _json_rows(sheet.results), _json_rows(sheet.dividends))


def _json_rows(rows: tuple[object, ...] | None) -> str | None:
    if rows is None:
        return None
    return json.dumps([asdict(row) for row in rows], default=_json_number)  # type: ignore[call-overload]  # dataclasses all


def _json_number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
