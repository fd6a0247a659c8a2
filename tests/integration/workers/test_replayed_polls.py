"""A poll written twice is written once, and an answer that comes too late changes nothing, in any table."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import OlderAnswer
from tests.fixtures.played import Played, all_of, played, sequences, steps, told_at, whole_answer

pytestmark = pytest.mark.postgres
examples = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
numbers = count(1)


@examples
@given(sequences)
def test_a_poll_that_is_written_again_at_once_changes_no_table(store, sequence):
    race_id = f"race-{next(numbers)}"
    for poll in played(race_id, sequence):
        poll.write(store)
        before = all_of(store, race_id)
        again = poll.write(store)
        assert (again.kinds, again.outcome) == ((), "unchanged")
        assert all_of(store, race_id) == before


@examples
@given(sequences, steps, st.integers(1, 4_000_000_000))
def test_an_answer_older_than_the_newest_changes_no_table(store, sequence, other, older_by_us):
    race_id = f"race-{next(numbers)}"
    polls = played(race_id, sequence)
    for poll in polls:
        poll.write(store)
    before = all_of(store, race_id)
    assert len(before["races"]) == len(before["meetings"]) == 1
    newest = polls[-1]
    at = newest.record.started_at - timedelta(microseconds=older_by_us)
    never_told = Played(whole_answer(race_id, *other, newest.answer.start_time, at), told_at(at))
    for late in (*polls[:-1], never_told):
        with pytest.raises(OlderAnswer):
            late.write(store)
        assert all_of(store, race_id) == before


@examples
@given(sequences)
def test_the_same_facts_in_another_body_leave_no_history_and_tell_no_change(store, sequence):
    """Upstream's body differs in what is not kept: the hash then says changed, and each table must see that it is not."""
    race_id = f"race-{next(numbers)}"
    polls = played(race_id, sequence)
    for poll in polls:
        poll.write(store)
    before, newest = all_of(store, race_id), polls[-1]
    reworded = replace(newest.answer, data_hash="another")
    again = Played(reworded, told_at(newest.record.started_at + timedelta(milliseconds=1))).write(store)
    assert (again.kinds, again.outcome) == ((), "changed")
    after = all_of(store, race_id)
    moved_on = {
        "races",
        "polls",
        "entrants",
        "race_pools",
        "money_flow_buckets",
    }  # they carry the latest poll's instant
    assert {name: rows for name, rows in after.items() if name not in moved_on} == {
        name: rows for name, rows in before.items() if name not in moved_on
    }


def test_the_sequences_reach_every_table(store):
    """Else the properties above would compare nothing with nothing."""
    reached = set()

    @settings(examples, max_examples=40, database=None, derandomize=True)
    @given(sequences)
    def play(sequence):
        race_id = f"race-{next(numbers)}"
        for poll in played(race_id, sequence):
            poll.write(store)
        reached.update(name for name, rows in all_of(store, race_id).items() if rows)

    play()
    assert len(reached) == len(all_of(store, "none")), reached
    assert store.rows("SELECT FROM odds_history WHERE source = 'upstream' LIMIT 1")
    assert store.rows("SELECT FROM race_results WHERE revision > 1 LIMIT 1")
