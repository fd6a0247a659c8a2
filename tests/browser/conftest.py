"""A browser, a day of races in a real database, and the API over it as a process that may be stopped."""

import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from local.ports import free_port
from shared.clock import racing_day, real_monotonic, real_now
from shared.db import writer_pool
from tests.browser.chromium import Chromium, find_chromium
from tests.fixtures import builders
from workers.upstream.parse_race import parse_race
from workers.write.polls import PollRecord
from workers.write.staging import RaceWriter

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_S = 60.0


@pytest.fixture(scope="session")
def chromium():
    binary = find_chromium()
    if binary is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Chromium is installed: apt install chromium")
    browser = Chromium(binary)
    yield browser
    browser.close()


@pytest.fixture
def page(chromium):
    chromium.viewport(1440, 900)
    yield chromium
    chromium.open("about:blank#done")


class Day:
    """Writes races as the workers do: parsed from an answer's bytes, stored by their writer."""

    def __init__(self, pool):
        self._writer = RaceWriter(pool.connection, "browser-test", epoch=lambda: 0, left_gap=lambda *_: False)

    def write(self, number, *, starts_in_s, prices, polled_ago_s=0.0, course="Awapuni", runners=None, **changes):
        """Store an answer for race *number* with these fixed win prices, None for unknown; return its id."""
        race_id = builders.identity("browser race", number)
        now = real_now()
        start = now + timedelta(seconds=starts_in_s)
        facts = {
            "advertised_start": int(start.timestamp()),
            "actual_start": int(start.timestamp()),
            "race_date_nz": str(racing_day(now)),
            "start_time_nz": builders.DROP,
            "race_number": number,
            "meeting_name": course,
            "display_meeting_name": course,
            "meeting_id": builders.identity("browser meeting", course),
        }
        field = [
            builders.runner(
                at, race_id, odds={"fixed_win": price or 0, "fixed_place": 1.5}, **(runners or {}).get(at, {})
            )
            for at, price in enumerate(prices, 1)
        ]
        body = builders.event_body(
            field,
            race_id,
            {**facts, **{k: changes.pop(k) for k in ("status", "country", "type") if k in changes}},
            **changes,
        )
        at = now - timedelta(seconds=polled_ago_s)
        self._writer.write(parse_race(body, race_id), PollRecord("poll", at, at))
        return race_id


@pytest.fixture
def day(database_url):
    with writer_pool(database_url, size=2, application_name="browser-test") as pool:
        yield Day(pool)


class Site:
    """`python -m api` on a port of its own."""

    def __init__(self, database_url, log):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "DATABASE_READ_URL": "",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
        }
        self._process = None

    def start(self):
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api"], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        deadline = real_monotonic() + STARTS_WITHIN_S
        while not self._answers():
            if self._process.poll() is not None or real_monotonic() > deadline:
                raise AssertionError(f"the API did not start:\n{self._log.read_text()[-4000:]}")
            threading.Event().wait(0.1)

    def stop(self):
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._process = None

    def _answers(self):
        try:
            return requests.get(f"{self.url}/health", timeout=2).status_code in {200, 503}
        except requests.RequestException:
            return False


@pytest.fixture
def site(database_url, tmp_path):
    running = Site(database_url, tmp_path / "api.log")
    running.start()
    yield running
    running.stop()
