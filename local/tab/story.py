"""PURE what happens to a race and when: delays, suspensions, scratchings after the start, protests, its end."""

from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Literal

from local.tab.chance import dice, happens
from local.tab.race_day import RacePlan

STEP = 15  # the feed refreshes every 15 s of domain time (DOMAIN §1)


@dataclass(frozen=True, slots=True)
class Story:
    """A race's life in epoch seconds; None where a thing does not happen."""

    programmed: int
    advertised: int
    moved_at: int | None
    off: int
    closed: int
    interim: int
    final: int
    suspended: tuple[int, int] | None = None
    abandoned_at: int | None = None
    abandoned_dividends: bool = False
    photo: bool = False
    dead_heat: Literal[0, 1, 3] = 0
    protest: Literal["", "dismissed", "upheld"] = ""
    decided_at: int | None = None
    bare_final: bool = False
    start_error: int = 0
    opens: int = 0

    @property
    def changes(self) -> list[int]:
        """The instants after the close at which an answer may still change, in order."""
        marks = [self.closed, self.closed + 60, self.interim, self.interim + 45, self.final]
        marks += [mark for mark in (self.decided_at, self.abandoned_at) if mark is not None]
        return sorted(marks)


@lru_cache(maxsize=4096)
def tell(race: RacePlan) -> Story:
    """Return the story of a race."""
    rng = dice(race.key, "story")
    moved_at, advertised = None, race.start
    if happens(rng, 0.10):
        moved_at = race.start - 60 * rng.randint(8, 80)
        advertised += 60 * (rng.randint(3, 20) if happens(rng, 0.85) else -rng.randint(2, 4))
    late = int(rng.expovariate(1 / 70)) if happens(rng, 0.85) else rng.randint(180, 410)
    off = advertised + min(late, 410)
    closed = off + rng.randint(0, 9)
    interim = off + race.distance // 16 + rng.randint(60, 150)
    photo = happens(rng, 0.10)
    final = interim + rng.randint(120, 420) + (120 if photo else 0)
    protest, decided_at = _protest(rng, final)
    suspended = None
    if happens(rng, 0.07):
        begins = race.start - rng.randint(7 * 3600, 11 * 3600)
        suspended = (begins, begins + rng.randint(600, 3600))
    return Story(
        programmed=race.start,
        advertised=advertised,
        moved_at=moved_at,
        off=off,
        closed=closed,
        interim=interim + (60 if photo else 0),
        final=final if protest != "dismissed" or decided_at is None else decided_at,
        suspended=suspended,
        abandoned_at=_abandoned_at(race, closed, rng),
        abandoned_dividends=happens(rng, 0.5),
        photo=photo,
        dead_heat=_dead_heat(rng),
        protest=protest,
        decided_at=decided_at,
        bare_final=happens(rng, 0.02),
        start_error=-rng.randint(1800, 10800) if happens(rng, 0.01) else 0,
        opens=race.start - 26 * 3600,
    )


def _protest(rng: Random, final: int) -> tuple[Literal["", "dismissed", "upheld"], int | None]:
    """Draw a protest: a dismissed one holds the Final back, an upheld one changes the result after it."""
    wait = rng.randint(200, 700)
    if happens(rng, 0.03):
        return "dismissed", final + wait // 2
    return ("upheld", final + wait) if happens(rng, 0.03) else ("", None)


def _dead_heat(rng: Random) -> Literal[0, 1, 3]:
    if happens(rng, 0.012):
        return 1
    return 3 if happens(rng, 0.02) else 0


def _abandoned_at(race: RacePlan, closed: int, rng: Random) -> int | None:
    lost, ahead = race.meeting.abandoned_from, rng.randint(600, 36000)
    if lost is not None and race.number >= lost[0]:
        return lost[1]
    if happens(rng, 0.012):
        return race.start - ahead  # alone, up to ten hours ahead
    return closed - 15 if happens(rng, 0.005) else None  # or at the barrier


def moment(story: Story, instant: float) -> int:
    """Return the last instant up to *instant* at which the feed could have changed: a step of 15 s, or a stage's.

    Every answer between two moments is the same, which is what makes it cheap to keep.
    """
    last = int(instant) // STEP * STEP
    if story.abandoned_at is not None and story.abandoned_at <= last:
        return -(-story.abandoned_at // STEP) * STEP
    past = [mark for mark in story.changes if mark <= last and mark >= story.closed]
    return -(-past[-1] // STEP) * STEP if past else last


def status_at(story: Story, instant: float) -> str:
    """Return upstream's word for the race's status."""
    if story.abandoned_at is not None and instant >= story.abandoned_at:
        return "Abandoned"
    for since, status in ((story.final, "Final"), (story.interim, "Interim"), (story.closed, "Closed")):
        if instant >= since:
            return status
    return "Closed" if story.suspended and story.suspended[0] <= instant < story.suspended[1] else "Open"


def advertised_at(story: Story, instant: float) -> int:
    """Return the start as advertised at *instant*."""
    return story.advertised if story.moved_at is not None and instant >= story.moved_at else story.programmed


def started_at(story: Story, instant: float) -> int:
    """Return upstream's actual start: the advertised one until the race is off, rarely hours wrong after it."""
    return story.off + story.start_error if has_started(story, instant) else advertised_at(story, instant)


def has_started(story: Story, instant: float) -> bool:
    """Whether the race is off."""
    return instant >= story.off and not (story.abandoned_at is not None and instant >= story.abandoned_at)


def betting_until(story: Story, instant: float) -> float:
    """Return the instant up to which money has come in at *instant*: it stops while the market is shut."""
    until = min(instant, story.closed)
    if story.abandoned_at is not None:
        until = min(until, story.abandoned_at)
    if story.suspended and story.suspended[0] <= until < story.suspended[1]:
        until = story.suspended[0]
    return until
