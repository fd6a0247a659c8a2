"""daily-races: each stored active meeting's races, linked to it (DOMAIN §3)."""

from datetime import date, datetime
from functools import partial

from shared.errors import PayloadError, RaceDayError, Refused
from workers.jobs.context import Bound, JobContext, JobReport
from workers.jobs.meetings import watched_part
from workers.upstream.client import RACING
from workers.upstream.exchange import Try
from workers.upstream.parse_card import parse_card

BOUND_S = 90


def run(context: JobContext, day: date) -> JobReport:
    """Ask for every active meeting of *day* by itself and store its races."""
    report, bound = JobReport(), Bound.of(context, BOUND_S)
    meetings = context.schedule.active_meetings(day)
    for done, (meeting_id, name) in enumerate(meetings, 1):
        if bound.reached(report):
            break
        context.progress(done, len(meetings), name)
        tries: list[Try] = []
        written: list[tuple[str, datetime]] = []
        keep = partial(context.keep_card, "meeting", f"{RACING}/meetings/{meeting_id}", day, tries, written)
        try:
            card = context.client.meeting(meeting_id, parse_card, tries.append)
            report.api_calls += card.tries
            for meeting in card.parsed.meetings:
                wanted = watched_part(context, meeting)
                if wanted is not None:
                    report.records += context.card.write(wanted, card.fetched_at)
                    written.append((meeting.meeting_id, context.clock.now()))
            keep()
        except RaceDayError as error:
            keep(error)
            report.failed(f"meeting {meeting_id}", error)
            report.incomplete |= not isinstance(error, PayloadError | Refused)
    report.incomplete |= report.ended_early
    return report
