"""A stretch that was recorded: rebuilt exactly in an empty database, and served again to workers of its own."""

import gzip
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from local.tab.rebuild import rebuild
from local.tab.recording import read_recording
from local.tab.replay import replay
from shared.clock import Clock, real_now
from shared.schema import migrate
from tests.acceptance.house import House, Plan, house, live_through

pytestmark = [pytest.mark.acceptance, pytest.mark.postgres]

SPEED = 120.0
PLAN = Plan(
    date(2026, 11, 18), seed=4, meetings=6, speed=SPEED, begins_after=timedelta(hours=3), hours=1.1,
    around_the_clock=True, faults="500=0.05,truncate=0.03,empty=0.02",
)  # fmt: skip
# What a database gives of itself, and who wrote: no answer says it.
NOT_OF_THE_ANSWERS = {"polls": {"epoch", "worker_id"}, "changes": {"id", "xid", "cluster_id"}}
TABLES = (
    "meetings", "races", "entrants", "race_pools", "race_results", "odds_history", "money_flow_history",
    "money_flow_buckets", "race_pools_history", "polls", "changes",
)  # fmt: skip


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Yield a recorded stretch: what ran, and the folder."""
    folder = tmp_path_factory.mktemp("recording")
    plan = Plan(**{name: getattr(PLAN, name) for name in Plan.__slots__} | {"settings": {"RECORD_DIR": str(folder)}})
    with house(plan) as built:
        live_through(plan, built)
        yield built, folder


def rows(url, table):
    with psycopg.connect(url, row_factory=dict_row) as connection:
        found = connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  our names
    left_out = NOT_OF_THE_ANSWERS.get(table, set())
    return sorted(repr({name: value for name, value in row.items() if name not in left_out}) for row in found)


def test_a_recording_rebuilds_the_same_rows_table_by_table(recording):
    built, folder = recording
    other = built.another_database("rebuilt")
    fed = rebuild(folder, other, print)
    assert fed.answers > 100
    assert fed.meetings > 0
    for table in TABLES:
        assert rows(other, table) == rows(built.database_url, table), table


def test_the_feed_of_a_rebuilt_race_has_the_same_order(recording):
    built, folder = recording
    other = built.another_database("reordered")
    rebuild(folder, other, print)

    def feeds(url):
        found = defaultdict(list)
        with psycopg.connect(url) as connection:
            for race_id, *change in connection.execute(
                "SELECT race_id, at, kind, payload FROM changes WHERE race_id IS NOT NULL ORDER BY xid, id"
            ):
                found[race_id].append(change)
        return found

    assert feeds(other) == feeds(built.database_url)


def test_a_recording_holds_every_answer_and_no_identification(recording):
    built, folder = recording
    lines = read_recording(folder)
    with psycopg.connect(built.database_url) as connection:
        polls = connection.execute("SELECT count(*) FROM polls").fetchone()[0]
    races = [line for line in lines if line.entry.kind == "race"]
    assert sum(line.settles for line in races) == polls
    assert {line.entry.status for line in races if not line.settles} >= {200, 500}, "tries that brought nothing of use"
    assert len(lines) == len(built.tab.site.ledger.requests())
    for file in Path(folder).rglob("*.gz"):
        assert b"acceptance" not in gzip.decompress(file.read_bytes())


def test_workers_fed_by_a_replay_receive_at_each_due_instant_what_was_recorded_for_it(recording):
    built, folder = recording
    first = read_recording(folder)[0].entry.at
    clock = Clock(SPEED, real_now(), first)
    tab = replay(folder, clock=clock)
    try:
        url = built.another_database("replayed")
        migrate(url)
        second = House(clock, tab, url, built.log.with_name("replayed.log"), {})
        try:
            second.start_workers()
            second.wait_until(first + timedelta(minutes=40))
        finally:
            second.stop_workers()
    finally:
        tab.stop()
    recorded, received = _answers(built.database_url), _answers(url)
    both = recorded.keys() & received.keys()
    assert len(both) > 30
    assert {key: received[key] for key in both} == {key: recorded[key] for key in both}


def _answers(url):
    """Return the hash of the data by race and due instant, the first polls of a race left out: due when it was met."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT race_id, due_at, data_hash FROM polls WHERE outcome IN ('changed', 'unchanged')"
            " AND due_at = date_trunc('second', due_at)"
        ).fetchall()
    return {(race_id, due_at): data_hash for race_id, due_at, data_hash in found}
