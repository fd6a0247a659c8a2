"""DNS in a thread of its own, abandoned at the deadline: getaddrinfo itself cannot be stopped."""

import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

from shared.clock import real_monotonic

Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]
Resolve = Callable[[str, int], Sequence[Address]]


class _Lookup:
    """One question under way, shared by everybody who asks the same."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.addresses: Sequence[Address] = ()
        self.error: OSError | None = None


class Resolver:
    """Resolves names for all threads of a client; the same question is asked once at a time."""

    def __init__(self, resolve: Resolve | None = None) -> None:
        self._resolve = resolve or _system_resolve
        self._lock = threading.Lock()
        self._pending: dict[tuple[str, int], _Lookup] = {}

    def addresses(self, host: str, port: int, deadline: float) -> Sequence[Address]:
        """Return the addresses of *host*; TimeoutError at the real monotonic *deadline*, OSError without any."""
        lookup = self._ask(host, port)
        if not lookup.done.wait(max(0.0, deadline - real_monotonic())):
            raise TimeoutError("the name was not resolved in time")
        if lookup.error is not None:
            raise OSError("the name does not resolve") from lookup.error
        return lookup.addresses

    def _ask(self, host: str, port: int) -> _Lookup:
        with self._lock:
            lookup = self._pending.get((host, port))
            if lookup is None:
                lookup = self._pending[host, port] = _Lookup()
                threading.Thread(
                    target=self._answer, args=(lookup, host, port), name="upstream-dns", daemon=True
                ).start()
            return lookup

    def _answer(self, lookup: _Lookup, host: str, port: int) -> None:
        try:
            lookup.addresses = self._resolve(host, port)
            if not lookup.addresses:
                lookup.error = OSError("no address")
        except (OSError, UnicodeError) as error:  # UnicodeError: a host name that no name can be
            lookup.error = error if isinstance(error, OSError) else OSError(str(error))
        finally:
            with self._lock:
                del self._pending[host, port]
            lookup.done.set()


def _system_resolve(host: str, port: int) -> Sequence[Address]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
