"""A writer that dies between any two statements: what was there stays whole, and the same answer is stored later."""

from datetime import timedelta
from decimal import Decimal
from itertools import count

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import StoreError
from shared.models import Fluc
from tests.fixtures.answers import DAY, answer, before_start, entrant, odds, pools
from tests.fixtures.played import Played, all_of, placings, played, sequences, told_at
from tests.fixtures.store import open_store, until
from workers.write.staging import RaceWriter

pytestmark = pytest.mark.postgres
numbers = count(1)
BEFORE_STAGING = -1
MOST_STATEMENTS = 17


class Dying(RaceWriter):
    """Loses its connection after *dies_after* statements of the pipeline, the last time before the commit; None: lives."""

    dies_after = None
    died_after = None
    statements = 1
    takes_lease = True

    def _stage(self, connection, *rest):
        if self.dies_after == BEFORE_STAGING:
            self._die(connection, BEFORE_STAGING)
        return super()._stage(connection, *rest)

    def _run(self, connection, steps, keys):
        if self.dies_after is None:
            return super()._run(connection, steps, keys)
        self.statements = len(steps)
        done = min(max(0, self.dies_after), len(steps))
        if done:
            cursor = psycopg.RawCursor(connection)
            for step in steps[:done]:
                cursor.execute(self._steps[step].text, self._steps[step].values(keys))
        self._die(connection, done)
        if done == len(steps):
            connection.commit()
        return super()._run(connection, steps[done:], keys)

    def _die(self, connection, done):
        self.died_after = done
        with psycopg.connect(self.url, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))


@pytest.fixture
def stores(make_database):
    """Yield a store whose writer may die, and one that nothing disturbs."""
    with open_store(make_database(), Dying, size=4) as dying, open_store(make_database(), size=2) as undisturbed:
        dying.writer.url = dying.url
        for each in (dying, undisturbed):
            each.writer.ensure_days(DAY, 2)
        yield dying, undisturbed


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sequences, st.integers(BEFORE_STAGING, MOST_STATEMENTS))
def test_a_crash_after_any_statement_changes_no_table_and_the_same_answer_is_stored_later(stores, sequence, after):
    store, undisturbed = stores
    race_id = f"race-{next(numbers)}"
    *polls, last = played(race_id, sequence)
    for poll in polls:
        poll.write(store)
        poll.write(undisturbed)
    before = all_of(store, race_id)
    assert before == all_of(undisturbed, race_id)
    crash(store, last, after)
    assert all_of(store, race_id) == before
    later(store, last)
    last.write(undisturbed)
    assert all_of(store, race_id) == all_of(undisturbed, race_id) != before


@pytest.mark.parametrize("status", ["open", "final"])
def test_a_crash_after_each_single_statement_changes_no_table(stores, status):
    """Two answers that need the most statements: none of them is left to chance."""
    store, undisturbed = stores
    first = Played(answer(), told_at(before_start(minutes=20)))
    at = before_start(minutes=10)
    moves = (Fluc(at - timedelta(minutes=4), Decimal(5)),)
    changed = answer(
        meeting_id="meeting-of-race-1",  # unknown so far: it comes with the race
        status=status,
        entrants=[entrant(n, odds=odds(3 + n), flucs=moves) for n in (1, 2, 3)],
        pools=pools(win=200_000),
        results=placings("race-1", (2, 1, 3)),
        protest=True,
    )
    last = Played(changed, told_at(at))
    for each in stores:
        first.write(each)
    before = all_of(store, "race-1")
    died = []
    while not died or died[-1] < store.writer.statements:
        crash(store, last, BEFORE_STAGING + len(died))
        died.append(store.writer.died_after)
        assert all_of(store, "race-1") == before, f"after {died[-1]} statements"
    assert died == list(range(BEFORE_STAGING, store.writer.statements + 1))
    assert len(died) > 10
    later(store, last)
    last.write(undisturbed)
    assert all_of(store, "race-1") == all_of(undisturbed, "race-1") != before


def crash(store, poll, after):
    """Write *poll* and lose the connection on the way; one that died before in the pool may cost a few tries."""
    store.writer.dies_after, store.writer.died_after = after, None

    def died():
        with pytest.raises(StoreError):
            poll.write(store)
        return store.writer.died_after is not None

    try:
        until(died, "the crash")
    finally:
        store.writer.dies_after = None


def later(store, poll):
    """Write *poll*; connections that died in the pool may cost a few tries."""

    def tried():
        try:
            return poll.write(store)
        except StoreError:
            return None

    until(tried, "a living connection")
