"""Hand-made bodies, and the oracle's word on a sequence of them."""

from datetime import UTC, datetime, timedelta

from tests.acceptance.oracle import Poll, derive

START = datetime(2025, 7, 17, 0, 50, tzinfo=UTC)


def before(minutes, seconds=0):
    return START - timedelta(minutes=minutes, seconds=seconds)


def runner(number, odds=None, **changes):
    base = {
        "entrant_id": f"runner-{number}",
        "runner_number": number,
        "name": f"Runner {number}",
        "is_scratched": False,
        "scratch_time": 0,
        "odds": {"fixed_win": 4, "fixed_place": 2, "pool_win": 2, "pool_place": 1.5} if odds is None else odds,
    }
    return base | changes


def event(*runners, status="Open", hold=(60, 40), win=100.0, start=START, race=None, **changes):
    runners = runners or (runner(1), runner(2))
    data = {
        "race": {
            "status": status,
            "advertised_start": int(start.timestamp()),
            "actual_start": int(start.timestamp()),
            "description": "A race",
            "race_number": 1,
        }
        | (race or {}),
        "runners": list(runners),
        "money_tracker": {
            "entrants": [
                {"entrant_id": f"runner-{n}", "hold_percentage": share, "bet_percentage": share}
                for n, share in enumerate(hold, 1)
            ]
        },
        "tote_pools": [{"product_type": "Win", "total": win}, {"product_type": "Place", "total": 50}],
    } | changes
    return {"header": {}, "params": {}, "data": data}


def told(*moments):
    """Derive from (instant, event) pairs, each served 100 ms after its poll was sent."""
    served = [(at + timedelta(milliseconds=100), body) for at, body in moments]
    return derive(served, [Poll(at, at + timedelta(milliseconds=200), "changed") for at, _ in moments])


def odds_rows(expected, entrant, kind):
    return [(at, odds) for (e, k, at), odds in sorted(expected.odds_history.items()) if (e, k) == (entrant, kind)]


def buckets(expected, entrant, name):
    rows = sorted(expected.money_flow_buckets.items(), reverse=True)
    return [(float(bucket), row[name]) for (bucket, e), row in rows if e == entrant]
