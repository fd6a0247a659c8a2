"""One at a time; who waited while it failed hears of that failure and does not try again."""

import asyncio
from collections.abc import Awaitable, Callable

from shared.clock import real_monotonic
from shared.errors import StoreError


class Turns:
    """Runs what many ask for, such as the building of one answer.

    Without a database each try takes seconds: a row of callers that tried one after another would hear of it only then.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._failure: StoreError | None = None
        self._failed_at = float("-inf")

    async def take(self, run: Callable[[], Awaitable[None]], is_due: Callable[[], bool] = lambda: True) -> None:
        """Run *run* if it is due when its turn comes; StoreError where that of another failed meanwhile."""
        came_at = real_monotonic()
        async with self._lock:
            if not is_due():
                return
            if self._failure is not None and self._failed_at >= came_at:
                raise type(self._failure)(str(self._failure))
            try:
                await run()
            except StoreError as error:
                self._failure, self._failed_at = error, real_monotonic()
                raise
            self._failure = None
