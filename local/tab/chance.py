"""PURE seeded draws: the same key always gives the same numbers, whatever was drawn before."""

import hashlib
import random
from datetime import date, timedelta

_EPOCH = date(2000, 1, 1)  # days are counted from here inside ids


def dice(*key: object) -> random.Random:
    """Return a generator of its own for *key*."""
    # a plausible market is not a secret: this is no cryptography
    return random.Random("/".join(map(str, key)))  # noqa: S311


def happens(rng: random.Random, chance: float) -> bool:
    """Whether something of this probability happens."""
    return rng.random() < chance


def digest(*key: object) -> str:
    """Return 64 hex digits that depend on *key* alone."""
    return hashlib.sha256("/".join(map(str, key)).encode()).hexdigest()


def plain_id(*key: object) -> str:
    """Return an id in UUID form for *key*."""
    some = digest(*key)
    return f"{some[:8]}-{some[8:12]}-5{some[13:16]}-9{some[17:20]}-{some[20:32]}"


def dated_id(seed: int, day: date, meeting: int, number: int) -> str:
    """Return an id in UUID form from which `day_of_id` reads the racing day back."""
    some = digest(seed, day, meeting, number)
    days = (day - _EPOCH).days & 0xFFFF
    return f"{some[:8]}-{days:04x}-4{meeting:03x}-a{number:03x}-{some[8:20]}"


def day_of_id(identifier: str) -> date | None:
    """Return the racing day inside a `dated_id`; None when it is not one."""
    parts = identifier.split("-")
    if [len(part) for part in parts] != [8, 4, 4, 4, 12]:
        return None
    try:
        return _EPOCH + timedelta(days=int(parts[1], 16))
    except ValueError:
        return None


def nanos(instant: float, *key: object) -> str:
    """Return up to nine digits of a second's fraction for a timestamp, some shorter as upstream's are."""
    return digest(instant, *key, "nanos").translate(_DIGITS)[:9].rstrip("0") or "1"


_DIGITS = str.maketrans("abcdef", "123456")
