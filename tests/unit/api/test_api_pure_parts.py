"""PURE cursors, health, schedulers and what a race was then."""

from datetime import UTC, datetime, timedelta

import pytest

from api.as_of import start_then, value_then, was_scratched
from api.cursor import Cursor, parse_cursor
from api.health import stale_reasons, upstream_reasons, workers_state
from api.scheduler_view import schedulers

NOW = datetime(2025, 7, 17, 0, 46, tzinfo=UTC)


@pytest.mark.parametrize(
    "cursor",
    [Cursor(1, "0", 0), Cursor(2**63 - 1, str(2**64 - 1), 2**63 - 1), Cursor(7710766143165398299, "14534", 26)],
)
def test_a_cursor_comes_back_as_it_went(cursor):
    assert parse_cursor(str(cursor)) == cursor
    assert str(cursor).replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    "text",
    ["", "x", "1.1.1.1", "MS4xLjE", "é", "MS4xLjEuMQ==x", "Mi4xLjEuMQ", "MS4tMS4xLjE", str(Cursor(1, "1", 2**63)),
     str(Cursor(1, str(2**64), 1)), str(Cursor(2**63, "1", 1)), "A" * 200, "MS4xLjEu2aM"],
)  # fmt: skip
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(ValueError, match="not a cursor"):
        parse_cursor(text)


def worker(**changes):
    return {
        "worker_id": "w", "is_leader": True, "stopped_at": None, "heartbeat_age_s": 2.0, "upstream": {}, "counters": {},
        "next_polls": [], "polls_watched": 0, "lateness_p50_ms": None, "lateness_p99_ms": None, "last_error": None,
        "last_error_at": None, **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "state", "words"),
    [
        ([], "unknown", "no worker"), ([worker()], "alive", None), ([worker(heartbeat_age_s=19)], "alive", None),
        ([worker(heartbeat_age_s=21)], "silent", "21 s ago"), ([worker(stopped_at=NOW)], "stopped", "stopped"),
        ([worker(is_leader=False)], "alive", "no worker leads"),
        ([worker(is_leader=False), worker()], "alive", None),
        ([worker(heartbeat_age_s=60), worker(is_leader=False)], "alive", "no worker leads"),
        ([worker(stopped_at=NOW), worker()], "alive", None),
    ],
)  # fmt: skip
def test_the_workers_state_and_why(rows, state, words):
    found, reasons = workers_state(rows)
    assert found == state
    assert bool(reasons) == bool(words)
    assert words is None or words in reasons[0]


@pytest.mark.parametrize(
    ("upstream", "down"),
    [
        ({}, False), (None, False), ({"circuit": "closed", "failures_in_a_row": 2}, False),
        ({"circuit": "closed", "failures_in_a_row": 3}, True), ({"circuit": "open", "failures_in_a_row": 0}, True),
        ({"circuit": "half_open"}, True),
    ],
)  # fmt: skip
def test_the_upstream_is_down_when_its_calls_fail_in_a_row(upstream, down):
    assert bool(upstream_reasons([worker(upstream=upstream)])) is down


def test_a_stopped_worker_says_nothing_of_the_upstream():
    assert upstream_reasons([worker(stopped_at=NOW, upstream={"circuit": "open"})]) == []


def test_stale_races_are_counted():
    races = [
        {"status": "open", "start_time": NOW + timedelta(minutes=4), "last_polled_at": NOW - timedelta(seconds=age)}
        for age in (10, 100, 1000)
    ]
    assert stale_reasons(races, NOW, 1.0) == ["2 of 3 races in hand have had no good poll for too long"]
    assert stale_reasons(races[:1], NOW, 1.0) == []
    assert stale_reasons([], NOW, 1.0) == []


def change(minutes, kind, before, after):
    return {"kind": kind, "at": NOW + timedelta(minutes=minutes), "payload": {"from": before, "to": after}}


def test_a_value_then_is_what_the_last_change_made_it():
    changes = [
        change(-10, "status", "open", "closed"),
        change(-5, "status", "closed", "open"),
        change(5, "status", "open", "final"),
    ]
    at = [value_then(changes, "status", NOW + timedelta(minutes=m), "final") for m in (-20, -10, -7, 0, 6)]
    assert at == ["open", "closed", "closed", "open", "final"]
    assert value_then([], "status", NOW, "open") == "open"


def test_a_start_that_moved_is_what_it_was_then():
    first, moved = NOW + timedelta(minutes=10), NOW + timedelta(minutes=20)
    changes = [change(0, "start_time", first.isoformat(), moved.isoformat())]
    assert start_then(changes, NOW - timedelta(minutes=1), moved) == first
    assert start_then(changes, NOW, moved) == moved
    assert start_then([], NOW, moved) == moved


def test_a_runner_was_scratched_from_its_scratching_on():
    def scratching(minutes, entrant, scratched):
        rows = [{"entrant_id": entrant, "is_scratched": scratched}]
        return {"kind": "scratching", "at": NOW + timedelta(minutes=minutes), "payload": {"entrants": rows}}

    changes = [scratching(-5, "a", True), scratching(-4, "b", True), scratching(5, "b", False)]
    assert [was_scratched(changes, "a", NOW + timedelta(minutes=m), now_value=True) for m in (-6, -5, 0)] == [
        False,
        True,
        True,
    ]
    assert [was_scratched(changes, "b", NOW + timedelta(minutes=m), now_value=False) for m in (-6, 0, 6)] == [
        False,
        True,
        False,
    ]
    assert was_scratched(changes, "c", NOW, now_value=True) is True


def run(job, **changes):
    return {
        "job": job, "racing_day": NOW.date(), "started_by": "schedule", "started_at": NOW, "finished_at": NOW,
        "duration_ms": 5, "peak_memory_bytes": 1, "records": 3, "api_calls": 1, "errors": 0, "messages": [],
        "outcome": "success", "last_success": NOW, **changes,
    }  # fmt: skip


def test_jobs_that_never_ran_are_listed_with_their_next_hour():
    found = schedulers([], [], NOW)
    assert list(found) == [
        "race-poller", "daily-meetings", "daily-races", "daily-entrants", "backfill", "coverage", "upkeep",
    ]  # fmt: skip
    assert found["daily-races"]["next_run"] == datetime(2025, 7, 17, 17, 10, tzinfo=UTC)
    later = schedulers([], [], datetime(2025, 7, 17, 17, 10, tzinfo=UTC))
    assert later["daily-races"]["next_run"] == datetime(2025, 7, 18, 17, 10, tzinfo=UTC)
    assert found["race-poller"]["status"] == "unknown"


def test_a_periodic_job_runs_again_its_interval_after_the_last_good_run():
    good, now = NOW - timedelta(minutes=4), NOW
    found = schedulers([], [run("backfill", outcome="failed", messages=["gone"], last_success=good)], now)["backfill"]
    assert (found["schedule"], found["next_run"]) == ("every 15 minutes", NOW + timedelta(minutes=11))
    assert (found["status"], found["error"]) == ("failed", "gone")
    overdue = schedulers([], [run("coverage", last_success=NOW - timedelta(hours=2))], now)["coverage"]
    assert overdue["next_run"] == now


def test_a_job_that_this_service_does_not_know_is_listed_too():
    found = schedulers([], [run("weather")], NOW)["weather"]
    assert (found["status"], found["schedule"], found["next_run"]) == ("success", "unknown", None)


def test_the_poller_is_the_leader_s():
    leader = worker(next_polls=[{"race_id": "b", "due_at": "2025-07-17T00:47:00+00:00"}, {"race_id": "a", "due_at": "2025-07-17T00:46:10+00:00"}],
                    upstream={"last_answer_at": "2025-07-17 00:45:59+00:00"}, counters={"good": 3})  # fmt: skip
    found = schedulers([worker(is_leader=False), leader], [], NOW)["race-poller"]
    assert found["next_run"] == "2025-07-17T00:46:10+00:00"
    assert (found["status"], found["details"]["good"]) == ("alive", 3)
