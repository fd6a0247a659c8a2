"""The days to come are made, the old ones go; what is kept stays whole."""

from datetime import timedelta

import pytest

from tests.fixtures.answers import DAY, RACE, answer, before_start
from workers.write.upkeep import DAYS_AHEAD, Upkeep

pytestmark = pytest.mark.postgres


def partitions(store, parent="odds_history"):
    rows = store.rows(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = %s::regclass ORDER BY 1",
        parent,
    )
    return [row["relname"].removeprefix(f"{parent}_") for row in rows]


def test_the_days_are_made_a_week_ahead_and_once(store):
    upkeep = Upkeep(store.pool.connection)
    upkeep.make_days(DAY)
    made = partitions(store)
    assert made == [f"{DAY + timedelta(days=n):%Y_%m_%d}" for n in range(-1, DAYS_AHEAD + 1)]
    upkeep.make_days(DAY)
    assert partitions(store) == made


def test_old_days_go_with_everything_of_them_and_the_rest_stays(store):
    upkeep = Upkeep(store.pool.connection)
    store.write(answer(), before_start(minutes=3))
    assert store.table("odds_history")
    upkeep.drop_days_before(DAY)
    assert store.table("odds_history")
    assert upkeep.drop_days_before(DAY + timedelta(days=1)) > 0
    for table in ("races", "entrants", "race_pools", "changes"):
        assert store.table(table, RACE) == [], table
    assert f"{DAY:%Y_%m_%d}" not in partitions(store)
    for parent in ("money_flow_history", "money_flow_buckets", "race_pools_history", "polls"):
        assert f"{DAY:%Y_%m_%d}" not in partitions(store, parent)
