"""Ctrl-C and its like: the first stops what is under way, the second asks for haste."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self


class StopSignals:
    """While entered, the first SIGINT, SIGTERM or SIGHUP raises KeyboardInterrupt; later ones are counted."""

    def __init__(self) -> None:
        self._heard = 0
        self._before: dict[signal.Signals, Any] = {}

    @property
    def stopping(self) -> bool:
        """Whether a stop was asked for; true even where the exception was swallowed on its way."""
        return self._heard > 0

    @property
    def hurry(self) -> bool:
        """Whether it was asked for again."""
        return self._heard > 1

    def begin_stopping(self) -> None:
        """Raise no more: from here on the next signal means haste."""
        self._heard = max(self._heard, 1)

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # nohup
            self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        # A number and no Event: setting one here could wait for a lock that the main thread holds.
        self._heard += 1
        if self._heard == 1:
            raise KeyboardInterrupt
