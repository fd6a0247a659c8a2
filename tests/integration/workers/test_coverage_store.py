"""What the coverage report reads of a day, and the day's sums."""

from datetime import timedelta

import pytest

from tests.fixtures.answers import DAY, RACE, START, answer, before_start, money, pools
from workers.transform.coverage import coverage_of
from workers.write.coverage import CoverageStore

HISTORY = ("odds_history", "money_flow_history", "money_flow_buckets", "race_pools_history", "polls")


@pytest.fixture
def coverage(store):
    return CoverageStore(store.pool.connection)


def test_a_start_that_was_moved_is_known_since_it_was_told(store, coverage):
    told, moved = before_start(55), START - timedelta(minutes=20)
    store.write(answer(), before_start(60))
    store.write(answer(start_time=moved), told)
    (race,) = coverage.facts(DAY)
    assert [start for _, start in race.known.starts] == [START, moved]
    assert race.known.start_at(told - timedelta(seconds=1)) == START
    assert race.known.start_at(told) == moved
    assert [poll.outcome for poll in race.polls] == ["changed", "changed"]
    found = coverage_of("standard", race.known, race.polls, told + timedelta(seconds=1))
    assert (found.expected_polls, found.good_polls, found.gaps) == (2, 2, ()), "those that were due by the old start"


def test_an_orphan_of_every_history_table_is_counted_and_of_this_day_alone(store, coverage):
    store.write(answer(money=money(), pools=pools()), before_start(60))
    coverage.reconcile(DAY, before_start(50))
    assert store.rows("SELECT orphans FROM day_reconciliation")[0]["orphans"] == 0
    store.rows("DELETE FROM races WHERE race_id = %s RETURNING race_id", RACE)
    left = {table: len(store.table(table)) for table in HISTORY}
    assert all(left.values()), left
    coverage.reconcile(DAY, before_start(40))
    coverage.reconcile(DAY + timedelta(days=1), before_start(40))
    orphans = store.rows("SELECT orphans FROM day_reconciliation ORDER BY racing_day")
    assert [row["orphans"] for row in orphans] == [sum(left.values()), 0]
