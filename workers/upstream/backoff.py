"""PURE attempt number → wait, or give up."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_TRIES = 6
FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 4.0


def next_wait_s(tries: int, chance: float, retry_after_s: float | None, left_s: float) -> float | None:
    """Return the seconds to wait after *tries* failed ones, or None to give up.

    Full jitter: *chance* (0..1) of a bound that doubles. Upstream's own wish is honoured, never shortened;
    a wait that would outlast the *left_s* seconds of the deadline is not begun.
    """
    if tries >= MAX_TRIES:
        return None
    bound_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (tries - 1))
    wait_s = chance * bound_s if retry_after_s is None else retry_after_s + chance * FIRST_WAIT_S
    return wait_s if wait_s < left_s else None


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Read `Retry-After`, seconds or an HTTP date, as seconds from *now*; None where it says neither."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return max(0.0, (instant - now).total_seconds())
