"""PURE what is known of database, workers and feed → healthy or degraded, with the reasons."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from api.view import freshness

SILENT_AFTER_S = 20.0  # real seconds; a worker beats every 5
_FAILING_FROM = 3  # calls in a row without an answer

WorkersState = Literal["alive", "silent", "stopped", "unknown"]


def workers_state(workers: Sequence[Mapping[str, Any]]) -> tuple[WorkersState, list[str]]:
    """Return how the workers are and why; *workers* are rows of `worker_status`, living ones first."""
    if not workers:
        return "unknown", ["no worker has ever run on this database"]
    running = [row for row in workers if row["stopped_at"] is None]
    if not running:
        return "stopped", ["the workers were stopped"]
    age_s = min(row["heartbeat_age_s"] for row in running)
    if age_s > SILENT_AFTER_S:
        return "silent", [f"the workers are silent: last heartbeat {age_s:.0f} s ago"]
    reasons = []
    if not any(row["is_leader"] for row in running if row["heartbeat_age_s"] <= SILENT_AFTER_S):
        reasons.append("no worker leads: nothing is polled")
    return "alive", reasons


def upstream_reasons(workers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return why the upstream is taken for down: the leader's calls fail one after another."""
    for row in workers:
        upstream = row["upstream"] or {}
        failed = upstream.get("failures_in_a_row") or 0
        is_open = upstream.get("circuit") not in {None, "closed"}
        if row["stopped_at"] is None and (is_open or failed >= _FAILING_FROM):
            last = upstream.get("last_failure") or "unknown"
            return [f"the upstream is down: {failed} calls in a row failed, the last with {last}"]
    return []


def stale_reasons(races: Sequence[Mapping[str, Any]], now: datetime, speed: float) -> list[str]:
    """Return whether races in hand have had no good poll for longer than their cadence allows."""
    stale = sum(
        freshness(row["last_polled_at"], row["status"], row["start_time"], now, speed)["stale"] for row in races
    )
    return [f"{stale} of {len(races)} races in hand have had no good poll for too long"] if stale else []
