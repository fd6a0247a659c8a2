"""DOMAIN §7: health, the workers' schedule, and metrics of both services."""

import asyncio
import json
from datetime import timedelta

import pytest

from shared.clock import real_monotonic, real_now
from tests.fixtures import builders
from tests.fixtures.api import got, open_api, soon, wire
from tests.fixtures.stored import DAY, NOW, START

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


async def health_of(day):
    async with open_api(day.store.url) as (app, client):
        await soon(lambda: app.state.parts.listener.connected, "the listener")
        answer = await client.get("/health")
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "timestamp", "database", "workers", "reasons"}
    return answer.json()


async def test_health_is_healthy_when_all_is_well(day):
    day.worker()
    day.event(START - timedelta(minutes=4.1))
    found = await health_of(day)
    assert found == {
        "status": "healthy", "timestamp": wire(NOW), "database": "connected", "workers": "alive", "reasons": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("worker", "state", "reason"),
    [
        ({"heartbeat_real": real_now() - timedelta(hours=1)}, "silent", "the workers are silent"),
        ({"stopped_at": NOW}, "stopped", "the workers were stopped"),
        ({"is_leader": False}, "alive", "no worker leads"),
        ({"upstream": json.dumps({"circuit": "open", "failures_in_a_row": 12, "last_failure": "500"})}, "alive",
         "the upstream is down: 12 calls in a row failed, the last with 500"),
        ({"upstream": json.dumps({"circuit": "closed", "failures_in_a_row": 4})}, "alive", "the upstream is down"),
    ],
)  # fmt: skip
async def test_health_is_degraded_and_says_why(day, worker, state, reason):
    day.worker(**worker)
    day.event(START - timedelta(minutes=4.1))
    found = await health_of(day)
    assert (found["status"], found["workers"]) == ("degraded", state)
    assert [text for text in found["reasons"] if text.startswith(reason)]


async def test_health_of_a_database_no_worker_ever_used(day):
    found = await health_of(day)
    assert (found["status"], found["workers"]) == ("degraded", "unknown")


async def test_health_says_when_polls_fail_although_the_workers_live(day):
    day.worker()
    day.event(START - timedelta(minutes=9))
    found = await health_of(day)
    assert found["status"] == "degraded"
    assert found["reasons"] == ["1 of 1 races in hand have had no good poll for too long"]


@pytest.mark.parametrize("path", ["/health/live", "/api/health/live"])
async def test_the_process_alone(client, path):
    assert await got(client, path) == {"status": "alive"}


@pytest.mark.parametrize("path", ["/api/scheduler-status", "/scheduler-status"])
async def test_scheduler_status_lists_every_job(client, path):
    shown = await got(client, path)
    assert shown["success"] is True
    assert set(shown["schedulers"]) >= {"daily-meetings", "daily-races", "daily-entrants", "race-poller"}
    for name, job in shown["schedulers"].items():
        assert set(job) == {
            "name", "schedule", "description", "last_run", "last_success", "next_run", "status", "error", "details",
        }  # fmt: skip
        assert job["name"] == name
    ran, never = shown["schedulers"]["daily-meetings"], shown["schedulers"]["daily-races"]
    assert ran["last_run"] == ran["last_success"] == wire(NOW - timedelta(hours=8))
    assert (ran["status"], ran["error"], ran["next_run"]) == ("partial", "Park 9: no id", "2025-07-17T17:00:00Z")
    assert (ran["details"]["records"], ran["details"]["racing_day"]) == (4, DAY.isoformat())
    assert (never["status"], never["last_run"], never["next_run"]) == ("never run", None, "2025-07-17T17:10:00Z")
    (worker,) = shown["system_info"]["workers"]
    assert (worker["worker_id"], worker["is_leader"], worker["lateness_p99_ms"]) == ("worker-1", True, 40)


async def test_metrics_carry_both_services(client):
    await client.get("/api/races/4711")
    await client.get(f"/api/entrants?race_id={builders.RACE_ID}")
    text, deadline = "", real_monotonic() + 30
    while 'raceday_api_requests_total{route="/api/races/{race_id}",status="404"}' not in text:
        assert real_monotonic() < deadline, text
        answer = await client.get("/metrics")  # its figures are of the last second
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        text = answer.text
        await asyncio.sleep(0.05)
    assert 'raceday_api_requests_total{route="/api/entrants",status="200"}' in text
    assert "raceday_api_streams 0.0" in text
    assert 'raceday_worker_is_leader{worker="worker-1"} 1.0' in text
    assert 'raceday_worker_lateness_seconds{quantile="0.99",worker="worker-1"} 0.04' in text
    assert 'raceday_worker_polls_total{kind="good",worker="worker-1"} 5.0' in text
