"""daily-entrants: runners and first prices of the next races by start time, politely (DOMAIN §3)."""

from datetime import date

from shared.errors import RaceDayError
from workers.jobs.context import Bound, JobContext, JobReport

BOUND_S = 300


def run(context: JobContext, day: date) -> JobReport:
    """Poll up to ENTRANTS_RACE_LIMIT races of *day* that have no runners yet, a politeness apart."""
    report, bound = JobReport(), Bound.of(context, BOUND_S)
    races = context.schedule.races_without_entrants(day, context.clock.now(), context.workers.entrants_race_limit)
    for done, race in enumerate(races, 1):
        if bound.reached(report):
            break
        context.progress(done, len(races), race.race_id)
        try:
            polled = context.polls.poll(
                race, reason="entrants", deadline_s=context.upstream.tab_timeout_seconds, urgent=False
            )
            report.api_calls += polled.tries
            report.records += polled.entrants
        except RaceDayError as error:
            report.api_calls += getattr(error, "tries", 0)
            report.failed(f"race {race.race_id}", error)
        if done < len(races):
            context.clock.wait(context.stop, context.upstream.politeness_seconds)
    return report
