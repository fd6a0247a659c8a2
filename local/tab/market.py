"""PURE prices, pools and tracker that move and sum as real ones do.

One model: crowds with beliefs of their own bring money on a curve towards the start, single bettors and
insiders add theirs, and everything else follows: tote odds from the pools' shares and the take-out, the
tracker from the shares, the fixed odds (`fixed_odds`) from the shares too.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from math import exp, floor

from local.tab.chance import dice, happens
from local.tab.race_day import RacePlan
from local.tab.runners import Runner, field
from local.tab.story import betting_until, tell

TAKE_OUT = {"Win": 0.145, "Place": 0.145, "Quinella": 0.175, "Trifecta": 0.225, "FirstFour": 0.235}
POOLS = {"Win": 1.0, "Place": 0.46, "Quinella": 0.5, "Trifecta": 0.72, "FirstFour": 0.55}  # sizes beside Win
INSIDER_SECONDS = 60
PLACES = ((8, 3), (5, 2), (0, 1))  # the fewest runners for which so many places are paid
NOTHING = 0.005  # less than half a cent is no bet


@dataclass(frozen=True, slots=True)
class Money:
    """The money of a race, ready to be asked for any instant; vectors run over the runners by number."""

    size: float
    early: tuple[float, ...]
    main: tuple[float, ...]
    late: tuple[float, ...]
    insiders: tuple[float, ...]
    bet_times: tuple[float, ...]
    bet_sums: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Pools:
    """The win and place money at an instant, dollars by runner number, the live runners only."""

    win: dict[int, float]
    place: dict[int, float]

    @property
    def win_total(self) -> float:
        """The win pool in dollars."""
        return sum(self.win.values())

    @property
    def place_total(self) -> float:
        """The place pool in dollars."""
        return sum(self.place.values())


@lru_cache(maxsize=512)
def money(race: RacePlan) -> Money:
    """Return the money that a race will draw."""
    rng, runners = dice(race.key, "money"), field(race)
    size = rng.lognormvariate(9.6, 0.6) * (1.6 if race.meeting.track.country == "AUS" else 1.0)
    beliefs = [_shares([r.public * rng.lognormvariate(0, spread) for r in runners]) for spread in (0.55, 0.22, 0.0)]
    late = _shares([public**0.35 * r.chance**0.65 for r, public in zip(runners, beliefs[1], strict=True)])
    bets = sorted(
        (rng.expovariate(1 / 900) if happens(rng, 0.7) else rng.uniform(0, 14400), rng.expovariate(1.0))
        for _ in range(90)
    )[::-1]
    sums, running = [(0.0,) * len(runners)], [0.0] * len(runners)
    for _, stake in bets:
        running[rng.choices(range(len(runners)), beliefs[1])[0]] += stake * size * 0.0022
        sums.append(tuple(running))
    return Money(
        size=size,
        early=beliefs[0],
        main=beliefs[1],
        late=late,
        insiders=tuple(r.insiders for r in runners),
        bet_times=tuple(-before for before, _ in bets),
        bet_sums=tuple(sums),
    )


def _shares(weights: list[float]) -> tuple[float, ...]:
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def win_money(race: RacePlan, instant: float) -> list[float]:
    """Return the dollars bet to win on each runner of the field up to *instant*, scratched ones included."""
    story, flow = tell(race), money(race)
    before = max(0.0, story.closed - betting_until(story, instant))
    first = flow.size * 0.05 * exp(-before / 20000)
    public = flow.size * 0.40 * exp(-before / 1500)
    final = flow.size * 0.55 * exp(-before / 200)
    friends = flow.size * max(0.0, 1 - before / INSIDER_SECONDS)
    single = flow.bet_sums[bisect_right(flow.bet_times, -before)]
    return [
        first * early + public * main + final * late + friends * known + bets
        for early, main, late, known, bets in zip(flow.early, flow.main, flow.late, flow.insiders, single, strict=True)
    ]


def pools(race: RacePlan, instant: float) -> Pools:
    """Return the win and place pools at *instant*.

    The money on a runner scratched while betting is open is bet again on the others; after the close it is
    given back and leaves the pool.
    """
    story, runners = tell(race), field(race)
    staked = win_money(race, instant)
    total = sum(staked)
    early = {r.number for r in runners if r.scratched_at is not None and r.scratched_at < story.closed}
    gone = {r.number for r in runners if r.is_scratched(instant)}
    stays = total - sum(staked[number - 1] for number in gone & early)
    again = total / stays if stays > 0 else 0.0
    win = {r.number: staked[r.number - 1] * again for r in runners if r.number not in gone}
    flat = {number: dollars**0.72 for number, dollars in win.items()}
    spread = sum(win.values()) * POOLS["Place"] / (sum(flat.values()) or 1.0)
    place = {number: weight * spread for number, weight in flat.items()}
    return Pools(win, place)


def places_paid(runners: int) -> int:
    """Return how many places are paid in a field of *runners*."""
    return next(places for fewest, places in PLACES if runners >= fewest)


def dividend(net: float, winning: float) -> float:
    """Return a tote dividend: dollars for a dollar, down to ten cents, never under one; 0 without a bet on it."""
    return max(1.0, floor(net / winning * 10 + 1e-9) / 10) if winning > NOTHING else 0.0


def tote_odds(now: Pools, places: int) -> dict[int, tuple[float, float]]:
    """Return what the tote would pay on each live runner, win and place; 0 where nobody has bet."""
    win_net = now.win_total * (1 - TAKE_OUT["Win"])
    place_net = now.place_total * (1 - TAKE_OUT["Place"]) / places
    return {n: (dividend(win_net, now.win[n]), dividend(place_net, now.place[n])) for n in now.win}


def tracker_rows(race: RacePlan, instant: float) -> list[tuple[str, int, int]]:
    """Return the tracker's rows: entrant id, percent of the money held, percent of the bets.

    Many rows an entrant, whole percents each, the sums near 100 and seldom 100; a removed entrant, which is no
    runner of the race, keeps its part.
    """
    rng, runners = dice(race.key, "tracker"), field(race)
    now = pools(race, instant)
    total = now.win_total or 1.0
    rows: list[tuple[str, float, float]] = []
    for runner in runners:
        share = now.win.get(runner.number, 0.0) / total
        held = 0.55 * share + 0.45 * runner.public * (not runner.is_scratched(instant))
        bets = held**0.7
        parts = [rng.random() ** 3 for _ in range(4)] + [rng.random() * 0.03 for _ in range(5)]
        rows += [(runner.entrant_id, held * part / sum(parts), bets * part / sum(parts)) for part in parts]
    if happens(rng, 0.4):
        rows.append((f"{runners[0].entrant_id[:-6]}ffffff", rng.uniform(0.01, 0.08), 0.0))
    order = rng.sample(range(len(rows)), len(rows))
    holds = _percents([rows[k][1] for k in order], rng.randint(98, 105))
    counts = _percents([rows[k][2] for k in order], rng.randint(98, 105))
    return [(rows[k][0], hold, bet) for k, hold, bet in zip(order, holds, counts, strict=True)]


def _percents(weights: list[float], target: int) -> list[int]:
    """Share *target* whole percents out by *weights*, largest remainders first."""
    total = sum(weights) or 1.0
    exact = [weight / total * target for weight in weights]
    whole = [int(value) for value in exact]
    rest = sorted(range(len(exact)), key=lambda k: whole[k] - exact[k])
    for k in rest[: target - sum(whole)]:
        whole[k] += 1
    return whole


def runner_shares(race: RacePlan, instant: float) -> dict[int, float]:
    """Return each live runner's part of the win pool."""
    now = pools(race, instant)
    total = now.win_total or 1.0
    return {number: dollars / total for number, dollars in now.win.items()}


def insider_runners(race: RacePlan) -> list[Runner]:
    """Return the runners whose friends bet in the last minute."""
    return [runner for runner in field(race) if runner.insiders > 0]
