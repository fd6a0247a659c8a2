"""Serves the simulated race day on the API's own paths, on loopback, until it is stopped."""

import signal
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import date
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import FrameType

from local.errors import StartError
from local.tab.faults import Faults, act, whole_reply
from local.tab.ledger import Ledger
from local.tab.race_day import Recipe
from local.tab.site import CONTROL, Served, Site, Wrong
from shared.clock import Clock, racing_day, racing_day_bounds, real_now
from shared.settings import ClockSettings, load

IDENTIFICATION = ("From", "X-Partner", "X-Partner-ID")
GONE = (BrokenPipeError, ConnectionResetError, ConnectionAbortedError)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    allow_reuse_address = True

    def __init__(self, port: int, site: Served) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.site, self.stopping = site, Event()
        self._open: set[socket.socket] = set()
        self._lock = Lock()

    def keep(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def forget(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def hang_up(self) -> None:
        """Shut every connection that is still open."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.keep(self.connection)

    def finish(self) -> None:
        self.server.forget(self.connection)
        with suppress(OSError, ValueError):  # ValueError: flushing a file that is closed already
            super().finish()

    def handle(self) -> None:
        with suppress(*GONE):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class's name
        """Keep the requests in the ledger instead."""

    def do_GET(self) -> None:
        """Answer one request."""
        site = self.server.site
        now = site.clock.now()
        try:
            if self.path.startswith(CONTROL):
                self._send(200, site.control(self.path, now))
                return
            identified = all(self.headers.get(name) for name in IDENTIFICATION)
            answered = site.answer(self.path, now, identified=identified)
        except Wrong as wrong:
            self._note(now.timestamp(), str(wrong.code))
            self._send(wrong.code, site.refuse(wrong, self.path, now))
            return
        if self._faulted(answered.body.plain, now.timestamp()):
            return
        self._note(now.timestamp(), "200")
        packed = "gzip" in self.headers.get("Accept-Encoding", "")
        body = answered.body.gzipped if packed or answered.race_id else b""
        if answered.race_id is not None:
            site.ledger.served(answered.race_id, now.timestamp(), body)
        self._send(200, body if packed else answered.body.plain, gzipped=packed)

    def _faulted(self, body: bytes, at: float) -> bool:
        fault = self.server.site.faults.choose()
        if fault is None:
            return False
        self._note(at, fault)
        reply = whole_reply(fault, body)
        if reply is None:
            self.close_connection = True
            act(fault, body, self.connection.sendall, self.server.stopping)
        else:
            self._send(reply.status, reply.body, kind=reply.kind, retry_after=reply.retry_after)
        return True

    def _note(self, at: float, outcome: str) -> None:
        identified = all(self.headers.get(name) for name in IDENTIFICATION)
        self.server.site.ledger.request(at, self.path, outcome, identified=identified)

    def _send(
        self,
        status: int,
        body: bytes,
        *,
        kind: str = "application/json",
        gzipped: bool = False,
        retry_after: int | None = None,
    ) -> None:
        """Send an answer in one write."""
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {kind}\r\n"
        if gzipped:
            head += "Content-Encoding: gzip\r\n"
        if retry_after is not None:
            head += f"Retry-After: {retry_after}\r\n"
        self.connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


class RunningTab:
    """A simulated TAB that is being served."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._thread = Thread(target=server.serve_forever, args=(0.05,), name="tab", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The base URL, for TAB_API_URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def site(self) -> Served:
        """What it serves."""
        return self._server.site

    def stop(self) -> None:
        """Stop serving and shut every connection."""
        self._server.stopping.set()
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._server.site.ledger.close()
        self._thread.join(timeout=10)


def serve(
    port: int = 0,
    *,
    seed: int = 1,
    meetings: int = 12,
    around_the_clock: bool = True,
    clock: Clock | None = None,
    faults: str = "",
    keep_served: bool = False,
) -> RunningTab:
    """Serve a simulated TAB on loopback; port 0 lets the system choose."""
    recipe = Recipe(seed, meetings, around_the_clock)
    return serve_site(port, Site(recipe, clock or Clock(), Faults(faults, seed), Ledger(keep_served=keep_served)))


def serve_site(port: int, site: Served) -> RunningTab:
    """Serve *site* on loopback; port 0 lets the system choose."""
    try:
        return RunningTab(_Server(port, site))
    except OSError as error:
        site.ledger.close()
        raise StartError(f"port {port} cannot be listened on ({error.strerror}): name another with --port") from error


def clock_for(day: date | None, speed: float | None) -> Clock:
    """Return the clock of the environment, moved to the beginning of *day* and set to *speed* where given."""
    clock = load(ClockSettings).clock()
    if day is None and speed in {None, clock.speed}:
        return clock
    fresh = clock == Clock()  # nobody else has begun a time of their own: it begins here
    start = racing_day_bounds(day)[0] if day is not None else clock.now()
    origin = real_now() if fresh or day is None else clock.origin
    return replace(clock, speed=speed or clock.speed, origin=origin, start=start)


def main(
    port: int = 7700,
    seed: int = 1,
    meetings: int = 12,
    day: date | None = None,
    speed: float | None = None,
    faults: str = "",
    *,
    keep_served: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM (`raceday tab`)."""
    clock = clock_for(day, speed)
    tab = serve(
        port,
        seed=seed,
        meetings=meetings,
        around_the_clock=day is None,
        clock=clock,
        faults=faults,
        keep_served=keep_served,
    )
    sys.stdout.write(
        f"simulated TAB on {tab.url}: seed {seed}, {meetings} meetings, racing day {racing_day(clock.now())}, "
        f"{clock.speed:g} times real time\n"
    )
    until_stopped(tab)


def until_stopped(tab: RunningTab) -> None:
    """Serve until SIGINT or SIGTERM."""
    sys.stdout.flush()
    stopped = Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stop)
    stopped.wait()
    tab.stop()
