"""One worker writes, another takes over; by the database's clock."""

import threading

import psycopg
import pytest

from shared.errors import NotLeader
from tests.fixtures.answers import answer, before_start, record
from tests.fixtures.store import in_threads, open_store, until
from workers.leadership import NO_EPOCH, Leadership

pytestmark = pytest.mark.postgres

RUN_OUT = "UPDATE leadership SET expires_at = clock_timestamp() - interval '1 second'"


@pytest.fixture
def pair(database_url):
    """Return a store whose worker leads, and a second worker that does not."""
    with open_store(database_url) as store:
        store.writer.ensure_days(answer().racing_day, 1)
        yield store, Leadership(store.pool.connection, "worker-2")


def test_the_first_leads_and_the_second_does_not(pair):
    store, second = pair
    assert store.leadership.is_leader
    assert not second.tick()
    assert (second.is_leader, second.epoch) == (False, NO_EPOCH)


def test_of_many_that_begin_at_once_one_leads(database_url):
    with open_store(database_url) as store:
        store.leadership.give_back()
        workers = [Leadership(store.pool.connection, f"worker-{n}") for n in range(6)]
        assert sorted(in_threads(*(worker.tick for worker in workers))) == [False] * 5 + [True]


def test_the_leader_keeps_its_epoch_by_renewing(pair):
    store, _ = pair
    epoch = store.leadership.epoch
    before = store.rows("SELECT expires_at FROM leadership")[0]["expires_at"]
    assert store.leadership.tick()
    assert store.leadership.epoch == epoch
    assert store.rows("SELECT expires_at FROM leadership")[0]["expires_at"] > before


def test_a_lease_lasts_eight_seconds_of_the_database_s_clock(pair):
    store, _ = pair
    store.leadership.tick()
    left = store.rows("SELECT extract(epoch FROM expires_at - clock_timestamp()) AS s FROM leadership")[0]["s"]
    assert 5 < left <= 8


def test_when_the_lease_has_run_out_another_leads_under_a_new_epoch_and_the_first_finds_out(pair):
    store, second = pair
    epoch = store.leadership.epoch
    store.owner.execute(RUN_OUT)
    assert second.tick()
    assert second.epoch == epoch + 1
    assert not store.leadership.tick()
    assert store.leadership.epoch == NO_EPOCH


def test_what_a_paused_leader_writes_late_is_refused(pair):
    store, second = pair
    store.write(answer(), before_start(minutes=30))
    store.owner.execute(RUN_OUT)
    assert second.tick()
    before = store.dump()
    with pytest.raises(NotLeader):  # it woke up and does not know yet
        store.write(answer(status="closed"), before_start(minutes=29))
    assert store.dump() == before


def test_a_leader_whose_lease_ran_out_unnoticed_takes_it_under_a_new_epoch(pair):
    store, _ = pair
    epoch = store.leadership.epoch
    store.owner.execute(RUN_OUT)
    assert store.leadership.tick()
    assert store.leadership.epoch == epoch + 1


def test_a_lease_given_back_is_taken_at_once(pair):
    store, second = pair
    store.leadership.give_back()
    assert not store.leadership.is_leader
    assert second.tick()


def test_a_lease_that_is_another_s_is_not_given_back(pair):
    store, second = pair
    store.owner.execute(RUN_OUT)
    assert second.tick()
    store.leadership.give_back()
    assert second.tick()
    assert store.rows("SELECT holder FROM leadership")[0]["holder"] == "worker-2"


def test_a_command_by_hand_writes_under_the_living_leader_s_epoch_and_takes_nothing(pair):
    store, second = pair
    assert second.borrow() == store.leadership.epoch
    assert not second.is_leader
    store.writer.epoch = lambda: second.epoch
    assert store.writer.write(answer(), record(before_start(minutes=30))).outcome == "changed"
    second.give_back()
    assert store.rows("SELECT holder FROM leadership")[0]["holder"] == "worker-1"


def test_a_command_by_hand_without_a_leader_takes_the_lease_while_it_runs(pair):
    store, second = pair
    epoch = store.leadership.epoch
    store.leadership.give_back()
    assert second.borrow() == epoch + 1
    assert second.is_leader
    second.give_back()
    assert store.leadership.tick()


def test_a_database_out_of_reach_keeps_the_state_and_raises_nothing(database_url):
    def unreachable():
        raise psycopg.OperationalError("gone")

    with open_store(database_url) as store:
        epoch, connect = store.leadership.epoch, store.leadership._connect
        store.leadership._connect = unreachable
        assert store.leadership.tick()
        store.leadership.give_back()
        store.leadership._connect = connect
        second = Leadership(connect, "worker-2")
        assert not second.tick()  # the lease was not given back: it runs out by itself
        assert epoch == store.rows("SELECT epoch FROM leadership")[0]["epoch"]


def test_a_lease_is_kept_longer_than_it_lasts_while_it_is_renewed(pair):
    store, second = pair
    stop = threading.Event()
    keeper = threading.Thread(target=store.leadership.run, args=(stop,))
    keeper.start()
    try:
        first = store.rows("SELECT expires_at FROM leadership")[0]["expires_at"]
        until(lambda: store.rows("SELECT expires_at > %s AS later FROM leadership", first)[0]["later"], "a renewal")
        assert not second.tick()
    finally:
        stop.set()
        keeper.join()
