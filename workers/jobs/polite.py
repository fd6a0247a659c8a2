"""Polls races one after another, a politeness apart: what the entrants and the backfill jobs share."""

from collections.abc import Sequence

from shared.errors import PollInHand, RaceDayError
from workers.jobs.context import Bound, JobContext, JobReport
from workers.write.schedule import DueRace


def poll_each(context: JobContext, races: Sequence[DueRace], *, reason: str, bound_s: float) -> JobReport:
    """Poll *races* in their order within *bound_s* seconds; one that fails is counted, the rest goes on."""
    report, bound = JobReport(), Bound.of(context, bound_s)
    for done, race in enumerate(races, 1):
        if bound.reached(report):
            break
        context.progress(done, len(races), race.race_id)
        try:
            polled = context.polls.poll(
                race, reason=reason, deadline_s=context.upstream.tab_timeout_seconds, urgent=False
            )
            report.api_calls += polled.tries
            report.records += polled.entrants
        except PollInHand:
            continue  # the poller is at it: its answer is as good
        except RaceDayError as error:
            report.api_calls += getattr(error, "tries", 0)
            report.failed(f"race {race.race_id}", error)
        if done < len(races):
            context.clock.wait(context.stop, context.upstream.politeness_seconds)
    return report
