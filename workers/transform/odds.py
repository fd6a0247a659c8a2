"""PURE prices → tote share, market %, prices completed by what is stored, and upstream's moves in a gap of ours."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from shared.models import PRICE_KINDS, Entrant, EntrantId, Odds, RaceAnswer

_SHARE_PLACES = Decimal("0.00000001")  # what the column holds
_PERCENT_PLACES = Decimal("0.01")
_MOST = Decimal("99999.99")  # what the column holds


def completed_odds(entrant: Entrant, known: Odds | None) -> Odds:
    """Fill the kinds that the answer did not speak of from *known*; a scratched runner has no price (DOMAIN §4)."""
    if entrant.is_scratched:
        return Odds()
    if known is None or len(entrant.odds.given) == len(PRICE_KINDS):
        return entrant.odds
    kept = {kind: getattr(known, kind) for kind in PRICE_KINDS if kind not in entrant.odds.given}
    return replace(entrant.odds, **kept, given=frozenset(PRICE_KINDS))


def tote_shares(pool_win: Mapping[EntrantId, Decimal | None]) -> dict[EntrantId, Fraction] | None:
    """Return each live runner's exact share of the win pool from the tote's prices; None where one has no price.

    The pari-mutuel identity: (1/price) / Σ(1/price), in which the take-out cancels (DOMAIN §4). Exact: a share
    rounded to what is stored would put amounts of large pools wrong by a cent.
    """
    if not pool_win or any(price is None or price <= 0 for price in pool_win.values()):
        return None
    inverse = {entrant_id: 1 / Fraction(price) for entrant_id, price in pool_win.items() if price is not None}
    total = sum(inverse.values())
    return {entrant_id: share / total for entrant_id, share in inverse.items()}


def stored_share(share: Fraction | None) -> Decimal | None:
    """Round *share* to what is stored of it."""
    if share is None:
        return None
    return (Decimal(share.numerator) / share.denominator).quantize(_SHARE_PLACES, ROUND_HALF_UP)


def market_percentage(fixed_win: Sequence[Decimal | None]) -> Decimal | None:
    """Return Σ 1/price over the live runners in percent; unknown where one of them has no price (DOMAIN §4)."""
    prices = [price for price in fixed_win if price is not None and price > 0]
    if not prices or len(prices) != len(fixed_win):
        return None
    total = sum((100 / price for price in prices), Decimal(0)).quantize(_PERCENT_PLACES, ROUND_HALF_UP)
    return min(total, _MOST)


def moves_between(answer: RaceAnswer, last: datetime, polled_at: datetime) -> list[tuple[EntrantId, datetime, Decimal]]:
    """Return the fixed win prices that upstream remembers from between two polls: runner, instant, price.

    None at or after *polled_at*, and none after the start once the race is no longer open: when it closed is not
    known, and no price after it was to be had (docs/decisions/0007). Of two at one instant the later in order counts.
    """
    until = polled_at
    if answer.status != "open":
        until = min(polled_at, answer.actual_start or answer.start_time)
    told = {
        (entrant.entrant_id, fluc.at): fluc.price
        for entrant in answer.entrants
        if not entrant.is_scratched
        for fluc in entrant.flucs
        if last < fluc.at <= until and fluc.at != polled_at
    }
    return [(entrant_id, at, price) for (entrant_id, at), price in told.items()]
