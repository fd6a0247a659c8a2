"""PURE the bookmaker's fixed prices on the TAB's ladder, and the history (flucs) of their moves."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache

from local.tab.chance import dice
from local.tab.market import win_money
from local.tab.race_day import RacePlan
from local.tab.runners import Runner, field
from local.tab.story import STEP, Story, betting_until, tell
from shared.clock import racing_day_bounds


def _steps(first: float, last: float, by: float) -> list[float]:
    return [round(first + k * by, 2) for k in range(round((last - first) / by) + 1)]


LADDER = (
    *(1.01, 1.02, 1.03, 1.04, 1.05, 1.06, 1.08, 1.1, 1.12, 1.14, 1.16, 1.18, 1.2, 1.22, 1.24, 1.26, 1.28),
    *_steps(1.3, 1.95, 0.05),
    *_steps(2.0, 2.5, 0.05),
    *_steps(2.6, 4.0, 0.1),
    *_steps(4.2, 5.0, 0.2),
    *_steps(5.5, 10.0, 0.5),
    *_steps(11.0, 21.0, 1.0),
    *(23.0, 26.0, 29.0, 31.0, 34.0, 41.0, 46.0, 51.0, 61.0, 67.0, 71.0, 81.0, 91.0),
    *(101.0, 126.0, 151.0, 201.0, 251.0, 301.0, 401.0, 501.0),
)


@dataclass(frozen=True, slots=True)
class Book:
    """The reviews of a race's fixed prices: *instants* ascending, each runner's win price at each."""

    instants: tuple[int, ...]
    wins: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Fluc:
    """A fixed price and when it was set."""

    at: int
    price: float


def on_ladder(price: float) -> float:
    """Return the ladder's price nearest to *price*, in proportion."""
    k = bisect_left(LADDER, price)
    if k == 0:
        return LADDER[0]
    if k == len(LADDER):
        return LADDER[-1]
    return LADDER[k] if price * price > LADDER[k] * LADDER[k - 1] else LADDER[k - 1]


def place_price(win: float, places: int) -> float:
    """Return the fixed place price that goes with a win price."""
    return on_ladder(1.0 + (win - 1.0) ** 0.78 * {3: 0.28, 2: 0.4}.get(places, 0.75)) if win else 0.0


@lru_cache(maxsize=512)
def book(race: RacePlan) -> Book:
    """Return every review of a race's fixed prices, from the opening of its market to its close."""
    story, runners = tell(race), field(race)
    rng = dice(race.key, "book")
    margin = rng.uniform(1.12, 1.2)
    opinion = [runner.public * rng.lognormvariate(0, 0.25) for runner in runners]
    instants, wins = _reviews(story, runners), []
    previous = (0.0,) * len(runners)
    for instant in instants:
        previous = _review(race, story, instant, opinion, margin, previous)
        wins.append(previous)
    return Book(tuple(instants), tuple(wins))


def _reviews(story: Story, runners: tuple[Runner, ...]) -> list[int]:
    """Review rarely while the race is far, at every step in its last 20 minutes, and at each scratching."""
    close = story.closed if story.abandoned_at is None else min(story.closed, story.abandoned_at)
    instants = {story.opens}
    for since, until, by in ((26 * 3600, 7200, 2700), (7200, 1200, 300), (1200, -60, STEP)):
        instants |= set(range(story.closed - since, story.closed - until, by))
    instants |= {r.scratched_at for r in runners if r.scratched_at is not None}
    steps = {-(-instant // STEP) * STEP for instant in instants}
    return sorted(step for step in steps if story.opens <= step <= close and betting_until(story, step) == step)


def _review(
    race: RacePlan, story: Story, instant: int, opinion: list[float], margin: float, previous: tuple[float, ...]
) -> tuple[float, ...]:
    """Set every price anew: the bookmaker's opinion gives way to the money as it comes; a scratched price stays."""
    runners = field(race)
    staked = win_money(race, instant)
    in_play = [not (r.is_scratched(instant) or r.unpriced) for r in runners]
    money = sum(dollars for dollars, plays in zip(staked, in_play, strict=True) if plays) or 1.0
    views = sum(view for view, plays in zip(opinion, in_play, strict=True) if plays) or 1.0
    before = max(0.0, story.closed - instant)
    trust = 0.12 + 0.68 * (1.0 - before / (before + 1800.0))
    return tuple(
        on_ladder(1.0 / (margin * (trust * dollars / money + (1 - trust) * view / views))) if plays else last
        for dollars, view, plays, last in zip(staked, opinion, in_play, previous, strict=True)
    )


def fixed_win(race: RacePlan, instant: float) -> tuple[float, ...]:
    """Return the fixed win prices by runner; 0 where there is none. A scratched runner's stays as it stood."""
    prices = book(race)
    k = bisect_right(prices.instants, instant)
    return prices.wins[k - 1] if k else (0.0,) * len(field(race))


def flucs(race: RacePlan, place: int, instant: float) -> list[Fluc]:
    """Return the moves of the price of the runner at *place* of the field, oldest first, up to *instant*."""
    moves = _moves(race)[place]
    return [move for move in moves if move.at <= instant]


@lru_cache(maxsize=512)
def _moves(race: RacePlan) -> tuple[tuple[Fluc, ...], ...]:
    prices = book(race)
    moves: list[list[Fluc]] = [[] for _ in field(race)]
    for instant, wins in zip(prices.instants, prices.wins, strict=True):
        for told, price in zip(moves, wins, strict=True):
            if price and (not told or told[-1].price != price):
                told.append(Fluc(instant, price))
    return tuple(tuple(told) for told in moves)


def nine_am(race: RacePlan, moves: list[Fluc]) -> Fluc:
    """Return the price that stood at nine in the morning of the racing day, New Zealand time, else the first."""
    nine = racing_day_bounds(race.meeting.day)[0].timestamp() + 4 * 3600
    return next((move for move in reversed(moves) if move.at <= nine), moves[0])
