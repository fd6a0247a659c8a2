"""Health and scheduler status from the database."""

from datetime import datetime, timedelta
from typing import Any

from api.health import stale_reasons, upstream_reasons, workers_state
from api.read.reader import Reader, Row
from api.scheduler_view import schedulers
from shared.clock import Clock, real_now
from shared.errors import StoreError

_IN_HAND_BEFORE, _IN_HAND_AFTER = timedelta(hours=2), timedelta(hours=1)


async def health(reader: Reader, clock: Clock, now: datetime, *, feed: list[str], schema: str | None) -> dict[str, Any]:
    """Return the health of the whole; *feed* and *schema* are what the service itself knows to be wrong."""
    body: dict[str, Any] = {"timestamp": now}
    try:
        async with reader.snapshot() as snapshot:
            workers = await snapshot.rows("select_workers", real_now=real_now())
            races = await snapshot.rows(
                "select_races_in_hand", earliest=now - _IN_HAND_BEFORE, latest=now + _IN_HAND_AFTER
            )
    except StoreError as error:
        reasons = [schema or str(error)]
        return {**body, "status": "unhealthy", "database": "unreachable", "workers": "unknown", "reasons": reasons}
    state, reasons = workers_state(workers)
    reasons = [*([schema] if schema else []), *reasons]
    reasons += [*upstream_reasons(workers), *stale_reasons(races, now, clock.speed), *feed]
    return {
        **body,
        "status": "degraded" if reasons else "healthy",
        "database": "connected",
        "workers": state,
        "reasons": reasons,
    }


async def scheduler_status(reader: Reader, now: datetime) -> dict[str, Any]:
    """Return what the workers' jobs did and do."""
    async with reader.snapshot() as snapshot:
        workers = await snapshot.rows("select_workers", real_now=real_now())
        runs = await snapshot.rows("select_job_runs", since=now - timedelta(days=14))
    return {
        "schedulers": schedulers(workers, runs, now),
        "system_info": {"timestamp": now, "workers": [_worker(row) for row in workers]},
    }


def _worker(row: Row) -> Row:
    state, _ = workers_state([row])
    return {**row, "state": state, "heartbeat_age_s": round(row["heartbeat_age_s"], 1)}
