"""PURE the card: meetings with their races embedded, one meeting, and the flat race list."""

from datetime import UTC, date, datetime, timedelta

from local.tab.names import CATEGORY_NAMES
from local.tab.race_day import DayPlan, MeetingPlan, RacePlan, Recipe, find_meeting, plan_day
from local.tab.results import protest_reason
from local.tab.story import advertised_at, started_at, status_at, tell
from shared.clock import NZ

SILENT = 6  # of seven meetings, the one without a tote of its own
LAG = 20  # seconds the card is behind the events: the two disagree for a moment, as upstream's do
MOST_DAYS = 8


def days(first: date, last: date) -> list[date]:
    """Return the racing days asked for, a week at most."""
    return [first + timedelta(days=n) for n in range(min(MOST_DAYS, (last - first).days + 1))]


def meetings(
    recipe: Recipe, asked: list[date], instant: float, category: str = "", country: str = ""
) -> list[dict[str, object]]:
    """Return the meetings of the racing days that fit the filters, each with its races."""
    return [
        meeting_json(plan, meeting, instant)
        for day in asked
        for plan in [plan_day(recipe, day)]
        for meeting in plan.meetings
        if category in {"", meeting.category} and country in {"", meeting.track.country}
    ]


def one_meeting(recipe: Recipe, meeting_id: str, instant: float) -> dict[str, object] | None:
    """Return a meeting by its id, with what only the detail carries; None when there is none."""
    meeting = find_meeting(recipe, meeting_id)
    if meeting is None:
        return None
    row = meeting_json(plan_day(recipe, meeting.day), meeting, instant)
    day = f"{meeting.day:%Y-%m-%d}"
    texts = ("fob_mnemonic", "fob_sell_date", "fob_close_date", "fob_complete_date", "meeting_type", "jetbet_club_name")
    return {
        **row,
        **dict.fromkeys(texts, ""),
        "club_day": 1 + meeting.index,
        "club_mnemonic": f"{meeting.track.state}C",
        "jetbet_track_name": meeting.track.name,
        "sell_date": day,
        "fob_club_day": 0,
        "meeting_date": day,
        "track_mnemonic": "INTL" if meeting.track.country != "NZ" else meeting.track.code,
        "is_fob_meeting": False,
    }


def meeting_json(plan: DayPlan, meeting: MeetingPlan, instant: float) -> dict[str, object]:
    """Return a meeting as the card shows it; upstream has no meeting status, and a tote status not always."""
    races = plan.races_of(meeting.meeting_id)
    row: dict[str, object] = {
        "meeting": meeting.meeting_id,
        "name": meeting.track.name,
        "date": f"{meeting.day:%Y-%m-%d}T00:00:00Z",
        "track_condition": meeting.track_condition,
        "category": meeting.category,
        "category_name": CATEGORY_NAMES[meeting.category],
        "country": meeting.track.country,
        "state": meeting.track.state,
        "races": [_race(race, instant) for race in races],
    }
    if meeting.wanted:
        last = len(meeting.starts)
        row["video_channels"] = ["Trackside1" if meeting.index % 2 else "Trackside2"]
        row["quaddie"] = list(range(last - 3, last + 1))
    if meeting.wanted and meeting.index % 7 != SILENT:
        row["tote_meeting_number"] = meeting.index + 1
        row["tote_raceday_date"] = f"{meeting.day:%Y-%m-%d}"
        row["tote_status"] = "Open" if instant < meeting.starts[-1] + 3600 else "Closed"
    return row


def _race(race: RacePlan, instant: float) -> dict[str, object]:
    story, seen = tell(race), instant - LAG
    start = advertised_at(story, seen)
    row: dict[str, object] = {
        "id": race.race_id,
        "race_number": race.number,
        "name": race.name,
        "start_time": _iso(start),
    }
    if race.meeting.wanted:
        row["tote_start_time"] = _tote_time(race.meeting.day, start)
    row |= {
        "track_condition": race.meeting.track_condition,
        "distance": race.distance,
        "weather": race.meeting.weather,
        "country": race.meeting.track.country,
        "state": race.meeting.track.state,
        "status": status_at(story, seen),
    }
    if reason := protest_reason(race, story, seen):
        row |= {"protest": True, "protest_reason": reason}
    return row


def _iso(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _tote_time(day: date, instant: int) -> str:
    """Return the tote's wall clock, which counts on past midnight."""
    local = datetime.fromtimestamp(instant, NZ)
    return f"{local.hour + 24 * (local.date() - day).days:02}:{local:%M:%S}"


def race_list(recipe: Recipe, asked: list[date], instant: float, types: str, countries: str) -> list[dict[str, object]]:
    """Return the flat list of races by start time."""
    rows = []
    for day in asked:
        for race in plan_day(recipe, day).races:
            if types and race.meeting.category not in types.split(","):
                continue
            if countries and race.meeting.track.country not in countries.split(","):
                continue
            story = tell(race)
            rows.append((advertised_at(story, instant), race, started_at(story, instant)))
    return [
        {
            "id": race.race_id,
            "name": race.name,
            "number": race.number,
            "meeting_id": race.meeting.meeting_id,
            "advertised_start": _iso(advertised),
            "actual_start": _iso(started),
        }
        for advertised, race, started in sorted(rows, key=lambda row: (row[0], row[1].race_id))
    ]
