"""PURE upstream's numbers and words → ours: cents, prices, instants, statuses."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

CENT = Decimal("0.01")
_STATUS_ALIASES = {
    "finalized": "final",
    "finalised": "final",
    "official": "final",
    "canceled": "cancelled",
    "running": "live",
}


def cents(dollars: float | None) -> int | None:
    """Return dollars as integer cents, half a cent up."""
    if dollars is None:
        return None
    return int((Decimal(repr(dollars)) * 100).to_integral_value(ROUND_HALF_UP))


@lru_cache(maxsize=4096)  # the same few prices come in every answer
def price(number: float | None) -> Decimal | None:
    """Return a price at two places, half up; 0 is upstream's word for no price."""
    rounded = None if number is None else Decimal(repr(number)).quantize(CENT, ROUND_HALF_UP)
    return rounded or None


@lru_cache(maxsize=4096)
def exact(number: float | None) -> Decimal | None:
    """Return the number that upstream wrote, not the binary one next to it."""
    return None if number is None else Decimal(repr(number))


def instant(epoch_s: int) -> datetime:
    """Return epoch seconds as an aware datetime in UTC."""
    return datetime.fromtimestamp(epoch_s, UTC)


def words(text: str | None) -> str | None:
    """Return text that says something, else None: upstream's empty text is no value."""
    return text or None


def status_word(text: str | None) -> str:
    """Return a status in lower case, aliases mapped, unknown ones kept; `unknown` without one (DOMAIN §1)."""
    word = (text or "").lower()
    return _STATUS_ALIASES.get(word, word) or "unknown"
