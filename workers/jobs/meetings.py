"""daily-meetings: the NZ racing day's card, filtered, upserted one by one (DOMAIN §3)."""

from collections.abc import Sequence
from datetime import date, datetime

from shared.errors import RaceDayError, UpstreamError
from shared.models import Meeting
from workers.jobs.context import Bound, JobContext, JobReport
from workers.upstream.client import PAGE, RACING, Answer
from workers.upstream.exchange import Try
from workers.upstream.parse_card import Card, parse_card

BOUND_S = 60


def run(context: JobContext, day: date) -> JobReport:
    """Store the meetings of *day*, NZ and AUS thoroughbred and harness only, with their races."""
    report, bound = JobReport(), Bound.of(context, BOUND_S)
    tries: list[Try] = []  # of the page in hand
    pages = 0

    def keep(written: Sequence[tuple[str, datetime]] = (), error: Exception | None = None) -> None:
        path = f"{RACING}/meetings?date_from={day}&offset={pages * PAGE}"
        context.keep_card("meetings", path, day, tries, written, error)
        tries.clear()

    try:
        for card in context.client.meetings(day, parse_card, tries.append):
            report.api_calls += card.tries
            for fault in card.parsed.faults:
                report.failed("card", UpstreamError(f"{fault.field}: {fault.reason}"))
            keep(_store(context, card, report))
            pages += 1
            if bound.reached(report):
                break
    except UpstreamError as error:
        keep(error=error)
        raise
    report.incomplete |= report.ended_early
    return report


def _store(context: JobContext, card: Answer[Card], report: JobReport) -> list[tuple[str, datetime]]:
    """Store the watched meetings of a page; return which were, each with the instant."""
    written: list[tuple[str, datetime]] = []
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
    return written


def watched_part(context: JobContext, meeting: Meeting) -> Meeting | None:
    """Return the meeting with those of its races that are watched; None for another country or category."""
    if not context.workers.wants(meeting.country, meeting.category):
        return None
    races = tuple(
        race for race in meeting.races if context.workers.wants(meeting.country, meeting.category, race.race_number)
    )
    return meeting.with_races(races)
