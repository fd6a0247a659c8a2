"""Every read statement's plan on a month of racing: no sequential scan over history, few partitions touched."""

import json
import os
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from shared.queries import Queries
from tests.fixtures.database import _execute, _named

pytestmark = pytest.mark.postgres

DAYS, RACES, RUNNERS = 30, 10, 8
FIRST = date(2025, 6, 18)
LAST = FIRST + timedelta(days=DAYS - 1)
NOON = datetime(2025, 7, 17, 0, 0, tzinfo=UTC)
HISTORY = ("odds_history", "money_flow_history", "money_flow_buckets", "race_pools_history", "polls", "changes")
MONTH = """
SELECT raceday_ensure_days(%(first)s, %(days)s);
CREATE TEMP TABLE month AS
SELECT day::date, format('m-%%s-%%s', to_char(day, 'MMDD'), r / 5) AS meeting, format('r-%%s-%%s', to_char(day, 'MMDD'), r) AS race,
       r AS number, (day::date + time '00:00' + r * interval '15 minutes') AT TIME ZONE 'UTC' AS start
FROM generate_series(%(first)s::date, %(first)s::date + %(days)s - 1, interval '1 day') AS day, generate_series(0, %(races)s - 1) AS r;
INSERT INTO meetings SELECT DISTINCT ON (meeting) meeting, meeting, 'NZ', 'NZ', 'thoroughbred', 'T', day, 'active', NULL, NULL, NULL, start, start FROM month;
INSERT INTO races (race_id, meeting_id, racing_day, name, race_number, start_time, status, created_at, updated_at)
SELECT race, meeting, day, race, number + 1, start, CASE WHEN day < %(last)s THEN 'final' ELSE 'open' END, start, start FROM month;
INSERT INTO entrants (race_id, entrant_id, name, runner_number, fixed_win, created_at, updated_at)
SELECT race, race || '-' || n, 'Runner', n, 3 + n, start, start FROM month, generate_series(1, %(runners)s) AS n;
INSERT INTO odds_history (racing_day, race_id, entrant_id, type, odds, event_timestamp, created_at)
SELECT day, race, race || '-' || n, type, 3 + t, start - t * interval '1 minute', start
FROM month, generate_series(1, %(runners)s) AS n, unnest(ARRAY['fixed_win', 'fixed_place', 'pool_win', 'pool_place']) AS type, generate_series(1, 15) AS t;
INSERT INTO money_flow_history (racing_day, race_id, entrant_id, event_timestamp, polling_timestamp, time_to_start, time_to_start_seconds, time_interval, interval_type, created_at)
SELECT day, race, race || '-' || n, start, start - t * interval '1 minute', t, t * 60, t, 'live', start FROM month, generate_series(1, %(runners)s) AS n, generate_series(1, 30) AS t;
INSERT INTO money_flow_buckets (racing_day, race_id, entrant_id, type, pool_type, is_consolidated, event_timestamp, polling_timestamp, time_to_start, time_to_start_seconds, time_interval, interval_type, created_at)
SELECT day, race, race || '-' || n, 'b', 'win', true, start, start, t, t * 60, t, 'live', start - t * interval '1 minute' FROM month, generate_series(1, %(runners)s) AS n, generate_series(1, 20) AS t;
INSERT INTO race_pools_history SELECT day, race, start - t * interval '1 minute', t, t, t, t, t, t, t FROM month, generate_series(1, 30) AS t;
INSERT INTO polls (racing_day, race_id, reason, started_at, finished_at, outcome) SELECT day, race, 'poll', start - t * interval '1 minute', start, 'changed' FROM month, generate_series(1, 40) AS t;
INSERT INTO changes (cluster_id, at, kind, racing_day, meeting_id, race_id) SELECT raceday_cluster_id(), start - t * interval '1 minute', 'odds', day, meeting, race FROM month, generate_series(1, 60) AS t;
INSERT INTO race_results SELECT race, 1, 'final', '[]', '[]', false, false, false, NULL, start FROM month WHERE day < %(last)s;
INSERT INTO notifications (user_id, racing_day, race_id, entrant_id, kind, created_at) SELECT 'user-' || number, day, race, race || '-1', 'money', start FROM month;
"""


@pytest.fixture(scope="module")
def month(database_server, _template):
    """Yield a reader's connection to a database with a month in it."""
    name = f"raceday_month_{os.getpid()}"
    _execute(database_server, "CREATE DATABASE {} TEMPLATE {}", name, _template)
    url = _named(database_server, name)
    keys = {"first": FIRST, "days": DAYS, "races": RACES, "runners": RUNNERS, "last": LAST}
    with psycopg.connect(url, autocommit=True) as owner, psycopg.ClientCursor(owner) as cursor:
        cursor.execute(MONTH, keys)
        cursor.execute("VACUUM ANALYZE")
    with psycopg.connect(url, autocommit=True) as reader:
        reader.execute("SET role = 'raceday_reader'")
        reader.execute("SET plan_cache_mode = 'force_custom_plan'")
        yield reader
    _execute(database_server, "DROP DATABASE {} WITH (FORCE)", name)


RACE, MEETING = f"r-{LAST:%m%d}-4", f"m-{LAST:%m%d}-0"
START = NOON + timedelta(hours=1)
BY_RACE = {"race_id": RACE, "racing_day": LAST, "at": START - timedelta(minutes=5)}
FEED = {
    "cluster_id": None,
    "xid": None,
    "id": 0,
    "until_xid": None,
    "until_id": None,
    "race_ids": None,
    "meeting_ids": None,
    "kinds": None,
    "limit": 100,
}
PAGED = {"course": None, "bookmaker": None, "country": None, "limit": 100, "offset": 0, "date": LAST}
EXPORT = {
    "racing_day": LAST,
    "after_race": RACE,
    "after_entrant": "",
    "after_type": "",
    "after_at": START,
    "after_bookmaker": "",
    "after_source": "",
    "limit": 100,
}
KEYS = {
    "select_meetings": {"date": LAST, "category": None, "country": "NZ"},
    "select_meeting_by_id": {"meeting_id": MEETING},
    "select_races_by_meeting": {"meeting_id": MEETING},
    "select_race_by_id": BY_RACE,
    "select_races_by_start": {"lower_bound": NOON, "upper_bound": START, "limit": 50},
    "select_next_scheduled_race": {"now": NOON},
    "select_race_neighbours": {"start_time": START, "race_id": RACE, "now": NOON},
    "select_entrants_by_race": {**BY_RACE, "start_time": START, "each": 40},
    "select_race_pools": BY_RACE,
    "select_race_results": BY_RACE,
    "select_fixed_odds_by_race": BY_RACE,
    "select_board_races": {"racing_day": LAST, "earliest": NOON, "latest": START},
    "select_board_races_by_id": {"race_ids": [RACE]},
    "select_board_runners": {"race_ids": [RACE]},
    "select_workers": {"real_now": NOON},
    "select_races_in_hand": {"earliest": NOON, "latest": START},
    "select_feed_delay": {},
    "select_job_runs": {"since": NOON},
    "select_horizon": {},
    "select_changes": FEED,
    "select_cursor_state": FEED,
    "count_changes_after": FEED,
    "select_timeline": {
        **BY_RACE,
        "entrant_ids": None,
        "created_after": None,
        "after_at": START,
        "after_interval": 5,
        "after_entrant": "x",
        "pool_type": "win",
        "limit": 200,
    },
    "select_alert_config": {"user_id": "user-1"},
    "select_notifications": {"user_id": "user-1", "since": NOON, "limit": 100},
    "select_live_odds": PAGED,
    "select_historical_odds": PAGED,
    "select_movers": {
        "since": NOON,
        "earliest": NOON,
        "latest": START,
        "minimum": 5,
        "direction": "both",
        "first_day": LAST,
        "last_day": LAST,
        "limit": 50,
    },
    "select_bookmakers": PAGED,
    "select_courses": PAGED,
    "select_day_statistics": {"date": LAST},
    "select_coverage": {"date": LAST},
    "select_reconciliation": {"date": LAST},
    "select_race_then": BY_RACE,
    "select_race_changes": BY_RACE,
    "select_entrants_then": BY_RACE,
    "select_pools_then": BY_RACE,
    "select_poll_then": BY_RACE,
    "select_result_then": BY_RACE,
    "select_odds_export": EXPORT,
    "select_money_flow_export": EXPORT,
}
NO_PLAN = {"listen", "still_there"}
# The same statements as they are asked at times: another filter, another plan.
OTHERWISE = {
    "select_changes of a race": ("select_changes", {**FEED, "race_ids": [RACE]}),
    "select_changes from the oldest": ("select_changes", {**FEED, "xid": "0"}),
    "select_timeline from its begin": (
        "select_timeline",
        {**KEYS["select_timeline"], "after_at": None, "after_interval": None, "after_entrant": None},
    ),
    "select_timeline of a runner": ("select_timeline", {**KEYS["select_timeline"], "entrant_ids": [f"{RACE}-1"]}),
}
CASES = {**{name: (name, keys) for name, keys in KEYS.items()}, **OTHERWISE}


def nodes(plan):
    """Yield the nodes of a plan that were run."""
    if plan.get("Actual Loops", 0):
        yield plan
        for part in plan.get("Plans", ()):
            yield from nodes(part)


def test_every_read_statement_has_its_plan_looked_at():
    assert set(KEYS) | NO_PLAN == set(Queries("read").names())


@pytest.mark.parametrize("case", CASES)
def test_a_statement_goes_by_index_over_history(month, case):
    name, keys = CASES[case]
    if "cluster_id" in keys:
        cluster, horizon = month.execute(
            "SELECT raceday_cluster_id(), max(xid::text::numeric)::text FROM changes"
        ).fetchone()
        keys = {**keys, "cluster_id": cluster, "xid": keys["xid"] or horizon}
    statement = b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + Queries("read")[name]
    (found,) = month.execute(statement, keys).fetchone()
    plan = found[0]["Plan"]
    run = list(nodes(plan))
    scanned = [node["Relation Name"] for node in run if node["Node Type"] == "Seq Scan"]
    assert [table for table in scanned if table.startswith(HISTORY)] == [], json.dumps(plan, indent=1)[:4000]
    touched = {node.get("Relation Name", "") for node in run}
    for parent in HISTORY:
        assert len({table for table in touched if table.startswith(f"{parent}_2")}) <= 1, (
            f"partitions of {parent}: {touched}"
        )
