"""PURE worker rows and job runs → schedulers as the status page lists them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from api.health import workers_state
from shared.timetable import PERIODIC, PIPELINE, UPKEEP

POLLER = "race-poller"
_DAILY = {job.name: job.at for job in (*PIPELINE, UPKEEP)}
_PERIODIC = {job.name: job.every for job in PERIODIC}
_DESCRIPTIONS = {
    "daily-meetings": "the racing day's meetings",
    "daily-races": "the races of each meeting",
    "daily-entrants": "runners and first prices of the next races",
    "backfill": "races that the poller does not look at: far off, left behind, revised",
    "coverage": "what should have been polled against what was",
    "upkeep": "partitions of the days to come, and what is too old",
}
_KNOWN_DETAILS = (
    "racing_day", "started_by", "finished_at", "duration_ms", "peak_memory_bytes", "records", "api_calls", "errors",
    "messages",
)  # fmt: skip


def schedulers(
    workers: Sequence[Mapping[str, Any]], runs: Sequence[Mapping[str, Any]], now: datetime
) -> dict[str, dict[str, Any]]:
    """Return every job by name, those that never ran included."""
    by_job = {row["job"]: row for row in runs}
    names = [*_DESCRIPTIONS, *sorted(set(by_job) - set(_DESCRIPTIONS))]  # newer workers may have more
    return {POLLER: _poller(workers), **{name: _job(name, by_job.get(name), now) for name in names}}


def _job(name: str, run: Mapping[str, Any] | None, now: datetime) -> dict[str, Any]:
    messages = list(run["messages"]) if run else []
    bad = run is not None and run["outcome"] in {"partial", "failed"}
    return {
        "name": name,
        "schedule": _schedule(name),
        "description": _DESCRIPTIONS.get(name, "a job of newer workers"),
        "last_run": run["started_at"] if run else None,
        "last_success": run["last_success"] if run else None,
        "next_run": _next(name, run, now),
        "status": run["outcome"] if run else "never run",
        "error": str(messages[0]) if bad and messages else None,
        "details": {key: run[key] for key in _KNOWN_DETAILS} if run else {},
    }


def _poller(workers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    leader = next((row for row in workers if row["is_leader"] and row["stopped_at"] is None), None)
    state, _ = workers_state(workers)
    upstream = (leader["upstream"] if leader else None) or {}
    due = [str(poll["due_at"]) for poll in (leader["next_polls"] if leader else ())]
    return {
        "name": POLLER,
        "schedule": "by each race's time to start",
        "description": "prices, pools, money and results of the races in hand",
        "last_run": upstream.get("last_answer_at"),
        "last_success": upstream.get("last_answer_at"),
        "next_run": min(due, default=None),
        "status": state if leader or state != "alive" else "idle",
        "error": leader["last_error"] if leader else None,
        "details": {
            "polls_watched": leader["polls_watched"],
            "lateness_p50_ms": leader["lateness_p50_ms"],
            "lateness_p99_ms": leader["lateness_p99_ms"],
            "last_error_at": leader["last_error_at"],
            **leader["counters"],
        }
        if leader
        else {},
    }


def _schedule(name: str) -> str:
    if name in _PERIODIC:
        return f"every {_PERIODIC[name] // timedelta(minutes=1)} minutes"
    return f"daily at {_DAILY[name]:%H:%M} UTC" if name in _DAILY else "unknown"


def _next(name: str, run: Mapping[str, Any] | None, now: datetime) -> datetime | None:
    if name in _PERIODIC:
        last = run["last_success"] if run else None
        return None if last is None else max(now, last + _PERIODIC[name])
    if name not in _DAILY:
        return None
    today = datetime.combine(now.astimezone(UTC).date(), _DAILY[name], tzinfo=UTC)
    return today if today > now else today + timedelta(days=1)
