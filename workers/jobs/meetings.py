"""daily-meetings: the NZ racing day's card, filtered, upserted one by one (DOMAIN §3)."""

from datetime import date

from shared.errors import RaceDayError, UpstreamError
from shared.models import Meeting
from workers.jobs.context import Bound, JobContext, JobReport
from workers.upstream.client import PAGE, RACING
from workers.upstream.parse_card import parse_card

BOUND_S = 60


def run(context: JobContext, day: date) -> JobReport:
    """Store the meetings of *day*, NZ and AUS thoroughbred and harness only, with their races."""
    report, bound = JobReport(), Bound.of(context, BOUND_S)
    for page, card in enumerate(context.client.meetings(day, parse_card)):
        report.api_calls += card.tries
        for fault in card.parsed.faults:
            report.failed("card", UpstreamError(f"{fault.field}: {fault.reason}"))
        written = []
        for done, meeting in enumerate(card.parsed.meetings, 1):
            context.progress(done, len(card.parsed.meetings), meeting.meeting_name)
            wanted = watched_part(context, meeting)
            if wanted is None:
                continue
            try:
                context.card.write(wanted, card.fetched_at)
                report.records += 1
                written.append((meeting.meeting_id, context.clock.now()))
            except RaceDayError as error:
                report.failed(f"meeting {meeting.meeting_id}", error)
                report.incomplete = True
        path = f"{RACING}/meetings?date_from={day}&offset={page * PAGE}"
        context.keep_card("meetings", path, day, card, written)
        if bound.reached(report):
            break
    report.incomplete |= report.ended_early
    return report


def watched_part(context: JobContext, meeting: Meeting) -> Meeting | None:
    """Return the meeting with those of its races that are watched; None for another country or category."""
    if not context.workers.wants(meeting.country, meeting.category):
        return None
    races = tuple(
        race for race in meeting.races if context.workers.wants(meeting.country, meeting.category, race.race_number)
    )
    return meeting.with_races(races)
