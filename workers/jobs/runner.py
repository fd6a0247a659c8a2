"""Runs a job by name: its row, its log line, its errors kept to itself."""

import resource
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from loguru import logger

from shared.clock import racing_day
from shared.errors import RaceDayError
from workers.jobs import backfill, coverage, entrants, meetings, races, upkeep
from workers.jobs.context import JobContext, JobReport, Progress

JOBS: dict[str, Callable[[JobContext, date], JobReport]] = {
    "daily-meetings": meetings.run,
    "daily-races": races.run,
    "daily-entrants": entrants.run,
    "backfill": backfill.run,
    "coverage": coverage.run,
    "upkeep": upkeep.run,
}
_LOOK_AHEAD = timedelta(hours=1)  # races of the next racing day are polled an hour before their start


class JobRunner:
    """Runs jobs one at a time, each leaving a `job_runs` row; `current` names the one in hand."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self.current: str | None = None

    def run(self, name: str, started_by: str, day: date | None = None, progress: Progress | None = None) -> JobReport:
        """Run job *name* for *day*, else for the racing day of now and the one that begins within the hour.

        KeyError for an unknown name. Whatever goes wrong inside is in the report; StoreError only when
        not even the row can be written.
        """
        job = JOBS[name]
        context = self._context if progress is None else replace(self._context, progress=progress)
        began = context.clock.now()
        days = [day] if day else card_days(began)
        run_id = context.schedule.begin_run(name, days[0], started_by, began)
        self.current = name
        total = JobReport()
        failed = False
        try:
            for each in days:
                _add(total, job(context, each))
        except RaceDayError as error:
            failed = True
            total.failed(name, error)
        except Exception as error:  # noqa: BLE001  the job boundary (STYLE §3)
            failed = True
            total.failed(name, error)
            logger.bind(job=name).opt(exception=error).error("job broke")
        finally:
            self.current = None
        self._finish(name, run_id, began, total, failed=failed)
        return total

    def _finish(self, name: str, run_id: int, began: datetime, report: JobReport, *, failed: bool) -> None:
        now = self._context.clock.now()
        outcome = _outcome(report, failed=failed, stopped=self._context.stop.is_set())
        duration_ms = min(round((now - began).total_seconds() * 1000), 2**31 - 1)
        self._context.schedule.finish_run(
            run_id,
            finished_at=now,
            duration_ms=duration_ms,
            peak_memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            records=report.records,
            api_calls=report.api_calls,
            errors=report.errors,
            messages=report.messages,
            outcome=outcome,
        )
        logger.bind(
            job=name, outcome=outcome, records=report.records, api_calls=report.api_calls,
            errors=report.errors, took_ms=duration_ms, first_error=next(iter(report.messages), None),
        ).log("INFO" if outcome == "success" else "WARNING", "job done")  # fmt: skip


def card_days(now: datetime) -> list[date]:
    """Return the racing day of *now*, and the next one where it begins before the next look at the card."""
    return sorted({racing_day(now), racing_day(now + _LOOK_AHEAD)})


def _add(total: JobReport, part: JobReport) -> None:
    total.records += part.records
    total.api_calls += part.api_calls
    total.errors += part.errors
    total.messages += part.messages
    total.ended_early |= part.ended_early
    total.incomplete |= part.incomplete


def _outcome(report: JobReport, *, failed: bool, stopped: bool) -> str:
    if failed or (report.incomplete and not stopped):
        return "failed"
    if report.ended_early:
        return "stopped" if stopped else "partial"
    return "partial" if report.errors else "success"
