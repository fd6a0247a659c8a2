"""The bench's month is one the workers could have written, and its load generator counts what it asked."""

import asyncio
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from bench.load import Job, generate
from bench.seed_month import Month, seed
from shared.clock import racing_day, real_now
from shared.queries import Queries
from tests.fixtures.database import _execute, _named

DAYS, RACES, RUNNERS = 2, 40, 5


@pytest.fixture(scope="module")
def month(database_server, _template):
    name = "raceday_bench_month"
    _execute(database_server, "CREATE DATABASE {} TEMPLATE {}", name, _template)
    counts = seed(_named(database_server, name), Month(DAYS, RACES, RUNNERS))
    with psycopg.connect(_named(database_server, name), autocommit=True, row_factory=dict_row) as connection:
        yield counts, lambda statement, *values: connection.execute(statement, values or None).fetchall()
    _execute(database_server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.mark.postgres
def test_it_says_what_it_stored(month):
    counts, rows = month
    assert (counts["races"], counts["entrants"]) == (DAYS * RACES, DAYS * RACES * RUNNERS)
    for table, count in counts.items():
        assert rows(f"SELECT count(*) AS rows FROM {table}")[0]["rows"] == count > 0  # noqa: S608  our own names


@pytest.mark.postgres
def test_its_last_day_is_today_with_races_before_and_after_now(month):
    _, rows = month
    now = real_now()
    assert rows("SELECT max(racing_day) AS day FROM races")[0]["day"] == racing_day(now)
    found = {row["is_over"] for row in rows("SELECT DISTINCT raceday_is_terminal(status) AS is_over FROM races")}
    assert found == {True, False}
    assert rows("SELECT FROM polls WHERE started_at > %s", now) == []


@pytest.mark.postgres
def test_a_race_that_is_over_was_polled_by_the_standard_cadence(month):
    _, rows = month
    offsets = rows(
        "SELECT round(extract(epoch FROM r.start_time - p.due_at))::integer AS due FROM polls p JOIN races r USING"
        " (race_id) WHERE p.reason = 'poll' AND race_id = (SELECT min(race_id) FROM races WHERE status = 'final')"
        " ORDER BY p.due_at"
    )
    due = [row["due"] for row in offsets]
    assert due[:5] == [3605, 3305, 3005, 2705, 2405]
    assert [each for each in due if 0 < each <= 65] == [65, 50, 35, 20, 5]


@pytest.mark.postgres
def test_its_history_is_whole(month):
    """Nothing without its runner, no price twice in a row, and increments that add up to the growth."""
    _, rows = month
    for table in ("odds_history", "money_flow_history", "money_flow_buckets"):
        orphans = f"SELECT FROM {table} h LEFT JOIN entrants e USING (race_id, entrant_id) WHERE e.race_id IS NULL"
        assert rows(orphans) == []
    repeated = (
        "SELECT FROM (SELECT odds, lag(odds) OVER (PARTITION BY race_id, entrant_id, type ORDER BY event_timestamp)"
        " AS before FROM odds_history) AS h WHERE odds = before"
    )
    assert rows(repeated) == []
    for table in ("money_flow_history", "money_flow_buckets"):
        grown = rows(
            "SELECT sum(incremental_win_amount) - (array_agg(win_pool_amount ORDER BY polling_timestamp DESC))[1] AS off"  # noqa: S608
            f" FROM {table} GROUP BY race_id, entrant_id"
        )
        assert {row["off"] for row in grown} == {0}


@pytest.mark.postgres
def test_every_statement_of_the_bench_is_used_by_it():
    python = "".join(path.read_text() for path in (Path(__file__).parents[2] / "bench").glob("*.py"))
    assert [name for name in Queries("bench").names() if f'"{name}"' not in python] == []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Keep quiet."""

    def do_GET(self):
        body = b"x" * 100_000
        self.server.paths.append(self.path)
        self.send_response(503 if self.path == "/refused" else 200)
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in (body[:1], body[1:]):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


@contextmanager
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as made:
        made.paths, made.daemon_threads = [], True
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
            thread.join()


@pytest.mark.parametrize("path", ["/length", "/chunked"])
def test_the_load_generator_reads_every_answer_to_its_end_and_asks_no_more_than_it_may(path):
    with server() as made:
        load = asyncio.run(generate(Job(made.server_address[1], [path, path], 4, seconds=60, most=50)))
        assert (load.requests, load.statuses, len(made.paths)) == (50, {"200": 50}, 50)
        assert load.bytes > 50 * 100_000
        assert load.p50_ms <= load.p95_ms <= load.p99_ms


def test_the_load_generator_counts_what_was_refused():
    with server() as made:
        load = asyncio.run(generate(Job(made.server_address[1], ["/refused", "/length"], 1, seconds=60, most=10)))
        assert (load.statuses, load.refused) == ({"503": 5, "200": 5}, 5)
