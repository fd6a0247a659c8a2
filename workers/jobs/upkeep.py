"""upkeep: partitions a week ahead, days older than RETENTION_DAYS dropped."""

from datetime import date, timedelta

from workers.jobs.context import JobContext, JobReport


def run(context: JobContext, day: date) -> JobReport:
    """Make the days to come, then drop the old ones."""
    context.upkeep.make_days(day)
    gone = context.upkeep.drop_days_before(day - timedelta(days=context.workers.retention_days))
    return JobReport(records=gone)
