"""What every body served of a race says alike (its prize, its meeting's state), against what is stored."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.acceptance.compare import Difference
from tests.acceptance.reading import cents, text

Body = tuple[datetime, dict[str, Any]]


@dataclass(slots=True)
class Told:
    """Listens while the bodies of one race pass; a value that is null or absent overwrites nothing (DOMAIN §4)."""

    prizes: set[int] = field(default_factory=set)
    states: set[str] = field(default_factory=set)

    def listen(self, served: Iterable[Body]) -> Iterator[Body]:
        """Hand *served* on, unchanged."""
        for at, event in served:
            race = event["data"]["race"]
            prize, state = cents((race.get("prize_monies") or {}).get("total_value")), text(race.get("state"))
            self.prizes |= {prize} - {None}
            self.states |= {state} - {None}
            yield at, event

    def differences(self, race_id: str, prize_cents: int | None, state: str | None) -> Iterator[Difference]:
        """Compare what is stored where all bodies agreed: which of several counts is not for here to say."""
        pairs = (("races", "prize_cents", self.prizes, prize_cents), ("meetings", "state", self.states, state))
        for table, name, told, stored in pairs:
            if len(told) == 1 and stored not in told:
                yield Difference(race_id, table, name, next(iter(told)), stored)
