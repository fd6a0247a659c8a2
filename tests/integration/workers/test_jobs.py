"""The jobs of the daily pipeline, by real HTTP into a real database."""

import threading
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from psycopg.rows import dict_row

from shared.clock import Clock, real_now
from shared.errors import NotFound, PollInHand
from shared.settings import DatabaseSettings, UpstreamSettings, WorkerSettings
from tests.fixtures import builders
from tests.fixtures.store import in_threads, until
from tests.fixtures.tiny_tab import tiny_tab
from workers import service
from workers.jobs.runner import card_days

pytestmark = pytest.mark.postgres
DAY = date(2025, 7, 17)
START = datetime.fromtimestamp(builders.START, UTC)


@contextmanager
def workers(database_url, tab, *, at=START - timedelta(hours=3), **changes):
    """Yield the joined parts of a worker that leads, its clock standing at *at* when it begins."""
    upstream = UpstreamSettings(
        tab_api_url=tab.url, tab_from="a@b.example", tab_partner="p", tab_partner_id="i", tab_requests_per_minute=100_000,
        tab_timeout_seconds=2, politeness_seconds=0,
    )  # fmt: skip
    clock = Clock(1.0, real_now(), at)
    with service.parts(
        DatabaseSettings(database_url=database_url), upstream, WorkerSettings(**changes), clock, threading.Event()
    ) as parts:
        parts.leadership.tick()
        yield parts


def rows(parts, statement):
    with parts.pool.connection() as connection:
        return connection.cursor(row_factory=dict_row).execute(statement).fetchall()


@pytest.fixture
def tab():
    with tiny_tab() as server:
        yield server


def last_run(parts):
    return rows(parts, "SELECT * FROM job_runs ORDER BY run_id DESC LIMIT 1")[0]


def test_the_card_is_stored_with_the_races_that_are_watched_and_no_others(database_url, tab):
    tab.add(1, races=3)
    tab.add(2, country="AUS")
    tab.meetings[1]["country"] = "AUS"
    tab.meetings.append(builders.card_meeting(3, country="GB"))
    tab.meetings.append(builders.card_meeting(4, category="G"))
    tab.meetings.append(builders.card_meeting(5, races=[builders.card_race(0, 5), builders.card_race(1, 5)]))
    with workers(database_url, tab) as parts:
        report = parts.runner.run("daily-meetings", "hand", DAY)
        stored = rows(parts, "SELECT country, date FROM meetings")
        assert sorted(meeting["country"] for meeting in stored) == ["AUS", "NZ", "NZ"]
        assert {meeting["date"] for meeting in stored} == {DAY}
        assert {race["race_number"] for race in rows(parts, "SELECT race_number FROM races")} == {1, 2, 3}
        run = last_run(parts)
    assert (report.records, report.errors, report.api_calls) == (3, 0, 1)
    assert (run["job"], run["outcome"], run["started_by"], run["records"]) == ("daily-meetings", "success", "hand", 3)
    assert run["duration_ms"] >= 0
    assert run["peak_memory_bytes"] > 1_000_000
    assert run["racing_day"] == DAY


def test_a_long_card_is_paged_until_a_short_page(database_url, tab):
    for number in range(1, 104):
        tab.meetings.append(builders.card_meeting(number, races=1))
    with workers(database_url, tab) as parts:
        report = parts.runner.run("daily-meetings", "hand", DAY)
        assert rows(parts, "SELECT count(*) FROM meetings")[0]["count"] == 103
    assert report.api_calls == 2


def test_every_call_carries_the_identification(database_url, tab):
    tab.add()
    with workers(database_url, tab) as parts:
        parts.runner.run("daily-meetings", "hand", DAY)
    for _, headers in tab.asked:
        assert (headers["From"], headers["X-Partner"], headers["X-Partner-ID"]) == ("a@b.example", "p", "i")
        assert "gzip" in headers["Accept-Encoding"]


def test_one_meeting_that_fails_never_stops_the_rest(database_url, tab):
    for number in (1, 2, 3):
        tab.add(number)
    with workers(database_url, tab) as parts:
        parts.runner.run("daily-meetings", "hand", DAY)
        broken = builders.identity("meeting", 2)
        tab.broken[f"/affiliates/v1/racing/meetings/{broken}"] = 404
        tab.add(4)
        report = parts.runner.run("daily-races", "hand", DAY)
        run = last_run(parts)
    assert (report.records, report.errors) == (4, 1)
    assert run["outcome"] == "partial"
    assert broken in run["messages"][0]


def test_races_that_are_new_on_a_meeting_come_with_the_races_job(database_url, tab):
    tab.add(1, races=2)
    with workers(database_url, tab) as parts:
        parts.runner.run("daily-meetings", "hand", DAY)
        tab.meetings.clear()
        tab.add(1, races=5)
        parts.runner.run("daily-races", "hand", DAY)
        assert rows(parts, "SELECT count(*) FROM races")[0]["count"] == 5


def test_entrants_of_the_next_races_are_fetched_up_to_the_limit(database_url, tab):
    ids = tab.add(1, races=5)
    with workers(database_url, tab, entrants_race_limit=3) as parts:
        parts.runner.run("daily-meetings", "hand", DAY)
        report = parts.runner.run("daily-entrants", "hand", DAY)
        polled = rows(parts, "SELECT race_id, reason, outcome FROM polls ORDER BY started_at")
        runners = rows(parts, "SELECT count(*) FROM entrants")[0]["count"]
    assert [row["race_id"] for row in polled] == ids[:3]
    assert {(row["reason"], row["outcome"]) for row in polled} == {("entrants", "changed")}
    assert (report.records, report.api_calls, runners) == (12, 3, 12)


def test_a_race_without_an_answer_is_counted_and_the_others_are_fetched(database_url, tab):
    ids = tab.add(1, races=3)
    del tab.events[ids[1]]
    tab.events[ids[2]] = b'{"data": null}'
    with workers(database_url, tab) as parts:
        parts.runner.run("daily-meetings", "hand", DAY)
        report = parts.runner.run("daily-entrants", "hand", DAY)
        outcomes = {row["race_id"]: row["outcome"] for row in rows(parts, "SELECT race_id, outcome FROM polls")}
    assert outcomes == {ids[0]: "changed", ids[1]: "refused", ids[2]: "payload"}
    assert report.errors == 2


def test_an_upstream_that_is_down_makes_a_failed_run_and_no_crash(database_url, tab):
    tab.is_down = True
    with workers(database_url, tab) as parts:
        report = parts.runner.run("daily-meetings", "start", DAY)
        run = last_run(parts)
    assert report.errors == 1
    assert (run["outcome"], run["finished_at"] is not None) == ("failed", True)


def test_a_job_that_is_stopped_ends_between_two_items(database_url, tab):
    tab.add(1, races=6)
    with workers(database_url, tab) as parts:
        parts.runner.run("daily-meetings", "hand", DAY)
        real = tab.events.copy()

        def serve_and_stop(race_id):
            parts.stop.set()
            return real[race_id]

        tab.events = {race_id: lambda race_id=race_id: serve_and_stop(race_id) for race_id in real}
        parts.runner.run("daily-entrants", "hand", DAY)
        assert len(tab.asked_for("/events/")) == 1
        assert last_run(parts)["outcome"] == "stopped"


def test_backfill_polls_what_the_poller_does_not_look_at(database_url, tab):
    ids = tab.add(1, races=2)
    with workers(database_url, tab, at=START + timedelta(hours=4)) as parts:
        parts.runner.run("daily-meetings", "hand", DAY)
        parts.runner.run("backfill", "hand", DAY)
        polled = rows(parts, "SELECT race_id, reason FROM polls")
    assert {(row["race_id"], row["reason"]) for row in polled} == {(race_id, "backfill") for race_id in ids}


def test_progress_is_told_item_by_item(database_url, tab):
    tab.add(1, races=3)
    told = []
    with workers(database_url, tab) as parts:
        parts.runner.run("daily-meetings", "hand", DAY)
        parts.runner.run("daily-entrants", "hand", DAY, progress=lambda *step: told.append(step))
    assert [(done, total) for done, total, _ in told] == [(1, 3), (2, 3), (3, 3)]


def test_an_unknown_job_is_a_key_error(database_url, tab):
    with workers(database_url, tab) as parts, pytest.raises(KeyError):
        parts.runner.run("daily-nothing", "hand", DAY)


def test_a_race_that_is_not_stored_is_not_found(database_url, tab):
    with workers(database_url, tab) as parts, pytest.raises(NotFound, match="nowhere"):
        parts.schedule.race("nowhere")


def test_the_run_of_seventeen_hours_is_for_the_racing_day_that_begins_with_it():
    assert card_days(datetime(2025, 7, 16, 17, 0, tzinfo=UTC)) == [date(2025, 7, 17)]  # 05:00 NZST
    assert card_days(datetime(2025, 1, 16, 17, 0, tzinfo=UTC)) == [date(2025, 1, 17)]  # 06:00 NZDT
    assert card_days(datetime(2025, 7, 16, 16, 30, tzinfo=UTC)) == [date(2025, 7, 16), date(2025, 7, 17)]


def test_one_race_is_never_fetched_twice_at_once(database_url, tab):
    """The poller and a job meet on one race: one of them lets go."""
    (race_id,) = tab.add(1, races=1)
    with workers(database_url, tab) as parts:
        parts.runner.run("daily-meetings", "hand", DAY)
        race = parts.schedule.race(race_id)
        tab.slow.clear()

        def poll():
            return parts.polls.poll(race, reason="poll", deadline_s=10, urgent=True)

        def release():
            until(lambda: tab.asked_for("/events/"), "a call")
            threading.Event().wait(0.3)
            tab.slow.set()

        results = in_threads(poll, poll, release)
    assert len(tab.asked_for("/events/")) == 1
    assert sum(isinstance(each, PollInHand) for each in results) == 1


# One poll.


def test_a_poll_leaves_its_facts(database_url, tab):
    (race_id,) = tab.add(1, races=1)
    with workers(database_url, tab) as parts:
        parts.runner.run("daily-meetings", "hand", DAY)
        due = parts.clock.now() - timedelta(seconds=2)
        polled = parts.polls.poll(parts.schedule.race(race_id), reason="poll", deadline_s=5, urgent=False, due_at=due)
        (row,) = rows(parts, "SELECT * FROM polls")
    assert (polled.entrants, polled.status, polled.start_time) == (4, "open", START)
    assert (row["bytes"], row["http_status"], row["tries"]) == (len(tab.events[race_id]), 200, 1)
    assert row["due_at"] == due
    assert 1_900 <= row["lateness_ms"] < 30_000
    assert due < row["started_at"] <= row["finished_at"]


def test_a_race_s_prices_after_a_poll_are_the_body_s(database_url, tab):
    (race_id,) = tab.add(1, races=1)
    with workers(database_url, tab) as parts:
        parts.runner.run("daily-meetings", "hand", DAY)
        parts.polls.poll(parts.schedule.race(race_id), reason="hand", deadline_s=5, urgent=False)
        stored = rows(parts, "SELECT runner_number, fixed_win, hold_percentage FROM entrants ORDER BY 1")
        pool = rows(parts, "SELECT * FROM race_pools")[0]
    assert [(row["runner_number"], float(row["fixed_win"])) for row in stored] == [(1, 3), (2, 4), (3, 5), (4, 6)]
    assert [row["hold_percentage"] for row in stored] == [40, 15, 20, 25]
    assert (pool["win_pool_total"], pool["place_pool_total"], pool["total_race_pool"]) == (915_138, 392_351, 1_307_489)
