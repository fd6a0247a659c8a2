"""PURE when a child that died is started again, and when that is no use any more."""

from collections.abc import Sequence

WINDOW_S = 60.0
LIMIT = 5
_FIRST_S, _LONGEST_S = 0.5, 8.0


def restart_delay_s(deaths: Sequence[float]) -> float | None:
    """Return the seconds to wait after the last of *deaths* (ascending), or None to give up.

    The wait doubles with every death within the last minute; the fifth is the last.
    """
    recent = sum(1 for death in deaths if deaths[-1] - death < WINDOW_S)
    if recent >= LIMIT:
        return None
    return float(min(_FIRST_S * 2 ** (recent - 1), _LONGEST_S))
