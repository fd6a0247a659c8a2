"""PURE how long one try may take of a call's deadline, from how fast the upstream has been.

A hang must leave time for other tries, or one of them costs a race its poll; a slow upstream must get the time it
needs, or every try is cut short of its answer.
"""

from dataclasses import dataclass, replace

_TRIES_IN_A_CALL = 3
_TIMES_THE_USUAL = 4
_FORGETTING = 0.9


@dataclass(frozen=True, slots=True)
class Patience:
    """The *usual_s* real seconds of a slow answer of late; *whole*: the next call's first try gets all its time."""

    usual_s: float = 0.0
    whole: bool = False


def try_limit_s(patience: Patience, deadline_s: float) -> float:
    """Return the real seconds that one try may take of a call with *deadline_s*."""
    if patience.whole:
        return deadline_s
    return min(deadline_s, max(deadline_s / _TRIES_IN_A_CALL, patience.usual_s * _TIMES_THE_USUAL))


def answered(patience: Patience, took_s: float) -> Patience:
    """Learn from an answer that came after *took_s*."""
    return Patience(max(took_s, patience.usual_s * _FORGETTING))


def ran_out(patience: Patience, cut_tries: int) -> Patience:
    """Learn from a call without an answer, *cut_tries* of its tries cut short: perhaps every answer is slow now."""
    return replace(patience, whole=True) if cut_tries > 1 else patience
