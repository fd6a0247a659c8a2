"""Several writers at once, and writers that die: nothing fails, nothing doubles, nothing is half written."""

import json
from datetime import timedelta
from functools import partial

import psycopg
import pytest

from shared.errors import OlderAnswer
from tests.fixtures.answers import (
    DAY,
    MEETING,
    RACE,
    START,
    answer,
    before_start,
    card,
    card_race,
    entrant,
    money,
    odds,
    pools,
)
from tests.fixtures.store import in_threads, open_store, until
from workers.write.staging import RaceWriter

pytestmark = pytest.mark.postgres

LOCK = "SELECT pg_advisory_lock(hashtextextended(%s, 0))"


def moved(at_minute, **changes):
    """Return an answer that differs in all that an answer can differ in."""
    return answer(
        status="interim",
        start_time=START + timedelta(seconds=at_minute),
        entrants=[entrant(n, odds=odds(2 + at_minute / 10 + n)) for n in (1, 2, 3)],
        money=money({1: at_minute, 2: 50, 3: 50 - at_minute}),
        pools=pools(win=100_000 + at_minute),
        protest=True,
        protest_reason=f"after {at_minute}",
        **changes,
    )


def test_many_writers_of_a_new_race_at_once_neither_fail_nor_double(store):
    for number in range(12):
        race = f"race-{number}"
        at = [before_start(minutes=30, seconds=-n) for n in range(4)]
        results = in_threads(*(partial(store.write, answer(race, name=f"as seen {n}"), at[n]) for n in range(4)))
        failed = [each for each in results if isinstance(each, Exception) and not isinstance(each, OlderAnswer)]
        assert failed == []
        assert (store.race(race)["name"], store.race(race)["last_polled_at"]) == ("as seen 3", at[3])
        assert len(store.table("entrants", race)) == 3
        assert store.kinds(race).count("race") == 1
        assert len(store.odds_history(race)) == 12


def test_the_first_races_of_an_unknown_meeting_at_once_all_bring_it_and_none_fails(store):
    for number in range(12):
        races = [f"race-{number}-{n}" for n in range(4)]
        made = [answer(race, meeting_id=f"meeting-{number}") for race in races]
        results = in_threads(*(lambda one=one: store.write(one, before_start(minutes=30)) for one in made))
        assert [each for each in results if isinstance(each, Exception)] == []
    assert store.rows("SELECT count(*) FROM meetings")[0]["count"] == 12


def test_an_unknown_meeting_brought_by_two_races_in_the_same_moment_is_no_failure(store):
    """Both transactions look for the meeting before either commits."""
    with psycopg.connect(store.url) as blocker:
        blocker.execute("LOCK TABLE polls IN SHARE MODE")  # holds every write at its last statement
        steps = [lambda race=race: store.write(answer(race), before_start(minutes=30)) for race in ("race-a", "race-b")]
        results = in_threads(*steps, lambda: (until(lambda: store.waiting_for_a_lock() == 2, "both"), blocker.commit()))
    assert [each for each in results if isinstance(each, Exception)] == []
    assert store.rows("SELECT count(*) FROM races")[0]["count"] == 2


def test_the_last_two_races_of_a_meeting_that_end_in_the_same_moment_complete_it(store):
    for race in ("race-a", "race-b"):
        store.write(answer(race), before_start(minutes=30))

    def release():
        until(lambda: store.waiting_for_a_lock() == 2, "both writes to wait")
        blocker.commit()

    with psycopg.connect(store.url) as blocker:
        blocker.execute("LOCK TABLE polls IN SHARE MODE")
        steps = [
            lambda race=race: store.write(answer(race, status="final"), before_start(minutes=-9))
            for race in ("race-a", "race-b")
        ]
        results = in_threads(*steps, release)
    assert [each for each in results if isinstance(each, Exception)] == []
    assert store.rows("SELECT status FROM meetings")[0]["status"] == "completed"


def test_the_feed_tells_a_race_s_changes_in_the_order_of_their_writes_also_on_a_new_connection(database_url):
    """A connection that must still make its staging tables gets its transaction id no earlier than the race's lock."""
    with open_store(database_url, size=1) as store, open_store_again(database_url) as fresh:
        store.writer.ensure_days(DAY, 1)
        fresh.leadership = store.leadership
        store.write(answer(), before_start(minutes=30))

        def release():
            until(lambda: store.waiting_for_a_lock() == 2, "the second to wait")
            blocker.commit()

        def second():
            until(lambda: store.waiting_for_a_lock() == 1, "the first to wait")
            fresh.write(answer(status="interim"), before_start(minutes=28))

        with psycopg.connect(database_url) as blocker:
            blocker.execute(LOCK.replace("pg_advisory_lock", "pg_advisory_xact_lock"), (RACE,))
            first = lambda: store.write(answer(status="closed"), before_start(minutes=29))  # noqa: E731  beside the others
            assert [each for each in in_threads(first, second, release) if isinstance(each, Exception)] == []
        statuses = [row["payload"]["to"] for row in store.changes() if row["kind"] == "status"]
        assert statuses == ["closed", "interim"]


def open_store_again(url):
    """Open another pool on the same database, without taking the lease from the first."""
    return open_store(url, _NoLease, size=1)


class _NoLease(RaceWriter):
    """A writer like the other: the type tells the store that the lease is held already."""

    takes_lease = False


def test_a_notice_is_heard_after_the_commit_only(store):
    store.write(answer(), before_start(minutes=30))
    heard = []

    def listen():
        until(lambda: store.waiting_for_a_lock() == 1, "the write to wait at its end")
        with store.listening() as notices:
            heard.append(notices(0.3))
            blocker.commit()
            until(lambda: heard.append(notices(0.2)) or any(heard[1:]), "the notice")

    with psycopg.connect(store.url) as blocker:
        blocker.execute("LOCK TABLE polls IN SHARE MODE")
        results = in_threads(lambda: store.write(answer(status="closed"), before_start(minutes=29)), listen)
    assert [each for each in results if isinstance(each, Exception)] == []
    assert heard[0] == []
    (payload,) = heard[-1]
    assert json.loads(payload) | {"at": None} == {"race_id": RACE, "kinds": ["status"], "at": None}


def test_a_card_and_pollers_at_once_neither_fail_nor_wait_in_a_circle(store):
    races = [f"{MEETING}-race-{n}" for n in range(1, 5)]
    for turn in range(8):
        at = before_start(minutes=60 - turn)
        made = card(races=tuple(card_race(n, status=f"s{turn}") for n in (4, 1, 3, 2)))
        results = in_threads(
            partial(store.card.write, made, at),
            *(partial(store.write, answer(race, status=f"p{turn}"), at) for race in races),
        )
        assert [each for each in results if isinstance(each, Exception)] == []
