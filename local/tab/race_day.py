"""PURE a plausible day around now: meetings, races, runners, statuses over time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

from local.tab.chance import dated_id, day_of_id, dice, happens
from local.tab.names import SPONSORS, TRACKS, Track
from shared.clock import racing_day_bounds

ROUND_THE_CLOCK_RACES = 12  # a meeting's races when the day has no night: three meetings fill 24 hours
STORM_EVERY = 8  # meetings, of which one is lost from some race on
BIG_FIELD = 12  # runners from which on there are emergencies
KINDS = (
    ("NZ", "T", "day"),
    ("AUS", "T", "day"),
    ("AUS", "H", "late"),
    ("NZ", "H", "night"),
    ("AUS", "T", "day"),
    ("AUS", "H", "day"),
    ("NZ", "T", "day"),
    ("AUS", "T", "night"),
    ("AUS", "T", "day"),
    ("NZ", "H", "day"),
)
DECOYS = (("NZ", "G"), ("AUS", "G"), ("UK", "T"), ("AUS", "G"), ("FR", "H"), ("UK", "G"), ("USA", "T"), ("JPN", "T"))
FIRST_RACE = {  # minutes after local midnight: earliest and latest first race, minutes between races
    ("NZ", "day"): (675, 760, 35),
    ("NZ", "night"): (1030, 1070, 29),
    ("AUS", "day"): (750, 800, 36),
    ("AUS", "night"): (1060, 1100, 30),
    ("AUS", "late"): (1060, 1080, 30),
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a simulated TAB is made of: the same recipe gives the same bytes."""

    seed: int = 1
    meetings: int = 12
    around_the_clock: bool = True


@dataclass(frozen=True, slots=True)
class MeetingPlan:
    """A meeting; *abandoned_from* is the first race lost and the epoch second of the announcement."""

    meeting_id: str
    index: int
    day: date
    track: Track
    category: str
    track_condition: str
    weather: str
    left_handed: bool
    synthetic: bool
    wanted: bool
    starts: tuple[int, ...]
    abandoned_from: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class RacePlan:
    """A race as programmed; *start* is epoch seconds, *first_horse* where its field begins in the stable."""

    race_id: str
    meeting: MeetingPlan
    number: int
    races: int
    name: str
    distance: int
    start: int
    size: int
    emergencies: int
    first_horse: int
    seed: int

    @property
    def key(self) -> str:
        """What this race's own dice are thrown with."""
        return f"{self.seed}/{self.race_id}"


@dataclass(frozen=True, slots=True)
class DayPlan:
    """A racing day's card."""

    day: date
    meetings: tuple[MeetingPlan, ...]
    races: tuple[RacePlan, ...]

    def races_of(self, meeting_id: str) -> list[RacePlan]:
        """Return a meeting's races by number."""
        return [race for race in self.races if race.meeting.meeting_id == meeting_id]


@lru_cache(maxsize=16)
def plan_day(recipe: Recipe, day: date) -> DayPlan:
    """Return the card of a racing day."""
    meetings: list[MeetingPlan] = []
    races: list[RacePlan] = []
    horses = 0
    for index, (country, category, session) in enumerate(_programme(recipe)):
        rng = dice(recipe.seed, day, "meeting", index)
        wanted = index < recipe.meetings
        track = _track(recipe, index, country, session)
        starts = _starts(recipe, day, index, track, session, rng)
        meeting = _meeting(recipe, day, index, category, starts, rng, track, wanted=wanted)
        meetings.append(meeting)
        for number, start in starts:
            race = _race(recipe, meeting, number, len(starts), start, horses, rng)
            horses += race.size + race.emergencies
            races.append(race)
    return DayPlan(day, tuple(meetings), tuple(races))


def find_race(recipe: Recipe, race_id: str) -> RacePlan | None:
    """Return the race of an id, on whatever racing day; None when there is no such race."""
    day = day_of_id(race_id)
    return None if day is None else _by_id(recipe, day).get(race_id)


def find_meeting(recipe: Recipe, meeting_id: str) -> MeetingPlan | None:
    """Return the meeting of an id, on whatever racing day; None when there is no such meeting."""
    day = day_of_id(meeting_id)
    if day is None:
        return None
    return next((m for m in plan_day(recipe, day).meetings if m.meeting_id == meeting_id), None)


@lru_cache(maxsize=16)
def _by_id(recipe: Recipe, day: date) -> dict[str, RacePlan]:
    return {race.race_id: race for race in plan_day(recipe, day).races}


def _programme(recipe: Recipe) -> Iterator[tuple[str, str, str]]:
    for index in range(recipe.meetings):
        yield KINDS[index % len(KINDS)]
    for country, category in DECOYS[: 4 + recipe.meetings // 5]:
        yield country, category, "day"


def _track(recipe: Recipe, index: int, country: str, session: str) -> Track:
    """Visit every track once before any twice, wherever a country's meetings stand in the programme."""
    programme = list(_programme(recipe))
    earlier = sum(1 for other, _, _ in programme[:index] if other == country)
    tracks = [track for track in TRACKS[country] if session != "late" or track.state == "WA"]  # past NZ midnight
    first = dice(recipe.seed, country, "tracks").randrange(len(tracks))
    return tracks[(first + earlier * 7) % len(tracks)] if len(tracks) % 7 else tracks[(first + earlier) % len(tracks)]


def _starts(recipe: Recipe, day: date, index: int, track: Track, session: str, rng: Random) -> list[tuple[int, int]]:
    """Return race numbers and start times; number 0 is a special, which is no race."""
    begins, ends = (int(instant.timestamp()) for instant in racing_day_bounds(day))
    if recipe.around_the_clock:
        starts = _round_the_clock(recipe, index, begins, ends, rng)
    else:
        earliest, latest, gap = FIRST_RACE[track.country if track.country == "NZ" else "AUS", session]
        midnight = datetime.combine(day, datetime.min.time(), tzinfo=ZoneInfo(track.zone))
        first = int((midnight + timedelta(minutes=rng.randint(earliest, latest))).timestamp())
        count = rng.randint(7, 10)
        starts = [first + 60 * (n * gap + rng.randint(-2, 2)) for n in range(count)]
        starts = [max(begins + 600, min(ends - 900 + n * 60, start)) for n, start in enumerate(starts)]
    numbered = list(enumerate(starts, 1))
    return [(0, starts[0] - 300), *numbered] if index % 4 == 0 else numbered


def _round_the_clock(recipe: Recipe, index: int, begins: int, ends: int, rng: Random) -> list[int]:
    """Spread a meeting over a third of the day, the neighbours' races between its own."""
    lanes = max(1, -(-recipe.meetings // 3))
    lane, third = index % lanes, (index // lanes + index % lanes) % 3
    gap = (ends - begins - 1200) / (3 * ROUND_THE_CLOCK_RACES)
    first = begins + 420 + third * gap * ROUND_THE_CLOCK_RACES + gap * lane / lanes
    starts = [first + n * gap + rng.randint(-90, 90) for n in range(ROUND_THE_CLOCK_RACES)]
    return [int(start) // 60 * 60 for start in starts]


def _meeting(
    recipe: Recipe,
    day: date,
    index: int,
    category: str,
    starts: list[tuple[int, int]],
    rng: Random,
    track: Track,
    *,
    wanted: bool,
) -> MeetingPlan:
    synthetic = category == "T" and happens(rng, 0.12)
    conditions = ("Good4", "Good3", "Soft5", "Soft7", "Heavy8") if category == "T" else ("Good", "Fast", "Slow")
    abandoned = None
    if index % STORM_EVERY == STORM_EVERY - 1:  # a storm: the rest of the meeting is lost from some race on
        lost = rng.randrange(len(starts) // 2, len(starts))
        number, start = starts[lost]
        abandoned = (max(1, number), start - rng.randint(600, 2400))
    return MeetingPlan(
        meeting_id=dated_id(recipe.seed, day, index, 0xFFF),
        index=index,
        day=day,
        track=track,
        category=category,
        track_condition="Synthetic" if synthetic else rng.choice(conditions),
        weather=rng.choice(("Fine", "Fine", "Overcast", "Showery")),
        left_handed=happens(rng, 0.6),
        synthetic=synthetic,
        wanted=wanted,
        starts=tuple(start for number, start in starts if number > 0),
        abandoned_from=abandoned,
    )


def _race(
    recipe: Recipe, meeting: MeetingPlan, number: int, races: int, start: int, first_horse: int, rng: Random
) -> RacePlan:
    gallops = meeting.category == "T"
    sizes = (5, 6, 7, 8, 8, 9, 9, 10, 10, 11, 12, 12, 13, 14, 16, 18, 20) if gallops else (6, 7, 8, 9, 10, 11, 12, 13)
    size = rng.choice(sizes)
    distances = (1000, 1100, 1200, 1300, 1400, 1600, 2000, 2100) if gallops else (1609, 1700, 2100, 2240, 2700)
    kind = rng.choice(
        ("Maiden", "Rating 65", "Handicap", "Benchmark 58", "Stakes") if gallops else ("Mobile Pace", "Trot")
    )
    name = f"{rng.choice(SPONSORS)} {kind}"
    return RacePlan(
        race_id=dated_id(recipe.seed, meeting.day, meeting.index, number),
        meeting=meeting,
        number=number,
        races=races,
        name=(name.upper() if meeting.track.country == "NZ" else name) if number else f"{meeting.track.name} Challenge",
        distance=400 if meeting.category == "G" else rng.choice(distances),
        start=start,
        size=8 if meeting.category == "G" else size,
        emergencies=min(24 - size, rng.choice((0, 0, 0, 1, 2, 4))) if gallops and size >= BIG_FIELD else 0,
        first_horse=first_horse,
        seed=recipe.seed,
    )
