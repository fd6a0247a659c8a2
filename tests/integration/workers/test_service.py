"""`python -m workers` as it is deployed: a process with an environment, signals, and a database that may go away."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from shared.clock import real_monotonic, real_now
from tests.fixtures import builders
from tests.fixtures.store import until
from tests.fixtures.tiny_tab import tiny_tab

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).parents[3]
START = datetime.fromtimestamp(builders.START, UTC)
OBEYS_WITHIN_S = 20


class Worker:
    def __init__(self, folder, **environment):
        plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.log = folder / f"worker-{len(list(folder.iterdir()))}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "workers"], cwd=folder, stderr=log, stdout=log,
                env={**plain, "PYTHONPATH": str(ROOT), **environment},
            )  # fmt: skip

    def said(self):
        return self.log.read_text()

    def ends(self, within_s=60):
        return self.process.wait(within_s)

    def stops(self):
        """Ask it to stop; return its exit status and how long it took."""
        began = real_monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.ends(), real_monotonic() - began


@pytest.fixture
def start(tmp_path, database_url):
    """Return a function that starts a worker; what still runs at the end is killed."""
    started = []

    def begin(tab, *, at=START - timedelta(minutes=4), speed=1, **changes):
        environment = {
            "DATABASE_URL": database_url, "TAB_API_URL": tab.url, "TAB_FROM": "a@b.example", "TAB_PARTNER": "p",
            "TAB_PARTNER_ID": "very-secret", "CLOCK_SPEED": str(speed), "CLOCK_ORIGIN": real_now().isoformat(),
            "CLOCK_START": at.isoformat(), "TAB_REQUESTS_PER_MINUTE": "100000", "POLITENESS_SECONDS": "0", **changes,
        }  # fmt: skip
        started.append(Worker(tmp_path, **{key: value for key, value in environment.items() if value is not None}))
        return started[-1]

    yield begin
    for worker in started:
        if worker.process.poll() is None:
            worker.process.kill()
            worker.process.wait(30)


@pytest.fixture
def tab():
    with tiny_tab() as server:
        yield server


@pytest.fixture
def ask(database_url):
    """Return a function that asks the database, as its owner, on a connection of its own."""

    def asked(statement):
        with psycopg.connect(database_url, autocommit=True) as connection:
            return connection.execute(statement).fetchall()

    return asked


def wait_for(worker, condition, what):
    def checked():
        assert worker.process.poll() is None, worker.said()
        return condition()

    return until(checked, what, seconds=90)


def test_it_brings_the_card_and_prices_by_itself_and_ends_well_when_asked(start, tab, ask):
    race_id, _ = tab.add(1, races=2)
    worker = start(tab)
    wait_for(
        worker,
        lambda: (
            ask("SELECT FROM entrants WHERE fixed_win IS NOT NULL") and ask("SELECT FROM polls WHERE reason = 'poll'")
        ),
        "prices",
    )
    wait_for(
        worker, lambda: ask("SELECT FROM job_runs WHERE job = 'daily-entrants' AND outcome = 'success'"), "the pipeline"
    )
    runs = ask("SELECT job, started_by FROM job_runs WHERE job LIKE 'daily-%' ORDER BY run_id")
    assert runs == [(f"daily-{name}", "start") for name in ("meetings", "races", "entrants")]
    ((leads, epoch, stopped, pid),) = ask("SELECT is_leader, epoch, stopped_at, pid FROM worker_status")
    assert (leads, stopped, pid) == (True, None, worker.process.pid)
    assert epoch == ask("SELECT epoch FROM leadership")[0][0]
    status, took_s = worker.stops()
    assert status == 0, worker.said()
    assert took_s < OBEYS_WITHIN_S
    assert ask("SELECT holder FROM leadership") == [(None,)]
    ((stopped, leads),) = ask("SELECT stopped_at, is_leader FROM worker_status")
    assert stopped is not None
    assert not leads
    assert "very-secret" not in worker.said()
    assert race_id in {row[0] for row in ask("SELECT race_id FROM polls")}


def test_a_write_in_hand_is_finished_when_it_is_told_to_stop(start, tab, ask, database_url):
    (race_id,) = tab.add(1, races=1)
    worker = start(tab, JOBS_ENABLED="false")
    with psycopg.connect(database_url) as blocker:
        blocker.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (race_id,))
        _add_race(database_url, race_id)
        waits = "SELECT FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()"
        wait_for(worker, lambda: ask(waits), "the write to wait")
        worker.process.send_signal(signal.SIGTERM)
        began = real_monotonic()
        until(lambda: real_monotonic() > began + 1, "a second")
        blocker.commit()
    assert worker.ends() == 0, worker.said()
    assert real_monotonic() - began < OBEYS_WITHIN_S
    assert [row[0] for row in ask("SELECT outcome FROM polls")] == ["changed"]
    assert ask("SELECT count(*) FROM entrants") == [(4,)]
    assert ask("SELECT holder FROM leadership") == [(None,)]


def _add_race(database_url, race_id):
    with psycopg.connect(database_url) as connection:
        meeting = builders.identity("meeting", 1)
        connection.execute(
            "INSERT INTO meetings (meeting_id, meeting_name, country, race_type, category, date, created_at, updated_at) "
            "VALUES (%s, 'Park', 'NZ', 'thoroughbred', 'T', %s, %s, %s)",
            (meeting, START.date(), START, START),
        )
        connection.execute(
            "INSERT INTO races (race_id, meeting_id, racing_day, name, race_number, start_time, status, created_at, updated_at) "
            "VALUES (%s, %s, %s, 'Race', 1, %s, 'open', %s, %s)",
            (race_id, meeting, START.date(), START, START, START),
        )


def test_it_obeys_while_the_upstream_hangs(start, tab, ask):
    tab.add(1, races=12)
    tab.slow.clear()
    worker = start(tab)
    wait_for(worker, lambda: tab.asked, "a call")
    status, took_s = worker.stops()
    assert status == 0, worker.said()
    assert took_s < OBEYS_WITHIN_S
    assert ask("SELECT holder FROM leadership") == [(None,)]


def test_settings_that_are_missing_or_wrong_stop_it_with_a_line_for_each(tmp_path, database_url):
    worker = Worker(
        tmp_path, DATABASE_URL="mysql://x:hidden@y/z", POLL_PROFILE="frantic", POLL_CONCURRENCY="0", COUNTRIES="GB"
    )
    assert worker.ends() == 2
    lines = worker.said().splitlines()
    assert all(line.startswith("setting: ") for line in lines)
    for name in ("DATABASE_URL", "POLL_PROFILE", "POLL_CONCURRENCY", "COUNTRIES", "TAB_FROM"):
        assert any(name in line for line in lines), name
    assert "hidden" not in worker.said()


def test_without_a_database_it_says_which_setting_is_missing(start, tab):
    worker = start(tab, DATABASE_URL=None)
    assert worker.ends() == 2
    assert "DATABASE_URL" in worker.said()


def test_an_older_schema_is_refused_with_the_command_that_mends_it(start, tab, ask, database_url):
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    worker = start(tab)
    assert worker.ends() == 1
    assert "raceday migrate" in worker.said()


def test_an_empty_database_is_refused_with_the_command_that_mends_it(start, tab, empty_database_url):
    worker = start(tab, DATABASE_URL=empty_database_url)
    assert worker.ends() == 1
    assert "raceday migrate" in worker.said()


def test_an_upstream_that_is_down_at_the_start_is_caught_up_with_when_it_comes(start, tab, ask):
    tab.add(1, races=2)
    tab.is_down = True
    worker = start(tab, at=START - timedelta(minutes=30), speed=10, TAB_TIMEOUT_SECONDS="2")
    wait_for(worker, lambda: ask("SELECT FROM job_runs WHERE outcome = 'failed'"), "a failed run")
    assert ask("SELECT count(*) FROM meetings") == [(0,)]
    tab.is_down = False
    wait_for(
        worker, lambda: ask("SELECT FROM job_runs WHERE job = 'daily-entrants' AND outcome = 'success'"), "the pipeline"
    )
    assert ask("SELECT count(*) FROM meetings") == [(1,)]
    assert ask("SELECT count(DISTINCT race_id) FROM entrants") == [(2,)]
    assert worker.process.poll() is None


def test_a_second_worker_stands_by_and_takes_over_when_the_leader_s_lease_has_run_out(start, tab, ask):
    tab.add(1, races=1)
    first = start(tab)
    wait_for(first, lambda: ask("SELECT FROM polls"), "a poll")
    second = start(tab, at=START - timedelta(minutes=3), speed=5)
    wait_for(second, lambda: ask("SELECT count(*) FROM worker_status")[0][0] == 2, "its row")
    assert ask("SELECT pid FROM worker_status WHERE is_leader") == [(first.process.pid,)]
    first.process.kill()
    wait_for(second, lambda: ask("SELECT count(DISTINCT epoch) FROM polls") == [(2,)], "polls under a new epoch")
    held = "SELECT w.pid FROM worker_status w JOIN leadership l ON l.holder = w.worker_id"
    assert ask(held) == [(second.process.pid,)]


@contextmanager
def absent(database_server, database_url):
    """Take the database away: nobody gets in, and who is in is thrown out."""
    name = sql.Identifier(database_url.split("/")[3].split("?")[0])
    with psycopg.connect(database_server, autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name._obj[0],))
        yield
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


def test_a_database_that_goes_away_and_comes_back_is_survived(start, tab, ask, database_server, database_url):
    tab.add(1, races=1)
    worker = start(tab, speed=5)
    wait_for(worker, lambda: ask("SELECT FROM polls"), "a poll")
    with absent(database_server, database_url):
        gone = real_monotonic()
        wait_for(worker, lambda: real_monotonic() > gone + 6, "six seconds without it")
    seen = ask("SELECT count(*) FROM polls WHERE outcome IN ('changed', 'unchanged')")[0][0]
    beat = ask("SELECT heartbeat_real FROM worker_status")[0][0]
    good = "SELECT count(*) FROM polls WHERE outcome IN ('changed', 'unchanged')"
    wait_for(worker, lambda: ask(good)[0][0] > seen, "a poll after it came back")
    wait_for(worker, lambda: ask("SELECT heartbeat_real FROM worker_status")[0][0] > beat, "a heartbeat")
    assert worker.stops()[0] == 0
