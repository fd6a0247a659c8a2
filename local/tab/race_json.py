"""PURE the `race` block of an event: names, times in three spellings, conditions."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from local.tab.chance import dice
from local.tab.market import places_paid
from local.tab.race_day import RacePlan
from local.tab.results import protest_reason
from local.tab.runners import field, live
from local.tab.story import Story, advertised_at, started_at, status_at
from shared.clock import NZ

PRIZES = {"1st": 0.56, "2nd": 0.18, "3rd": 0.09, "4th": 0.05, "5th": 0.02}


def race_block(race: RacePlan, story: Story, instant: int) -> dict[str, object]:
    """Return the body's `race`."""
    meeting, runners = race.meeting, field(race)
    advertised, started = advertised_at(story, instant), started_at(story, instant)
    block: dict[str, object] = {
        "event_id": race.race_id,
        **dict.fromkeys(("meeting_name", "display_meeting_name"), meeting.track.name),
        "meeting_id": meeting.meeting_id,
        "status": status_at(story, instant),
        "description": race.name,
        **_times(race, advertised, started),
        "race_number": race.number,
        "type": meeting.category,
        "start_type": "Mobile" if meeting.category == "H" else "",
        "country": meeting.track.country,
        "state": meeting.track.state,
        "distance": race.distance,
        "weather": meeting.weather,
        "form_guide": "",
        "comment": _comment(race),
        "silk_base_url": "silks.example.test",
        "track_condition": meeting.track_condition,
        "track_direction": "Left" if meeting.left_handed else "Right",
        "silk_url": f"https://silks.example.test/sprites/{race.race_id}_64x64.png",
        "entrant_count": len(runners),
        "field_size": len(live(runners, instant)),
        "positions_paid": places_paid(len(live(runners, instant))),
        "video_channels": ["Trackside1"] if meeting.index % 2 else ["Trackside2"],
        "video_channels_meta": {"Trackside1": _channel(race, advertised)},
        "tips": [runner.entrant_id for runner in sorted(runners, key=lambda r: -r.public)[:4]],
        "rail_position": "True" if meeting.category == "T" else "",
        "group": "",
        "prize_monies": _prizes(race),
        "track_home_straight": 300 if meeting.track.country == "NZ" else 0,
    }
    if meeting.track.country == "NZ" and meeting.category == "T":
        block |= _new_zealand(race)
    if reason := protest_reason(race, story, instant):
        block |= {"protest": True, "protest_reason": reason}
    return block


def _times(race: RacePlan, advertised: int, started: int) -> dict[str, object]:
    local = datetime.fromtimestamp(advertised, NZ)
    return {
        "advertised_start": advertised,
        "actual_start": started,
        "advertised_start_string": _go_time(advertised),
        "actual_start_string": _go_time(started),
        "race_date_nz": f"{race.meeting.day:%Y-%m-%d}",
        "start_time_nz": f"{local:%H:%M:%S %Z}",
    }


def _go_time(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%d %H:%M:%S +0000 UTC")


def _new_zealand(race: RacePlan) -> dict[str, object]:
    return {
        "track_circumference": 1800,
        "track_surface": "Synthetic" if race.meeting.synthetic else "Grass",
        "class": "MDN",
        "ffwin_option_number": 0,
        "fftop3_option_number": 0,
        "gait": "",
        "gender_conditions": "unrestricted",
        "allowance_conditions": True,
        "age_conditions": "Unrestricted",
        "special_conditions": "",
        "jockey_conditions": "C",
        "weight_and_handicap_conditions": "hcp",
        "mile_rate_400": "",
        "mile_rate_800": "",
    }


def _prizes(race: RacePlan) -> dict[str, int]:
    total = 1000 * dice(race.key, "prize").randint(12, 90)
    paid = {place: int(total * part) for place, part in PRIZES.items()}
    rest = {f"{n}th": int(total * 0.02) for n in range(6, 11)}
    return {"10th": rest.pop("10th"), **paid, **rest, "total_value": total}


def _channel(race: RacePlan, advertised: int) -> dict[str, object]:
    start = datetime.fromtimestamp(advertised, UTC)
    shown = start.astimezone(ZoneInfo("Australia/Brisbane"))
    return {
        "RaceNo": race.number,
        "RaceType": race.meeting.category,
        "SlotType": "",
        "SlotTitle": "",
        "VenueName": race.meeting.track.name,
        "CrossPoint": 0,
        "RacePriority": "1",
        "SlotDuration": "",
        "SchedulerNote": "",
        "CrossPointName": "",
        "SlotDescription": "",
        "UtcRaceStartTime": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "VenueCountryCode": race.meeting.track.country[:2],
        "VenueProviderName": "SKY",
        "DisplayRaceStartTime": f"{shown:%Y-%m-%dT%H:%M:%S}",
        "SchedulerNotePriority": "None",
    }


def _comment(race: RacePlan) -> str:
    """Return the comment writer's view of the three that the public fancies."""
    best = sorted(field(race), key=lambda r: -r.public)[:3]
    words = (
        "was game last time and drops into a suitable race; expected to settle handy and be hard to run down.",
        "has drawn to get every chance and appeals as the main danger with any luck in running.",
        "is better than the recent figures suggest and can finish in the placings at odds.",
    )
    return " ".join(f"{r.name.upper()} ({r.number}) {said}" for r, said in zip(best, words, strict=False))
