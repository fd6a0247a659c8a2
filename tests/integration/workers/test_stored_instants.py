"""Every stored timestamp is one of the instants told, compared in UTC, whatever zone process, database or reader is in."""

import time
from datetime import UTC, datetime
from itertools import count
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from tests.fixtures.answers import DAY
from tests.fixtures.played import played, sequences
from tests.fixtures.store import RACING, open_store

pytestmark = pytest.mark.postgres
numbers = count(1)
ABROAD = ("Pacific/Auckland", "Australia/Sydney", "America/St_Johns", "Asia/Kathmandu", "UTC")
ZONED, NAIVE = "timestamp with time zone", "timestamp without time zone"
# Columns that hold another instant than that of the poll that wrote the row.
TOLD_OTHERWISE = {
    ("races", "start_time"): "start",
    ("races", "actual_start"): "actual start",
    ("entrants", "scratch_time"): "scratched",
    ("odds_history from upstream", "event_timestamp"): "upstream's prices",
    ("polls", "due_at"): "due",
    ("polls", "finished_at"): "finished",
}


@pytest.fixture
def store(make_database, monkeypatch):
    """Yield a store of a database whose sessions are in New Zealand by default, from a process that is in Canada."""
    url = make_database()
    with psycopg.connect(url, autocommit=True) as owner:
        name = sql.Identifier(owner.info.dbname)
        owner.execute(sql.SQL("ALTER DATABASE {} SET timezone TO 'Pacific/Auckland'").format(name))
    monkeypatch.setenv("TZ", "America/St_Johns")
    time.tzset()
    try:
        with open_store(url) as made:
            made.writer.ensure_days(DAY, 2)
            yield made
    finally:
        monkeypatch.undo()
        time.tzset()


def instants_of(polls):
    """Return what the polls told, by meaning; compared as instants, so the zone they are told in is no part of it."""
    told = {
        "poll": [poll.record.started_at for poll in polls],
        "due": [poll.record.due_at for poll in polls],
        "finished": [poll.record.finished_at for poll in polls],
        "start": [poll.answer.start_time for poll in polls],
        "actual start": [poll.answer.actual_start for poll in polls],
        "scratched": [e.scratch_time for poll in polls for e in poll.answer.entrants if e.scratch_time],
        "upstream's prices": [f.at for poll in polls for e in poll.answer.entrants for f in e.flucs],
    }
    return {name: {at.astimezone(UTC) for at in instants} for name, instants in told.items()}


def stored_instants(store, race_id):
    """Yield table, column and value of every timestamp stored of a race and its meeting."""
    columns = store.rows(
        "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = %s AND table_name = ANY(%s)",
        ZONED, list(RACING),
    )  # fmt: skip
    for table in RACING:
        own = [row["column_name"] for row in columns if row["table_name"] == table]
        assert own, f"{table} tells no time"
        key = "meeting_id" if table == "meetings" else "race_id"
        statement = sql.SQL("SELECT * FROM {} WHERE {} = %s").format(sql.Identifier(table), sql.Identifier(key))
        value = f"meeting-of-{race_id}" if table == "meetings" else race_id
        for row in store.owner.execute(statement, (value,)).fetchall():
            name = f"{table} from upstream" if row.get("source") == "upstream" else table
            for column in own:
                if row[column] is not None:
                    yield name, column, row[column]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sequences, st.sampled_from(ABROAD), st.sampled_from(ABROAD))
def test_every_stored_timestamp_is_an_instant_that_was_told(store, sequence, told_in, read_in):
    race_id = f"race-{next(numbers)}"
    polls = played(race_id, sequence, ZoneInfo(told_in))
    for poll in polls:
        poll.write(store)
    store.owner.execute(sql.SQL("SET TIME ZONE {}").format(sql.Literal(read_in)))
    told, seen = instants_of(polls), 0
    for table, column, value in stored_instants(store, race_id):
        assert value.tzinfo is not None
        assert value.astimezone(UTC) in told[TOLD_OTHERWISE.get((table, column), "poll")], (table, column)
        seen += 1
    assert seen > 20
    race, newest = store.race(race_id), polls[-1]
    assert race["last_polled_at"] == newest.record.started_at
    assert race["start_time"] == newest.answer.start_time
    polled = [row["started_at"] for row in store.table("polls", race_id, "started_at")]
    assert polled == [poll.record.started_at for poll in polls]
    for change in store.changes(race_id):
        if change["kind"] == "start_time":  # the feed's text, which the API hands on
            moved = [datetime.fromisoformat(change["payload"][end]) for end in ("from", "to")]
            assert {at.astimezone(UTC) for at in moved} <= told["start"]
            assert {at.utcoffset() for at in moved} == {UTC.utcoffset(None)}


def test_no_column_of_ours_tells_a_time_without_its_zone(store):
    assert store.rows(
        "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = %s AND table_schema = 'public'",
        NAIVE,
    ) == []  # fmt: skip
