"""PURE the field of a race: who runs, how good each is, who is scratched and when, who has friends with money."""

from dataclasses import dataclass
from functools import lru_cache
from random import Random

from local.tab.chance import dice, happens, plain_id
from local.tab.names import FAMILY_NAMES, GIVEN_NAMES, HORSES, horse_name
from local.tab.race_day import RacePlan
from local.tab.story import STEP, Story, tell

FRONT_ROW = 7  # harness runners that start in front


@dataclass(frozen=True, slots=True)
class Runner:
    """A runner; *chance* is its true probability, *public* what bettors believe of it before the race."""

    entrant_id: str
    number: int
    name: str
    horse: int
    barrier: int
    barrier_position: str | None
    jockey: str
    trainer: str
    chance: float
    public: float
    emergency: int = 0
    scratched_at: int | None = None
    unpriced: bool = False
    insiders: float = 0.0

    def is_scratched(self, instant: float) -> bool:
        """Whether the runner is out at *instant*."""
        return self.scratched_at is not None and instant >= self.scratched_at


@lru_cache(maxsize=1024)
def field(race: RacePlan) -> tuple[Runner, ...]:
    """Return the runners of a race by number, emergencies last."""
    rng, story = dice(race.key, "field"), tell(race)
    count = race.size + race.emergencies
    chances = _normalised([rng.gammavariate(1.25, 1.0) + 0.03 for _ in range(count)])
    publics = _normalised([chance * rng.lognormvariate(0, 0.3) for chance in chances])
    barriers = rng.sample(range(1, count + 1), count)
    scratchings = _scratchings(race, story, rng)
    friends = _insiders(rng, [n for n in range(1, race.size + 1) if n not in scratchings])
    return tuple(
        _runner(race, n, rng, chances[n - 1], publics[n - 1], barriers[n - 1], scratchings, friends)
        for n in range(1, count + 1)
    )


def live(runners: tuple[Runner, ...], instant: float) -> list[Runner]:
    """Return the runners that are not scratched at *instant*."""
    return [runner for runner in runners if not runner.is_scratched(instant)]


def _normalised(weights: list[float]) -> list[float]:
    total = sum(weights)
    return [weight / total for weight in weights]


def _scratchings(race: RacePlan, story: Story, rng: Random) -> dict[int, int]:
    """Return when runners leave, by number: hours ahead, or late at the barrier."""
    gone: dict[int, int] = {}
    spare = race.size - 5
    for number in range(1, race.size + 1):
        if spare > 0 and happens(rng, 0.07):
            gone[number] = story.programmed - rng.randint(900, 20 * 3600)
            spare -= 1
    if spare > 0 and happens(rng, 0.05):
        number = rng.randint(1, race.size)
        gone.setdefault(number, story.off + rng.randint(-100, 40))  # at the barrier, also after the start
    needed = len(gone)
    for place in range(race.emergencies):  # an emergency runs for a runner that is out
        if place >= needed:
            gone[race.size + place + 1] = story.programmed - rng.randint(3600, 20 * 3600)
    return {number: instant // STEP * STEP + rng.randint(0, STEP - 1) for number, instant in gone.items()}


def _insiders(rng: Random, numbers: list[int]) -> dict[int, float]:
    """Return whose friends bet in the last minute: the part of the win pool they bring."""
    return {rng.choice(numbers): rng.uniform(0.18, 0.35)} if numbers and happens(rng, 0.16) else {}


def _runner(
    race: RacePlan,
    number: int,
    rng: Random,
    chance: float,
    public: float,
    barrier: int,
    scratchings: dict[int, int],
    friends: dict[int, float],
) -> Runner:
    horse = _horse(race, number)
    harness = race.meeting.category == "H"
    front = number <= FRONT_ROW
    people = dice("people", horse)
    emergency = max(0, number - race.size)
    return Runner(
        entrant_id=plain_id(race.key, number),
        number=number,
        name=horse_name(horse),
        horse=horse,
        barrier=(number if front else number - FRONT_ROW) if harness else barrier,
        barrier_position=(f"Fr{number}" if front else f"Sr{number - FRONT_ROW}") if harness else None,
        jockey=f"{rng.choice(GIVEN_NAMES)} {rng.choice(FAMILY_NAMES)}",
        trainer=f"{people.choice(GIVEN_NAMES)} {people.choice(FAMILY_NAMES)}",
        chance=chance,
        public=public,
        emergency=emergency,
        scratched_at=scratchings.get(number),
        unpriced=emergency > 0 and number in scratchings and happens(rng, 0.5),
        insiders=friends.get(number, 0.0),
    )


def _horse(race: RacePlan, number: int) -> int:
    """Walk through the stable in an odd step, so that no horse runs twice on a day."""
    walk = dice(race.seed, race.meeting.day, "stable")
    step, first = walk.randrange(1, HORSES, 2), walk.randrange(HORSES)
    return (first + step * (race.first_horse + number)) % HORSES
