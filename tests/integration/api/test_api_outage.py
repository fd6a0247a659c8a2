"""The database gone, late or too old: the service stays up, says so within 3 s, and recovers by itself."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql

from shared.clock import real_monotonic
from shared.errors import SchemaTooOld
from shared.schema import REQUIRED
from tests.fixtures.api import OPEN, open_api, served_api, soon
from tests.fixtures.silence import Silence
from tests.fixtures.stored import NOW, priced
from tests.integration.api.test_api_stream import streaming

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]

ROOT = Path(__file__).parents[3]
PATHS = ["/api/meetings", f"/api/races/{OPEN}", f"/api/entrants?race_id={OPEN}", "/api/live-odds/races-by-stage", "/api/races/next-scheduled",
         "/api/changes", "/api/export/odds.csv"]  # fmt: skip
WITHIN_S = 3 + 5  # the promise, and a busy machine's allowance


class Outage:
    """Lets nobody into a test's database for a while, and throws everybody of the API out."""

    def __init__(self, server_url, database_url):
        with psycopg.connect(database_url) as connection:
            self._name = connection.info.dbname
        self._owner = psycopg.connect(server_url, autocommit=True)

    def begin(self):
        self._allow("false")
        self._owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'raceday-api%%'",
            (self._name,),
        )

    def end(self):
        self._allow("true")

    def close(self):
        self.end()
        self._owner.close()

    def _allow(self, allowed):
        statement = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        self._owner.execute(statement.format(sql.Identifier(self._name), sql.SQL(allowed)))


@pytest.fixture
def outage(database_server, database_url):
    made = Outage(database_server, database_url)
    yield made
    made.close()


async def all_well(client, seconds=60):
    deadline = real_monotonic() + seconds
    while True:
        statuses = [(await client.get(path)).status_code for path in (*PATHS, "/health")]
        if set(statuses) == {200}:
            return
        assert real_monotonic() < deadline, statuses
        await asyncio.sleep(0.1)


async def test_a_database_that_goes_and_comes_back(day, outage):
    day.event(NOW, OPEN, [priced(1, OPEN, 3)])
    async with open_api(day.store.url) as (app, client):
        await all_well(client)
        outage.begin()
        await soon(lambda: not app.state.parts.listener.connected, "the listener to notice")
        hot = app.state.parts.hot
        await soon(lambda: not hot._next_race._validity.holds, "what was built to be too old")
        began = real_monotonic()
        answers = await asyncio.gather(*(client.get(path) for path in PATHS * 6))  # many at once hear of it at once
        assert real_monotonic() - began < WITHIN_S
        for answer in answers:
            assert answer.status_code == 503, answer.request.url
            assert int(answer.headers["retry-after"]) >= 1
            assert set(answer.json()) == {"error"}
        health = await client.get("/health")
        assert (health.status_code, health.json()["database"]) == (503, "unreachable")
        assert health.json()["status"] == "unhealthy"
        assert health.json()["reasons"]
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/metrics")).status_code == 200
        assert (await client.get("/")).status_code == 200
        outage.end()
        await all_well(client)


async def test_a_database_that_falls_silent_is_503_within_three_seconds(day):
    day.event(NOW, OPEN, [priced(1, OPEN, 3)])
    async with Silence(day.store.url) as way, open_api(way.url) as (app, client):
        await all_well(client)
        way.silent = True
        for _ in range(2):  # while the service still believes in it, and when it does no more
            app.state.parts.hot.forget()
            began = real_monotonic()
            answers = await asyncio.gather(*(client.get(path) for path in PATHS * 6))
            assert real_monotonic() - began < WITHIN_S
            assert {answer.status_code for answer in answers} == {503}
            assert all("retry-after" in answer.headers for answer in answers)
        assert not app.state.parts.listener.connected
        way.silent = False
        await all_well(client)


async def test_streams_stay_open_and_go_on_without_a_gap(day, outage):
    async with served_api(day.store.url) as (app, client):
        await soon(lambda: app.state.parts.listener.connected, "the listener")
        async with streaming(client) as events:
            await events.next("hello")
            outage.begin()
            await soon(lambda: not app.state.parts.listener.connected, "the listener to notice")
            # The test's own sessions were opened before: what they write now nobody is told of.
            day.store.owner.execute(
                "INSERT INTO changes (cluster_id, at, kind, racing_day, meeting_id, race_id) "
                "VALUES (raceday_cluster_id(), %s, 'odds', '2025-07-17', 'm', %s)",
                (NOW, OPEN),
            )
            await asyncio.sleep(0.5)
            outage.end()
            assert (await events.next("change", seconds=60))[1]["race_id"] == OPEN


async def test_a_service_that_starts_before_its_database_waits_for_it(day, outage):
    day.event(NOW, OPEN, [priced(1, OPEN, 3)])
    outage.begin()
    async with open_api(day.store.url) as (_, client):
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/health")).status_code == 503
        assert (await client.get("/api/meetings")).status_code == 503
        outage.end()
        await all_well(client)


async def test_an_older_schema_stops_the_start_and_names_what_mends_it(day):
    day.execute("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(SchemaTooOld, match="raceday migrate"):
        async with open_api(day.store.url):
            pass


async def test_a_database_that_turns_out_too_old_later_is_told_by_health(day, outage):
    outage.begin()
    async with open_api(day.store.url) as (app, client):
        day.store.owner.execute("UPDATE alembic_version SET version_num = '0001'")
        outage.end()
        await soon(lambda: app.state.parts.schema_problem, "the schema to be looked at", 60)
        health = await client.get("/health")
        assert health.status_code in {200, 503}
        assert any("raceday migrate" in reason for reason in health.json()["reasons"])
        day.store.owner.execute("UPDATE alembic_version SET version_num = %s", (REQUIRED,))
        await soon(lambda: app.state.parts.schema_problem is None, "the migration to be seen, without a restart", 60)


async def test_a_statement_that_takes_too_long_is_503_with_a_time_to_come_again(day, monkeypatch):
    async with open_api(day.store.url) as (app, client):
        statements = app.state.parts.reader._queries._statements
        monkeypatch.setitem(statements, "select_bookmakers", b"SELECT pg_sleep(60)")
        answer = await client.get("/api/bookmakers")
        assert (answer.status_code, "longer than 5 s" in answer.json()["error"]) == (503, True)
        assert "retry-after" in answer.headers
        assert (await client.get("/api/meetings")).status_code == 200


async def test_the_service_s_sessions_can_only_read(day):
    async with open_api(day.store.url) as (app, _), app.state.parts.pool.connection() as connection:
        for statement in (
            "DELETE FROM changes",
            "CREATE TEMP TABLE x (a int)",
            "SELECT raceday_ensure_days('2026-01-01', 1)",
        ):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
                await connection.execute(statement)
        shown = [
            (await (await connection.execute(f"SHOW {name}")).fetchone())[0]
            for name in ("statement_timeout", "role", "timezone")
        ]
        assert shown == ["5s", "raceday_reader", "UTC"]


# The process.


@contextlib.asynccontextmanager
async def process(url, **settings):
    """Run `python -m api` on a port the system chose; yield process and client."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "PORT": str(port),
        "LOG_FORMAT": "json",
        "HOST": "127.0.0.1",
        **settings,
    }
    started = await asyncio.to_thread(
        subprocess.Popen, [sys.executable, "-m", "api"], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            yield started, client
    finally:
        started.kill()
        started.communicate()


async def answering(started, client, seconds=60):
    deadline = real_monotonic() + seconds
    while True:
        with contextlib.suppress(httpx.HTTPError):
            return await client.get("/health/live")
        assert started.poll() is None, started.stderr.read()
        assert real_monotonic() < deadline
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_process_serves_and_a_signal_ends_it_well_with_a_stream_open(database_url, number):
    async with process(database_url) as (started, client):
        assert (await answering(started, client)).json() == {"status": "alive"}
        async with streaming(client) as events:
            await events.next("hello")
            began = real_monotonic()
            started.send_signal(number)
            code = await asyncio.to_thread(started.wait, 30)
        assert code == 0
        assert real_monotonic() - began < 15
        log = started.stderr.read()
        assert '"message": "api stopped"' in log
        assert "Traceback" not in log


async def test_the_process_refuses_an_older_schema_with_one_line(empty_database_url):
    async with process(empty_database_url) as (started, _):
        assert await asyncio.to_thread(started.wait, 60) == 1
        (line,) = [line for line in started.stderr.read().splitlines() if '"ERROR"' in line]
        assert "raceday migrate" in line


async def test_the_process_names_every_wrong_setting(database_url):
    settings = {"RATE_LIMIT": "-1", "TRUSTED_PROXIES": "not-a-network", "HOST": "127.0.0.1", "LOG_LEVEL": "LOUD"}
    async with process(database_url, **settings) as (started, _):
        assert await asyncio.to_thread(started.wait, 60) == 2
        told = started.stderr.read()
    assert all(name in told for name in ("RATE_LIMIT", "TRUSTED_PROXIES", "LOG_LEVEL"))
    assert all(line.startswith("setting: ") for line in told.splitlines())


async def test_the_process_does_not_open_to_the_world_without_a_key(database_url):
    async with process(database_url, HOST="10.0.0.1", API_KEYS="") as (started, _):
        assert await asyncio.to_thread(started.wait, 60) == 2
        assert "API_KEYS" in started.stderr.read()
