"""PURE pools by name → six totals in cents."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.models import Pool

# Single-race pools by upstream's names; EarlyQuadrella, Quadrella, Double … also have leg 0 (DOMAIN §1).
_COLUMNS = {
    "win": "win",
    "place": "place",
    "quinella": "quinella",
    "trifecta": "trifecta",
    "exacta": "exacta",
    "first4": "first4",
    "firstfour": "first4",
}
_NAMES_OF_OTHERS = {
    "earlyquadrella", "quadrella", "double", "runningdouble", "treble", "pick6", "six", "place6",
    "superquadrella", "dailydouble", "duet", "superseven",
}  # fmt: skip
_FULL_SCORE, _MISSING_MAIN, _UNKNOWN_POOL = 100, 30, 5


@dataclass(frozen=True, slots=True)
class PoolTotals:
    """Six totals and their sum in cents (None unknown), the other pools, and how complete the block was."""

    win: int | None = None
    place: int | None = None
    quinella: int | None = None
    trifecta: int | None = None
    exacta: int | None = None
    first4: int | None = None
    others: tuple[Pool, ...] = ()
    quality_score: int = _FULL_SCORE
    extracted: int = 0

    @property
    def known(self) -> list[int]:
        """The totals that are known."""
        six = (self.win, self.place, self.quinella, self.trifecta, self.exacta, self.first4)
        return [total for total in six if total is not None]

    @property
    def total(self) -> int | None:
        """The race's total: the sum of the six; None where none is known."""
        return sum(self.known) if self.known else None


def pool_totals(pools: Iterable[Pool]) -> PoolTotals:
    """Pick the six single-race pools by name; a name met twice counts once, the first."""
    totals: dict[str, int | None] = {}
    others: list[Pool] = []
    unknown = 0
    for pool in pools:
        name = pool.product_type.replace(" ", "").replace("_", "").lower()
        column = _COLUMNS.get(name)
        if column is None:
            others.append(pool)
            unknown += name not in _NAMES_OF_OTHERS
        elif column not in totals:
            totals[column] = pool.total_cents
    missing = sum(totals.get(main) is None for main in ("win", "place"))
    score = max(0, _FULL_SCORE - _MISSING_MAIN * missing - _UNKNOWN_POOL * unknown)
    extracted = sum(total is not None for total in totals.values())
    return PoolTotals(**totals, others=tuple(others), quality_score=score, extracted=extracted)
