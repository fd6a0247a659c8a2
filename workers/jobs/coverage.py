"""coverage: expected against actual polls and buckets per race, and the day's reconciliation."""

from datetime import date, timedelta

from shared.clock import racing_day
from shared.models import is_terminal
from workers.jobs.context import JobContext, JobReport
from workers.transform.coverage import coverage_of

_LAST_LOOK = timedelta(hours=1)  # a day that has just ended gets its last figures


def run(context: JobContext, day: date) -> JobReport:
    """Compute and store the coverage of *day*, and of the day before while that has just ended."""
    report = JobReport()
    now = context.clock.now()
    for each in sorted({day, racing_day(now - _LAST_LOOK)}):
        for race in context.coverage.facts(each):
            over = next((at for at, status in race.known.statuses if is_terminal(status)), now)
            found = coverage_of(context.workers.poll_profile, race.known, race.polls, min(over, now))
            context.coverage.keep(each, race, found, now)
            report.records += 1
        context.coverage.reconcile(each, now)
    return report
