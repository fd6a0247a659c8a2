"""PURE how a race ends: the order, margins, dead heats, what a protest changes, and the dividends."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, permutations
from math import floor

from local.tab.chance import dice, plain_id
from local.tab.market import POOLS, TAKE_OUT, Pools, dividend, places_paid, pools
from local.tab.race_day import RacePlan
from local.tab.runners import Runner, field, live
from local.tab.story import Story, has_started, status_at, tell

EXOTICS = {"Quinella": ("Pool Quinella", 2), "Trifecta": ("Pool Trifecta", 3), "FirstFour": ("Pool First4", 4)}
NEVER = 1e-7  # a likelihood under which nobody holds the order
MARGINS = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.5)
SPOKEN = {0.1: "NSE", 0.15: "1/2 HD", 0.2: "HD", 0.3: "NK", 0.4: "LG NK", 0.5: "1/2L", 0.75: "3/4L"}


@dataclass(frozen=True, slots=True)
class Placing:
    """A runner's place in the order; *margin* is lengths behind the winner, *gap* behind the one before."""

    position: int
    runner: Runner
    margin: float
    gap: float


def order(race: RacePlan, instant: float) -> list[Placing]:
    """Return the result as upstream tells it at *instant*: nothing, the winner alone, or the whole field."""
    story = tell(race)
    status = status_at(story, instant)
    if status not in {"Interim", "Final"}:
        return []
    swapped = story.protest == "upheld" and story.decided_at is not None and instant >= story.decided_at
    told = list(_finish(race, swapped=swapped))
    early = status == "Interim" and story.photo and instant < story.interim + 45
    return told[:1] if early else told


@lru_cache(maxsize=2048)
def _finish(race: RacePlan, *, swapped: bool) -> tuple[Placing, ...]:
    """Draw the order by the runners' true chances; an upheld protest changes the first two round."""
    story, rng = tell(race), dice(race.key, "finish")
    ran = live(field(race), story.final)
    finish = sorted(ran, key=lambda r: rng.expovariate(1.0) / (r.chance * (1.25 if r.insiders else 1.0)))
    if swapped and len(finish) > 1:
        finish[0], finish[1] = finish[1], finish[0]
    tie = {1: 1, 3: 3}.get(story.dead_heat, 0)  # the place in the order which equals the one before
    placings: list[Placing] = []
    margin = 0.0
    for k, runner in enumerate(finish):
        level = tie > 0 and k == tie and not swapped
        gap = 0.0 if k == 0 or level else rng.choice(MARGINS)
        margin = round(margin + gap, 2)
        placings.append(Placing(placings[-1].position if level else k + 1, runner, margin, gap))
    return tuple(placings)


def result_rows(race: RacePlan, instant: float) -> list[dict[str, object]]:
    """Return the body's `results`; New Zealand's carry times and spoken margins."""
    rows: list[dict[str, object]] = []
    timed = race.meeting.track.country == "NZ" and race.meeting.category == "T"
    time_ran = round(race.distance / 16.4 + dice(race.key, "time").uniform(0, 3), 2)
    for placing in order(race, instant):
        runner = placing.runner
        row: dict[str, object] = {
            "position": placing.position,
            "name": runner.name,
            "barrier": runner.barrier,
            "runner_number": runner.number,
            "margin_length": trim(placing.margin),
        }
        if timed and placing.position > 1:
            row["positional_margin"] = SPOKEN.get(placing.gap, f"{trim(placing.gap)}L")
        row["entrant_id"] = runner.entrant_id
        if timed and placing.position == 1:
            row["winning_time"] = row["time_ran"] = time_ran + 0.01 * (time_ran == int(time_ran))
        rows.append(row)
    return rows


def dividend_rows(race: RacePlan, instant: float) -> list[dict[str, object]]:
    """Return the body's `dividends`: Interim ones, then, at the Final, each of them twice.

    An abandoned race may carry the doubles that its leg still pays, with null positions.
    """
    story = tell(race)
    status = status_at(story, instant)
    if status == "Abandoned":
        return [_row(race, "Pool Double", "Final", 10.2, 500.0, None, "")] if story.abandoned_dividends else []
    placings = order(race, instant)
    if len(placings) <= 1 or (status == "Final" and story.bare_final):
        return []
    told = ("Interim", "Final") if status == "Final" else ("Interim",)
    rows = [
        _row(race, product, stage, pays, size, positions, _described(positions))
        for stage in told
        for product, pays, size, positions in _payouts(race, placings, instant)
    ]
    dice(race.key, "dividends").shuffle(rows)
    return rows


def _payouts(
    race: RacePlan, placings: list[Placing], instant: float
) -> list[tuple[str, float, float, list[tuple[int, int]]]]:
    now = pools(race, instant)
    winners = [p.runner.number for p in placings if p.position == 1]
    net = now.win_total * (1 - TAKE_OUT["Win"]) / len(winners)
    paid = [("Pool Win", dividend(net, now.win[n]), cents(now.win_total), [(n, 1)]) for n in winners]
    places = places_paid(len(placings))
    net = now.place_total * (1 - TAKE_OUT["Place"]) / places
    for placing in placings:
        number, tied = placing.runner.number, sum(p.position == placing.position for p in placings)
        if placing.position <= places:
            room = min(tied, places - placing.position + 1)  # a dead heat for the last place shares it
            pays = dividend(net * room / tied, now.place[number])
            paid.append(("Pool Place", pays, cents(now.place_total), [(number, 1)]))
    for pool, (product, count) in EXOTICS.items():
        if len(placings) >= count + 1:
            paid += _exotic(now, placings, pool, product, count)
    return paid


def _exotic(
    now: Pools, placings: list[Placing], pool: str, product: str, count: int
) -> list[tuple[str, float, float, list[tuple[int, int]]]]:
    """Pay what the win pool's shares make of each order that counts; a dead heat makes more than one count."""
    size = cents(now.win_total * POOLS[pool])
    orders = _orders(placings, count)
    if pool == "Quinella":  # in any order: two that share the first place make one
        orders = list({frozenset(some): sorted(some) for some in orders}.values())
    net = (1 - TAKE_OUT[pool]) / len(orders)
    paid = []
    for numbers in orders:
        alike = permutations(numbers) if pool == "Quinella" else (tuple(numbers),)
        likely = sum(_likelihood(now, some) for some in alike)
        pays = min(net * size, floor(net / likely * 10) / 10) if likely > NEVER else 0.0
        paid.append((product, trim(round(pays, 1)), size, list(zip(numbers, range(1, count + 1), strict=True))))
    return paid


def _orders(placings: list[Placing], count: int) -> list[list[int]]:
    """Return each order of the first *count* that a dead heat allows."""
    first = [p.runner.number for p in placings[:count]]
    orders = [first]
    for k, (one, two) in enumerate(pairwise(placings)):
        if one.position == two.position and k < count:
            other = [p.runner.number for p in placings[: count + 1]]
            other[k], other[k + 1] = other[k + 1], other[k]
            orders.append(other[:count])
    return orders


def _likelihood(now: Pools, numbers: tuple[int, ...]) -> float:
    total, left, likely = now.win_total or 1.0, 1.0, 1.0
    for number in numbers:
        share = now.win[number] / total
        likely *= share / max(left, 1e-6)
        left -= share
    return likely


def _described(positions: list[tuple[int, int]]) -> str:
    return ":".join(str(number) for number, _ in positions)


def _row(
    race: RacePlan,
    product: str,
    status: str,
    pays: float,
    size: float,
    positions: list[tuple[int, int]] | None,
    description: str,
) -> dict[str, object]:
    places = None if positions is None else [{"runner_number": n, "position": p} for n, p in positions]
    return {
        "id": plain_id(race.key, product, status, description),
        "tote": "NZ",
        "product_name": product,
        "status": status,
        "dividend": trim(pays),
        "pool_size": trim(size),
        "jackpot_size": 0,
        "positions": places,
        "description": description,
    }


def cents(dollars: float) -> float:
    """Return dollars to the cent."""
    return round(dollars, 2)


def trim(number: float) -> float:
    """Return a whole number as an int, as upstream sends them."""
    return int(number) if number == int(number) else number


def protest_reason(race: RacePlan, story: Story, instant: float) -> str:
    """Return the stewards' words once a protest is known; empty without one."""
    if not story.protest or story.decided_at is None or not has_started(story, instant):
        return ""
    if instant < story.interim + 45:
        return ""
    first, second = _finish(race, swapped=False)[:2]
    if instant < story.decided_at:
        return f"Protest 2nd (#{second.runner.number}) v 1st (#{first.runner.number})"
    return f"Protest {story.protest.upper()} - 2nd (#{second.runner.number}) v 1st (#{first.runner.number})"
