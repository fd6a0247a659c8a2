"""PURE a runner's wire model → Entrant, its prices and upstream's price history."""

from decimal import Decimal, InvalidOperation

from shared.models import PRICE_KINDS, Entrant, EntrantId, Fluc, Odds
from workers.upstream.event import WireFlucs, WireOdds, WireRunner
from workers.upstream.figures import CENT, instant, price, words
from workers.upstream.wire import Faults

FIRST_YEAR = 2000  # `flucs` without a price carry the year 1
MAX_WEIGHT = 1000
EVERY_KIND = frozenset(PRICE_KINDS)
NO_ODDS = Odds(given=frozenset())
SCRATCHED_ODDS = Odds()


def parse_runners(rows: list[WireRunner | None], path: str, faults: Faults) -> tuple[Entrant, ...]:
    """Return the runners; one that was refused is noted already, an id that comes twice is taken once."""
    runners: dict[EntrantId, Entrant] = {}
    for at, row in enumerate(rows):
        where = f"{path}[{at}]"
        if row is None:
            faults.note_hole(where)
        elif row.entrant_id in runners:
            faults.note(f"{where}.entrant_id", "this runner stands there twice: the first one is taken")
        else:
            runner = _entrant(row, where, faults)
            runners[runner.entrant_id] = runner
    return tuple(runners.values())


def _entrant(row: WireRunner, where: str, faults: Faults) -> Entrant:
    scratched = bool(row.is_scratched or row.is_late_scratched) or row.scratch_time is not None
    weight = row.weight
    return Entrant(
        entrant_id=EntrantId(row.entrant_id),
        name=row.name,
        runner_number=row.runner_number,
        odds=SCRATCHED_ODDS if scratched else _odds(row.odds, f"{where}.odds", faults),
        barrier=row.barrier,
        barrier_position=words(row.barrier_position),
        jockey=words(row.jockey),
        trainer_name=words(row.trainer_name),
        silk_colours=words(row.silk_colours),
        silk_url_64x64=words(row.silk_url_64x64),
        silk_url_128x128=words(row.silk_url_128x128),
        age=row.age,
        sex=words(row.sex),
        colour=words(row.colour),
        weight_allocated=_weight(weight.allocated, f"{where}.weight.allocated", faults) if weight else None,
        weight_total=_weight(weight.total, f"{where}.weight.total", faults) if weight else None,
        last_twenty_starts=words(row.last_twenty_starts),
        gear=words(row.gear),
        horse_id=row.horse_id,
        is_scratched=scratched,
        is_late_scratched=bool(row.is_late_scratched),
        scratch_time=None if row.scratch_time is None else instant(row.scratch_time),
        is_emergency=bool(row.is_emergency),
        emergency_position=words(row.emergency_position),
        favourite=bool(row.favourite),
        mover=bool(row.mover),
        flucs=_flucs(row.flucs_with_timestamp),
    )


def _odds(odds: WireOdds | None, where: str, faults: Faults) -> Odds:
    """Take a missing key of a block that is there as null now; a kind that was refused is not given."""
    if odds is None:
        return NO_ODDS
    given = EVERY_KIND
    if faults:
        given = frozenset(kind for kind in PRICE_KINDS if f"{where}.{kind}" not in faults)
    return Odds(price(odds.fixed_win), price(odds.fixed_place), price(odds.pool_win), price(odds.pool_place), given)


def _weight(text: str | None, where: str, faults: Faults) -> Decimal | None:
    if not text:
        return None
    try:
        weight = Decimal(text)
    except InvalidOperation:
        faults.note(where, "is no number")
        return None
    if not weight.is_finite() or not 0 <= weight <= MAX_WEIGHT:
        faults.note(where, "is out of bounds")
        return None
    return weight.quantize(CENT)


def _flucs(flucs: WireFlucs | None) -> tuple[Fluc, ...]:
    if flucs is None:
        return ()
    points = (flucs.open, flucs.high, flucs.low, flucs.nine_am, *(flucs.last_six or ()))
    told = {(point.timestamp, point.fluc) for point in points if point and point.timestamp.year >= FIRST_YEAR}
    priced = ((at, price(fluc)) for at, fluc in sorted(told))
    return tuple(Fluc(at, worth) for at, worth in priced if worth is not None)
