"""A pooled requests session whose every socket is watched: one deadline over DNS, connect, TLS and reading."""

import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from shared.clock import real_monotonic
from workers.upstream.resolver import Address, Resolver
from workers.upstream.watchdog import Watch, Watchdog, duplicate


class Guard:
    """The deadline of one try: connections that it opens or uses register their sockets here."""

    def __init__(self, ends: float, resolver: Resolver, watchdog: Watchdog) -> None:
        self.ends = ends
        self.resolver = resolver
        self._watchdog = watchdog
        self._watches: list[Watch] = []

    @property
    def left_s(self) -> float:
        """Real seconds to the deadline, never negative."""
        return max(0.0, self.ends - real_monotonic())

    @property
    def watching(self) -> bool:
        """Whether this try has a socket already."""
        return bool(self._watches)

    def watch(self, connected: socket.socket) -> None:
        """Have this socket shut at the deadline."""
        self._watches.append(self._watchdog.watch(duplicate(connected), self.ends))

    def release(self) -> None:
        """Let go of every socket."""
        for watch in self._watches:
            self._watchdog.release(watch)
        self._watches.clear()


_NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])
_guard: ContextVar[Guard] = ContextVar("guard")  # requests has no way to hand it down to the connection


@contextmanager
def guarded(ends: float, resolver: Resolver, watchdog: Watchdog) -> Iterator[Guard]:
    """Give what is sent inside until the real monotonic instant *ends*, and no longer."""
    guard = Guard(ends, resolver, watchdog)
    token = _guard.set(guard)
    try:
        yield guard
    finally:
        _guard.reset(token)
        guard.release()


class _Watched(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        guard = _guard.get()
        connected = _connect(self, guard)
        guard.watch(connected)
        sys.audit("http.client.connect", self, self.host, self.port)
        return connected

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        guard = _guard.get()
        if self.sock is not None and not guard.watching:  # taken from the pool: no new socket was made
            self.sock.settimeout(max(0.001, guard.left_s))
            guard.watch(self.sock)
        super().putrequest(*args, **kwargs)


class _WatchedTls(_Watched, HTTPSConnection):
    """The same under TLS, which takes the raw socket away: hence the duplicate handle."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager

    def close(self) -> None:
        """Close the idle connections now: urllib3 leaves that to the garbage collector."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in list(manager.pools.keys()):
                if (pool := manager.pools.get(key)) is not None:
                    pool.close()
        super().close()


def open_session(base_url: str, headers: dict[str, str], connections: int) -> requests.Session:
    """Return a session for many threads: no cookies, no redirects, proxies of the environment read once."""
    session = requests.Session()
    environment = session.merge_environment_settings(base_url, {}, None, None, None)
    session.trust_env = False  # else every call reads the environment and .netrc anew
    session.proxies, session.verify = environment["proxies"], environment["verify"]
    session.cookies.set_policy(_NO_COOKIES)
    session.headers.clear()
    session.headers.update(headers)
    adapter = _Adapter(pool_connections=2, pool_maxsize=connections, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _connect(connection: HTTPConnection, guard: Guard) -> socket.socket:
    host, port = connection._dns_host, connection.port  # noqa: SLF001 - as urllib3's own _new_conn does
    try:
        addresses = guard.resolver.addresses(host, port, guard.ends)
        return _first_that_answers(addresses, guard, connection.socket_options or [])
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, str(error)) from error
    except OSError as error:
        raise NewConnectionError(connection, str(error)) from error


def _first_that_answers(addresses: Sequence[Address], guard: Guard, options: Any) -> socket.socket:
    """Try the addresses in order, each with its share of the time left, so that a dead one starves no other."""
    refused: OSError = OSError("no address")
    for at, (family, kind, protocol, _, address) in enumerate(addresses):
        candidate = socket.socket(family, kind, protocol)
        try:
            for option in options:
                candidate.setsockopt(*option)
            candidate.settimeout(max(0.001, guard.left_s / (len(addresses) - at)))
            candidate.connect(address)
        except OSError as error:
            candidate.close()
            refused = error
        else:
            candidate.settimeout(max(0.001, guard.left_s))
            return candidate
    raise refused
