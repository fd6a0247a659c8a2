"""The poller against a small TAB and a real database, on a clock that runs fast."""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from shared.clock import Clock, real_now
from shared.settings import DatabaseSettings, UpstreamSettings, WorkerSettings
from tests.fixtures import builders
from tests.fixtures.store import until
from tests.fixtures.tiny_tab import tiny_tab
from workers import cadence, service
from workers.poller import Poller

pytestmark = pytest.mark.postgres
START = datetime.fromtimestamp(builders.START, UTC)
MINUTE = timedelta(minutes=1)


class Running:
    """A poller with its parts; *at* is where its clock stands when it begins."""

    def __init__(self, parts):
        self.parts, self.errors = parts, []
        self.poller = self.new_poller()

    def new_poller(self, concurrency=4):
        return Poller(
            clock=self.parts.clock, polls=self.parts.polls, schedule=self.parts.schedule, profile="standard",
            concurrency=concurrency, on_error=self.errors.append,
        )  # fmt: skip

    def once(self):
        self.poller.run_once(self.parts.stop)

    def until(self, condition, what):
        """Run the poller until *condition*."""

        def stepped():
            self.once()
            return condition()

        return until(stepped, what, seconds=60)

    def polls(self, race_id=None):
        with self.parts.pool.connection() as connection:
            found = connection.execute(
                "SELECT race_id, due_at, started_at, finished_at, outcome, lateness_ms FROM polls WHERE %s::text IS NULL OR race_id = %s "
                "ORDER BY started_at",
                (race_id, race_id),
            ).fetchall()
        names = ("race_id", "due_at", "started_at", "finished_at", "outcome", "lateness_ms")
        return [dict(zip(names, row, strict=True)) for row in found]


@contextmanager
def running(database_url, tab, *, at, speed=1.0, card=True):
    upstream = UpstreamSettings(
        tab_api_url=tab.url, tab_from="a@b.example", tab_partner="p", tab_partner_id="i",
        tab_requests_per_minute=100_000, tab_timeout_seconds=5, politeness_seconds=0,
    )  # fmt: skip
    with service.parts(
        DatabaseSettings(database_url=database_url),
        upstream,
        WorkerSettings(),
        Clock(speed, real_now(), at),
        threading.Event(),
    ) as parts:
        parts.leadership.tick()
        if card:
            parts.runner.run("daily-meetings", "hand", START.date())
        it = Running(parts)
        try:
            yield it
        finally:
            parts.stop.set()
            it.poller.drain(10)


@pytest.fixture
def tab():
    with tiny_tab() as server:
        yield server


def test_polls_are_due_at_the_instants_of_the_table_and_each_is_kept(database_url, tab):
    (race_id,) = tab.add(1, races=1)
    with running(database_url, tab, at=START - timedelta(seconds=100), speed=15) as it:
        it.until(lambda: len(it.polls()) >= 7, "seven polls")
        seen = it.polls(race_id)
        grid, probe = [], START - timedelta(seconds=120)
        while len(grid) < 30:
            probe = cadence.due_after("standard", "open", START, probe)
            grid.append(probe)
        due = [poll["due_at"] for poll in seen[1:]]  # the first is at once: an instant was missed
        assert set(due) <= set(grid)
        assert len(set(due)) == len(due)
        assert all(poll["started_at"] >= poll["due_at"] for poll in seen)
        assert {poll["outcome"] for poll in seen} <= {"changed", "unchanged"}
        assert it.poller.lateness.percentiles_ms()[0] is not None
        assert it.poller.counts.good >= 6


def test_a_race_that_missed_an_instant_is_polled_at_once_and_one_that_did_not_waits_for_its_next(database_url, tab):
    (race_id,) = tab.add(1, races=1)
    with running(database_url, tab, at=START - 30 * MINUTE) as it:
        it.until(lambda: len(it.polls()) == 1, "the first poll")
        it.once()
        (after,) = it.poller.next_polls()
        assert after == (race_id, START - timedelta(minutes=25, seconds=5))
        again = it.new_poller()  # a restart: nothing is remembered but what is stored
        again.run_once(it.parts.stop)
        assert again.next_polls() == [after]
        assert len(it.polls()) == 1
        again.drain(5)


def test_a_moved_start_moves_the_schedule_with_the_poll_that_brings_it(database_url, tab):
    (race_id,) = tab.add(1, races=1)
    later = builders.START + 40 * 60
    tab.put(race_id, advertised_start=later)
    with running(database_url, tab, at=START - 2 * MINUTE) as it:
        it.until(lambda: it.polls() and it.poller.next_polls(), "the poll")
        assert it.poller.next_polls() == [(race_id, START + timedelta(minutes=40) - timedelta(minutes=40, seconds=5))]


def test_a_race_that_is_over_is_polled_no_more(database_url, tab):
    (race_id,) = tab.add(1, races=1)
    tab.put(race_id, status="Final")
    with running(database_url, tab, at=START - MINUTE, speed=30) as it:
        it.until(lambda: len(it.polls()) == 1 and it.poller.watching == 0, "the race to be left alone")
        passed = it.parts.clock.now() + timedelta(seconds=60)
        it.until(lambda: it.parts.clock.now() > passed, "a minute of the race's time")
        assert len(it.polls(race_id)) == 1


def test_a_race_that_closed_is_polled_on(database_url, tab):
    (race_id,) = tab.add(1, races=1)
    tab.put(race_id, status="Closed")
    with running(database_url, tab, at=START + timedelta(seconds=50), speed=30) as it:
        it.until(lambda: len(it.polls(race_id)) >= 3, "three polls")
        one, two = it.polls()[1:3]
        assert two["due_at"] - one["due_at"] == MINUTE


def test_races_outside_the_window_are_left_alone(database_url, tab):
    tab.add(1, races=1, start=builders.START + 3 * 3600)
    tab.add(2, races=1, start=builders.START - 3 * 3600)
    with running(database_url, tab, at=START) as it:
        it.once()
        assert it.poller.watching == 0
        assert tab.asked_for("/events/") == []


def test_a_failing_race_is_tried_again_within_fifteen_seconds_and_harms_no_other(database_url, tab):
    bad, good = tab.add(1, races=2)
    del tab.events[bad]
    with running(database_url, tab, at=START - 4 * MINUTE, speed=15) as it:
        it.until(lambda: len(it.polls(bad)) >= 3 and it.polls(good), "three tries")
        tries = it.polls(bad)[:3]
        assert {poll["outcome"] for poll in tries} == {"refused"}
        gaps = [b["due_at"] - a["due_at"] for a, b in pairwise(tries)]
        assert all(gap <= timedelta(seconds=15) for gap in gaps)
        assert it.polls(good)[0]["outcome"] == "changed"
        assert any(bad in error for error in it.errors)
        assert it.poller.counts.failed >= 3


def test_a_slow_poll_is_not_queued_behind_itself(database_url, tab):
    (race_id,) = tab.add(1, races=1)
    with running(database_url, tab, at=START - 4 * MINUTE, speed=30) as it:
        tab.slow.clear()
        it.until(lambda: tab.asked_for(race_id), "the call")
        held_until = it.parts.clock.now() + timedelta(seconds=60)  # four instants go by
        it.until(lambda: it.parts.clock.now() > held_until, "a minute")
        tab.slow.set()
        it.until(lambda: len(it.polls(race_id)) >= 3, "the next polls")
        seen = it.polls(race_id)
        assert all(after["started_at"] >= before["finished_at"] for before, after in pairwise(seen))
        due = [poll["due_at"] for poll in seen]
        assert due == sorted(set(due))
        missed = [poll for poll in seen[1:] if poll["due_at"] < seen[0]["finished_at"]]
        assert missed == []  # what went by meanwhile is not caught up one by one


def test_another_worker_s_races_are_forgotten(database_url, tab):
    tab.add(1, races=3)
    with running(database_url, tab, at=START - 90 * MINUTE) as it:
        it.once()
        it.poller.forget_all()
        assert (it.poller.watching, it.poller.next_polls()) == (0, [])


def test_a_poll_under_a_lost_lease_stores_nothing(database_url, tab):
    (race_id,) = tab.add(1, races=1)
    with running(database_url, tab, at=START - MINUTE) as it:
        with it.parts.pool.connection() as connection:
            connection.execute("UPDATE leadership SET epoch = epoch + 1")
        it.until(lambda: tab.asked_for(race_id) and it.poller.next_polls(), "the poll")
        assert it.polls() == []
        assert it.poller.counts.good == 0


def test_polls_in_hand_finish_when_it_ends_and_those_not_begun_are_not_waited_for(database_url, tab):
    tab.add(1, races=12, start=builders.START - 3000)
    with running(database_url, tab, at=START - MINUTE) as it:
        it.poller = it.new_poller(concurrency=2)
        tab.slow.clear()
        it.until(lambda: len(tab.asked_for("/events/")) == 2, "two calls")
        threading.Timer(0.5, tab.slow.set).start()
        assert it.poller.drain(20)
        assert len([poll for poll in it.polls() if poll["outcome"] == "changed"]) == 2
