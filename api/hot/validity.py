"""Whether something built is still what the database holds, as far as notices tell."""

from collections.abc import Callable

from shared.clock import real_monotonic

UNHEARD_FOR_S = 2.0  # real seconds an answer is kept for while no notice can be heard


class Validity:
    """Counts what was announced: a build is good while nothing was announced since it began."""

    def __init__(self, hears: Callable[[], bool]) -> None:
        self._hears = hears
        self._announced, self._built, self._built_at = 0, -1, float("-inf")

    def spoil(self) -> None:
        """Note that what is built is not what is stored any more."""
        self._announced += 1

    def begin(self) -> int:
        """Return the mark to hand to `done` when the build that begins now is complete."""
        return self._announced

    def done(self, mark: int) -> None:
        """Note a build that began at *mark*."""
        self._built, self._built_at = mark, real_monotonic()

    @property
    def holds(self) -> bool:
        """Whether the last build may be served."""
        if self._built != self._announced:
            return False
        return self._hears() or real_monotonic() - self._built_at <= UNHEARD_FOR_S
