"""PURE tracker and pools → amounts and the bucket of the timeline."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

IntervalType = Literal["5m", "2m", "30s", "live"]

_BUCKETS = [Decimal(minutes) for minutes in (*range(60, 4, -5), 4, 3, 2, 1, 0)]
_BUCKETS += [Decimal(half) / 2 for half in range(-1, -11, -1)]
_LONGEST_AFTER = Decimal(-9999)  # numeric(5,1)


@dataclass(frozen=True, slots=True)
class Moment:
    """Where in a race's timeline a poll lies: seconds to the advertised start, and its bucket in minutes."""

    time_to_start_seconds: int
    time_interval: Decimal
    interval_type: IntervalType


def moment_of(polled_at: datetime, start_time: datetime) -> Moment:
    """Place a poll in the timeline of its race (DOMAIN §4)."""
    seconds = (start_time - polled_at).total_seconds()
    return Moment(int(seconds // 1), bucket_of(seconds), _interval_type(seconds / 60))


def bucket_of(seconds_to_start: float) -> Decimal:
    """Return the first bucket b with minutes to the start ≥ b: 60, 55 … 5, 4 … 0, −0.5 … −5, −6, −7 and on."""
    minutes = Decimal(seconds_to_start) / 60
    for bucket in _BUCKETS:
        if minutes >= bucket:
            return bucket
    return max(minutes.to_integral_value(rounding="ROUND_FLOOR"), _LONGEST_AFTER)


def _interval_type(minutes: float) -> IntervalType:
    if minutes > 30:  # noqa: PLR2004  DOMAIN §4
        return "5m"
    if minutes > 5:  # noqa: PLR2004  DOMAIN §4
        return "2m"
    return "30s" if minutes > 0 else "live"


def amount_of(pool_cents: int | None, percentage: int | None) -> int | None:
    """Return round(pool × percentage / 100) in cents, halves up; None where either is unknown."""
    if pool_cents is None or percentage is None:
        return None
    return (pool_cents * percentage * 2 + 100) // 200


def share_amount(pool_cents: int | None, share: Fraction | None) -> int | None:
    """Return round(pool × share) in cents, halves up; None where either is unknown."""
    if pool_cents is None or share is None:
        return None
    return (2 * pool_cents * share.numerator + share.denominator) // (2 * share.denominator)
