"""PURE the arithmetic of DOMAIN §4 and §5: amounts, tote shares, buckets, increments, indicators; for the oracle only."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

BASELINE = 55  # with no earlier bucket, one from here up takes its full amount as increment
LEAST = 5  # indicators below this are 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What money flow knows of a runner: a row is due when any of it changed."""

    hold_percentage: Decimal | None = None
    bet_percentage: Decimal | None = None
    win_pool_amount: int | None = None
    place_pool_amount: int | None = None
    win_pool_percentage: Decimal | None = None
    place_pool_percentage: Decimal | None = None
    tote_share: Decimal | None = None
    tote_win_amount: int | None = None
    tote_source: str | None = None


SERIES = (
    ("incremental_win_amount", "win_pool_amount"),
    ("incremental_place_amount", "place_pool_amount"),
    ("incremental_tote_win_amount", "tote_win_amount"),
)


def nearest(value: Fraction) -> int:
    """Round half up (amounts are never negative here)."""
    return math.floor(value + Fraction(1, 2))


def to_decimal(value: Fraction, places: int) -> Decimal:
    """Return *value* with *places*, half away from zero as SQL rounds."""
    scaled = abs(value) * 10**places
    whole = math.floor(scaled + Fraction(1, 2))
    return (Decimal(whole) if value >= 0 else Decimal(-whole)).scaleb(-places)


def tote_shares(pool_win: Mapping[str, Decimal | None]) -> dict[str, Fraction]:
    """Live runners' pool prices → their shares; empty where one of them has none."""
    if not pool_win or any(price is None for price in pool_win.values()):
        return {}
    whole = sum(1 / Fraction(price) for price in pool_win.values() if price is not None)
    return {runner: 1 / Fraction(price) / whole for runner, price in pool_win.items() if price is not None}


def figures(
    money: tuple[int, int] | None,
    pools: Mapping[str, int | None],
    share: Fraction | None,
    source: str | None,
    invested: int | None,
) -> Figures:
    """Put a runner's figures together; unknown stays unknown."""
    hold, bet = money or (None, None)
    win, place = pools.get("win"), pools.get("place")

    def amount(pool: int | None) -> int | None:
        return None if pool is None or hold is None else nearest(Fraction(pool * hold, 100))

    tote = invested if invested is not None else None if share is None or win is None else nearest(win * share)
    percent = None if hold is None else Decimal(hold).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return Figures(
        hold_percentage=percent,
        bet_percentage=None if bet is None else Decimal(bet).quantize(Decimal("0.01"), ROUND_HALF_UP),
        win_pool_amount=amount(win),
        place_pool_amount=amount(place),
        win_pool_percentage=percent if win is not None else None,
        place_pool_percentage=percent if place is not None else None,
        tote_share=None if share is None else to_decimal(share, 8),
        tote_win_amount=tote,
        tote_source=source,
    )


def bucket_of(seconds: float) -> Decimal:
    """Return the bucket b in minutes with t ≥ b: 60, 55 … 10, 5, 4 … 0, −0.5 … −5, −6 and on by minutes."""
    minutes = Fraction(seconds) / 60
    if minutes >= 60:
        return Decimal(60)
    if minutes >= 5:
        return Decimal(math.floor(minutes / 5) * 5)
    if minutes >= 0 or minutes < -5:
        return Decimal(math.floor(minutes))
    return Decimal(math.floor(minutes * 2)) / 2


def previous_bucket(bucket: Decimal) -> Decimal | None:
    """Return the grid's bucket before *bucket*."""
    if bucket >= 60:
        return None
    if bucket >= 5:
        return bucket + 5
    return bucket + 1 if bucket >= 0 or bucket < -5 else bucket + Decimal("0.5")


def interval_type(seconds: float) -> str:
    """Return the kind of interval by the row's own time to the start."""
    minutes = seconds / 60
    return "5m" if minutes > 30 else "2m" if minutes > 5 else "30s" if minutes > 0 else "live"


def seconds_to_start(start: datetime, at: datetime) -> float:
    """Return how long before the advertised start *at* is; negative after it."""
    return (start - at).total_seconds()


def increment(amount: int | None, earlier: int | None, bucket: Decimal) -> int | None:
    """Return the growth since *earlier*, or the baseline where nothing earlier is known."""
    if amount is None:
        return None
    if earlier is not None:
        return amount - earlier
    return amount if bucket >= BASELINE else 0


def market_percentage(prices: Iterable[Decimal | None]) -> Decimal | None:
    """Σ 1/fixed_win over live runners in percent; unknown where one has no price."""
    known = list(prices)
    if not known or any(price is None for price in known):
        return None
    return to_decimal(sum((100 / Fraction(price) for price in known if price is not None), Fraction(0)), 2)


def money_indicators(now: Mapping[str, int | None], before: Mapping[str, int | None]) -> dict[str, Decimal | None]:
    """Growth of each runner's share of the bucket's increments over the bucket before; None without such a row."""
    whole_now, whole_before = (sum(max(0, row or 0) for row in rows.values()) for rows in (now, before))
    found: dict[str, Decimal | None] = {}
    for runner, grown in now.items():
        if runner not in before:
            found[runner] = None
        elif not whole_now or not whole_before:
            found[runner] = Decimal("0.00")
        else:
            points = 100 * (
                Fraction(max(0, grown or 0), whole_now) - Fraction(max(0, before[runner] or 0), whole_before)
            )
            found[runner] = to_decimal(points, 2) if points >= LEAST else Decimal("0.00")
    return found


def odds_indicator(now: Mapping[str, Decimal | None], before: Mapping[str, Decimal | None] | None) -> Decimal | None:
    """% shortening of fixed win, or of pool win where that is unknown, against the bucket before."""
    if before is None:
        return None
    for kind in ("fixed_win", "pool_win"):
        new, old = now.get(kind), before.get(kind)
        if new is not None and old is not None:
            shorter = 100 * (Fraction(old) - Fraction(new)) / Fraction(old)
            return to_decimal(shorter, 2) if shorter >= LEAST else Decimal("0.00")
    return Decimal("0.00")
