"""`python -m bench.seed_month DATABASE_URL`: fills a migrated database with a month; its last day is today."""

import argparse
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import psycopg

from shared.clock import racing_day, racing_day_bounds, real_monotonic, real_now
from shared.queries import Queries
from workers import cadence

_CARD = timedelta(hours=13)  # from a day's first start to its last
_CARD_AFTER = timedelta(hours=6)  # its first start after 05:00
_CARD_SO_FAR = timedelta(hours=8)  # of today's card: races that are over, about to start and far off, at any hour
_MORNING = timedelta(hours=2)  # before the first start: when the day's job first saw the runners
_WEEK, _MOST_DAYS = 7, 60
_LATENESS_S = 0.04
_OPEN_UNTIL_S, _CLOSED_UNTIL_S, _INTERIM_UNTIL_S = 60, 240, 480
_STEPS = (
    "seed_random", "seed_races", "seed_runners", "seed_figures", "analyse_seed_tables", "seed_meetings",
    "seed_stored_races", "seed_entrants", "seed_odds_history", "seed_money_flow_history", "seed_money_flow_buckets",
    "seed_race_pools_history", "seed_race_pools", "seed_polls", "seed_results", "seed_changes", "seed_coverage",
    "seed_job_runs", "seed_notifications", "clear_seed_tables",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Month:
    """How much of it: racing days that end with today's, races a day, runners a race."""

    days: int = 30
    races: int = 100
    runners: int = 11


def seed(url: str, month: Month) -> dict[str, int]:
    """Fill the database at *url*; return the rows of each table."""
    queries, now = Queries("bench"), real_now()
    today = racing_day(now)
    first_day = today - timedelta(days=month.days - 1)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET work_mem = '256MB'")
        keys = {"first_day": first_day, "days": min(month.days + _WEEK, _MOST_DAYS)}
        connection.execute(queries["ensure_seed_days"], keys)
        connection.execute(queries["create_seed_tables"])
        connection.cursor().executemany(queries["insert_seed_poll"], _polls())
        for number in range(month.days):
            day = first_day + timedelta(days=number)
            with connection.transaction():
                for step in _STEPS:
                    connection.execute(queries[step], _keys(month, day, number, now, is_today=day == today))
        connection.execute(queries["seed_courses"])
        connection.execute(queries["seed_worker"], {"now": now})
        connection.execute("VACUUM (ANALYZE)")
        return dict(connection.execute(queries["count_seed_rows"]).fetchall())


def _keys(month: Month, day: date, number: int, now: datetime, *, is_today: bool) -> dict[str, object]:
    first_start = now - _CARD_SO_FAR if is_today else racing_day_bounds(day)[0] + _CARD_AFTER
    return {
        "day": day,
        "number": number,
        "seed": number / _MOST_DAYS,
        "now": now,
        "races": month.races,
        "meetings": max(1, month.races // 10),
        "runners": month.runners,
        "first_start": first_start,
        "gap_s": _CARD.total_seconds() / month.races,
        "morning_at": first_start - _MORNING,
    }


def _polls() -> list[dict[str, object]]:
    """Return the polls of a race by the standard profile, as seconds to its start; the first is the morning's."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    polls: list[dict[str, object]] = [{"number": 0, "to_start_s": None, "status": "open"}]
    due = cadence.first_due("standard", start) - timedelta(seconds=1)
    status = "open"
    while following := cadence.due_after("standard", status, start, due):
        due = following
        to_start_s = (start - due).total_seconds() - _LATENESS_S
        status = _status(-to_start_s)
        polls.append({"number": len(polls), "to_start_s": to_start_s, "status": status})
    return polls


def _status(since_start_s: float) -> str:
    if since_start_s < _OPEN_UNTIL_S:
        return "open"
    if since_start_s < _CLOSED_UNTIL_S:
        return "closed"
    return "interim" if since_start_s < _INTERIM_UNTIL_S else "final"


def main() -> None:
    """Seed by the command line and say what there is."""
    parser = argparse.ArgumentParser(prog="python -m bench.seed_month", description=__doc__)
    parser.add_argument("url", metavar="DATABASE_URL")
    usual = Month()
    parser.add_argument("--days", type=int, default=usual.days)
    parser.add_argument("--races", type=int, default=usual.races)
    parser.add_argument("--runners", type=int, default=usual.runners)
    asked = parser.parse_args()
    if not 1 <= asked.days <= _MOST_DAYS - _WEEK:
        parser.error(f"--days is 1 to {_MOST_DAYS - _WEEK}")
    began = real_monotonic()
    for name, rows in seed(asked.url, Month(asked.days, asked.races, asked.runners)).items():
        print(f"{name:20} {rows:>10,}")
    print(f"in {real_monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
