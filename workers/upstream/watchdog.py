"""Shuts sockets at their deadline, so that a drip of headers or body does not outlive it."""

import heapq
import itertools
import os
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field

from shared.clock import real_monotonic


@dataclass(order=True, slots=True)
class Watch:
    """One socket and the real instant at which it is shut; *handle* is a duplicate of our own."""

    at: float
    number: int
    handle: socket.socket | None = field(compare=False)


class Watchdog:
    """One thread for all sockets of a client."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watches: list[Watch] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None
        self._closed = False

    def watch(self, handle: socket.socket, at: float) -> Watch:
        """Shut *handle* at the real monotonic instant *at*, unless it is released before."""
        with self._changed:
            watch = Watch(at, next(self._numbers), handle)
            if self._closed:
                _shut(watch)
                return watch
            heapq.heappush(self._watches, watch)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="upstream-watchdog", daemon=True)
                self._thread.start()
            elif self._watches[0] is watch:
                self._changed.notify()
            return watch

    def release(self, watch: Watch) -> None:
        """Close the handle of *watch*; after this its socket is not touched any more."""
        with self._changed:
            handle, watch.handle = watch.handle, None
            if handle is not None:
                handle.close()

    def close(self) -> None:
        """Shut every watched socket now and end the thread."""
        with self._changed:
            self._closed = True
            for watch in self._watches:
                _shut(watch)
            self._watches.clear()
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        with self._changed:
            while not self._closed:
                while self._watches and self._watches[0].handle is None:
                    heapq.heappop(self._watches)
                left_s = self._watches[0].at - real_monotonic() if self._watches else None
                if left_s is not None and left_s <= 0:
                    _shut(heapq.heappop(self._watches))
                else:
                    self._changed.wait(left_s)


def duplicate(connected: socket.socket) -> socket.socket:
    """Return a second handle of a socket: wrapping in TLS takes the first one away, a shutdown reaches both."""
    return socket.socket(connected.family, connected.type, connected.proto, fileno=os.dup(connected.fileno()))


def _shut(watch: Watch) -> None:
    """End the connection under whoever reads it; the lock held here keeps the handle from being closed."""
    if watch.handle is not None:
        with suppress(OSError):  # gone already, which is what we want
            watch.handle.shutdown(socket.SHUT_RDWR)
