"""An answer that came after the lease was lost is recorded, and a rebuild leaves it out as it was left out then."""

import threading
from datetime import datetime

import psycopg
import pytest

from local.tab.rebuild import Rebuilt, rebuild
from local.tab.recording import read_recording
from shared.clock import Clock, real_now
from shared.errors import NotLeader
from shared.settings import DatabaseSettings, UpstreamSettings, WorkerSettings
from tests.fixtures import builders
from tests.fixtures.tiny_tab import tiny_tab
from workers import service
from workers.write.schedule import DueRace

pytestmark = pytest.mark.postgres
START = datetime.fromtimestamp(builders.START).astimezone()


def test_what_a_worker_without_the_lease_received_is_recorded_and_not_rebuilt(database_url, tmp_path):
    with tiny_tab() as tab:
        (race_id,) = tab.add(1, races=1)
        upstream = UpstreamSettings(
            tab_api_url=tab.url, tab_from="a@b.example", tab_partner="p", tab_partner_id="i", tab_timeout_seconds=5
        )
        race = DueRace(race_id, None, START, "open")
        made = service.parts(
            DatabaseSettings(database_url=database_url), upstream, WorkerSettings(record_dir=tmp_path),
            Clock(1.0, real_now(), START), threading.Event(),
        )  # fmt: skip
        with made as parts, pytest.raises(NotLeader):
            parts.polls.poll(race, reason="hand", deadline_s=5, urgent=True)
    (line,) = read_recording(tmp_path)
    assert (line.entry.outcome, line.entry.status, line.settles) == ("NotLeader", 200, True)
    assert race_id.encode() in line.body()
    assert rebuild(tmp_path, database_url, print) == Rebuilt(0, 0, 0)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT (SELECT count(*) FROM polls), (SELECT count(*) FROM races)").fetchone() == (
            0,
            0,
        )
