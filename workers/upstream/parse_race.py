"""PURE bytes → Race, Entrant, Pool, Result; errors name the field's path."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import cast

from shared.clock import racing_day
from shared.errors import PayloadError
from shared.models import Category, Entrant, MeetingId, RaceAnswer, RaceId
from workers.upstream.event import VITAL, WireData, WireEvent, WireRace
from workers.upstream.figures import cents, instant, status_word, words
from workers.upstream.parse_money import parse_dividends, parse_pools, parse_results, parse_tracker
from workers.upstream.parse_runner import parse_runners
from workers.upstream.wire import Faults, read

CATEGORIES = ("T", "H")
COUNTRIES = {"NZ": "NZ", "AUS": "AUS", "AU": "AUS"}
DATA_KEY = b'"data":'
MAX_ERROR_TEXT = 200
FURTHEST_FROM_ITS_DAY = timedelta(days=31)  # a moved start, not a wrong partition


def parse_race(body: bytes, race_id: str) -> RaceAnswer:
    """Parse the event asked for as *race_id*.

    Unavailable when the body is cut off or not JSON, PayloadError when it lacks what we need; a bad field
    is left out and named in the answer's *faults*.
    """
    wire, faults = read(body, WireEvent, VITAL)
    data, race = wire.data, wire.data.race
    _check_identity(race, race_id)
    start = instant(race.advertised_start)
    entrants = _entrants(data, faults)
    name, day = _name(race, faults), _day(race, start, faults)
    answer = RaceAnswer(
        race_id=RaceId(race.event_id),
        meeting_id=MeetingId(race.meeting_id),
        meeting_name=_meeting_name(race),
        country=COUNTRIES[race.country],
        category=cast("Category", race.type),
        name=name,
        race_number=race.race_number,
        start_time=start,
        actual_start=None if race.actual_start is None else instant(race.actual_start),
        status=_status(race, faults),
        racing_day=day,
        entrants=entrants,
        money=parse_tracker(data.money_tracker, faults),
        pools=parse_pools(data.tote_pools, faults),
        results=parse_results(data.results, faults),
        dividends=parse_dividends(data.dividends, faults),
        upstream_error=_complaint(data),
        data_hash=_data_hash(body),
        faults=faults.bounded(),
    )
    return _with_conditions(answer, race)


def _with_conditions(answer: RaceAnswer, race: WireRace) -> RaceAnswer:
    return replace(
        answer,
        distance=race.distance,
        track_condition=words(race.track_condition),
        weather=words(race.weather),
        state=words(race.state),
        track_direction=words(race.track_direction),
        track_surface=words(race.track_surface),
        rail_position=words(race.rail_position),
        race_class=words(race.race_class),
        prize_cents=cents(race.prize_monies.total_value) if race.prize_monies else None,
        positions_paid=race.positions_paid,
        protest=race.protest,
        protest_reason=words(race.protest_reason),
        photo_finish=race.photo_finish,
        stewards_inquiry=race.stewards_inquiry,
    )


def _check_identity(race: WireRace, race_id: str) -> None:
    if race.event_id != race_id:
        raise PayloadError("is not the race that was asked for", field="data.race.event_id")
    if race.type not in CATEGORIES:
        raise PayloadError("is neither T nor H", field="data.race.type")
    if race.country not in COUNTRIES:
        raise PayloadError("is neither NZ nor AUS", field="data.race.country")


def _meeting_name(race: WireRace) -> str:
    name = race.meeting_name or race.display_meeting_name
    if not name:
        raise PayloadError("is missing", field="data.race.meeting_name")
    return name


def _entrants(data: WireData, faults: Faults) -> tuple[Entrant, ...]:
    """Use whichever of the two lists is present and not empty (DOMAIN §1)."""
    for rows, path in ((data.runners, "data.runners"), (data.entrants, "data.entrants")):
        if rows:
            return parse_runners(rows, path, faults)
    faults.note("data.runners", "neither runners nor entrants")
    return ()


def _name(race: WireRace, faults: Faults) -> str:
    if not race.description:
        faults.note("data.race.description", "is empty")
    return race.description or f"Race {race.race_number}"


def _status(race: WireRace, faults: Faults) -> str:
    if not race.status:
        faults.note("data.race.status", "is empty")
    return status_word(race.status)


def _day(race: WireRace, start: datetime, faults: Faults) -> date:
    """Take the meeting's NZ date where upstream gives one, else the 05:00 day of the start."""
    by_start = racing_day(start)
    if not race.race_date_nz:
        return by_start
    try:
        day = date.fromisoformat(race.race_date_nz[:10])
    except ValueError:
        faults.note("data.race.race_date_nz", "is no date")
        return by_start
    if abs(day - by_start) > FURTHEST_FROM_ITS_DAY:
        faults.note("data.race.race_date_nz", "is far from the start")
        return by_start
    return day


def _complaint(data: WireData) -> str | None:
    """Upstream's own words about an answer that is complete all the same."""
    return words((data.error or "").replace("\0", "")[:MAX_ERROR_TEXT].strip())


def _data_hash(body: bytes) -> str:
    """Hash what follows the data key: the header differs in every answer, the data may not."""
    begins = body.find(DATA_KEY)
    return blake2b(memoryview(body)[max(0, begins) :], digest_size=16).hexdigest()
