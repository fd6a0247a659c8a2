"""daily-entrants: runners and first prices of the next races by start time, politely (DOMAIN §3)."""

from datetime import date

from workers.jobs.context import JobContext, JobReport
from workers.jobs.polite import poll_each

BOUND_S = 300


def run(context: JobContext, day: date) -> JobReport:
    """Poll up to ENTRANTS_RACE_LIMIT races of *day* that have no runners yet."""
    races = context.schedule.races_without_entrants(day, context.clock.now(), context.workers.entrants_race_limit)
    return poll_each(context, races, reason="entrants", bound_s=BOUND_S)
