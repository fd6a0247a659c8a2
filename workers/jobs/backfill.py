"""backfill: the entrants of the rest, races never finalised, result revisions; politely (DOMAIN §2, §3)."""

from datetime import date, timedelta

from shared.clock import racing_day
from workers import cadence
from workers.jobs.context import JobContext, JobReport
from workers.jobs.polite import poll_each

BOUND_S = 600
MOST_RACES = 120
_LAST_LOOK = timedelta(minutes=30)  # a day that has just ended is looked at once more


def run(context: JobContext, day: date) -> JobReport:
    """Poll what the poller does not look at, of *day* and of the day before until that is over at 05:00 NZ."""
    now = context.clock.now()
    first_day = min(day, racing_day(now - _LAST_LOOK))
    races = context.schedule.races_to_backfill(first_day, day, now - cadence.LOOK_BACK, now, MOST_RACES)
    return poll_each(context, races, reason="backfill", bound_s=BOUND_S)
