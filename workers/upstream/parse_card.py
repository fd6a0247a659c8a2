"""PURE bytes → Meeting, Race."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, cast

from pydantic import AfterValidator, Field

from shared.models import CardRace, Category, Fault, Meeting, MeetingId, RaceId
from workers.upstream.figures import status_word, words
from workers.upstream.wire import (
    Count,
    Faults,
    Location,
    Moment,
    Name,
    Text,
    Wire,
    read,
)

CATEGORIES = ("T", "H")
VITAL: frozenset[Location] = frozenset({(), ("data",), ("data", "meetings")})


def _in_our_time(moment: datetime) -> datetime:
    if not 2000 <= moment.year < 2100:  # noqa: PLR2004 - the bounds of every instant we take
        raise ValueError("is not between 2000 and 2100")
    return moment


class WireCardRace(Wire):  # noqa: D101 - the fields are upstream's
    id: Name
    name: Text | None = None
    race_number: int = Field(ge=0, le=1000)
    start_time: Annotated[Moment, AfterValidator(_in_our_time)]
    status: Text | None = None
    distance: Count | None = None
    track_condition: Text | None = None
    weather: Text | None = None


class WireMeeting(Wire):  # noqa: D101 - the fields are upstream's
    meeting: Name
    name: Name
    country: Name
    category: Name
    date: Annotated[datetime, AfterValidator(_in_our_time)]
    state: Text | None = None
    track_condition: Text | None = None
    weather: Text | None = None
    tote_status: Text | None = None
    races: list[WireCardRace | None] | None = Field(None, max_length=200)


class WireCard(Wire):  # noqa: D101 - the fields are upstream's
    meetings: list[WireMeeting | None] = Field(max_length=1000)


class WireCardBody(Wire):  # noqa: D101 - the fields are upstream's
    data: WireCard


@dataclass(frozen=True, slots=True)
class Card:
    """A page of meetings; *listed* counts all of its rows, also those of no use here: a short page is the last."""

    meetings: tuple[Meeting, ...]
    listed: int
    faults: tuple[Fault, ...] = ()


def parse_card(body: bytes) -> Card:
    """Parse a page of meetings, or one meeting: thoroughbred and harness ones, of every country.

    Unavailable when the body is cut off or not JSON, PayloadError without a list of meetings; a bad meeting
    or race is left out and named in *faults*.
    """
    wire, faults = read(body, WireCardBody, VITAL)
    meetings: dict[str, Meeting] = {}
    for at, row in enumerate(wire.data.meetings):
        where = f"data.meetings[{at}]"
        if row is None:
            faults.note_hole(where)
        elif row.category not in CATEGORIES:
            continue
        elif row.meeting in meetings:
            faults.note(f"{where}.meeting", "this meeting stands there twice: the first one is taken")
        else:
            meetings[row.meeting] = _meeting(row, where, faults)
    return Card(tuple(meetings.values()), len(wire.data.meetings), faults.bounded())


def _meeting(row: WireMeeting, where: str, faults: Faults) -> Meeting:
    races: dict[str, CardRace] = {}
    for at, race in enumerate(row.races or ()):
        path = f"{where}.races[{at}]"
        if race is None:
            faults.note_hole(path)
        elif race.id in races:
            faults.note(f"{path}.id", "this race stands there twice: the first one is taken")
        else:
            races[race.id] = _race(race)
    return Meeting(
        meeting_id=MeetingId(row.meeting),
        meeting_name=row.name,
        country="AUS" if row.country == "AU" else row.country,
        category=cast("Category", row.category),
        date=row.date.date(),
        state=words(row.state),
        track_condition=words(row.track_condition),
        weather=words(row.weather),
        tote_status=words(row.tote_status),
        races=tuple(races.values()),
    )


def _race(race: WireCardRace) -> CardRace:
    return CardRace(
        race_id=RaceId(race.id),
        name=race.name or f"Race {race.race_number}",
        race_number=race.race_number,
        start_time=race.start_time.astimezone(UTC),
        status=status_word(race.status),
        distance=race.distance,
        track_condition=words(race.track_condition),
        weather=words(race.weather),
    )
