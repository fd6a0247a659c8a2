"""Errors, stalls, nonsense, on request."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock

from local.tab.chance import dice
from shared.errors import RaceDayError

KINDS = ("500", "503", "404", "429", "drip", "headers", "hang", "truncate", "garbage", "html", "empty")
HANG_SECONDS = 240.0  # real seconds: sockets live in real time
DRIPS = 240


class BadSpec(RaceDayError):
    """A fault specification that names an unknown fault or no share of one."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out instead of the answer: bytes at once, then perhaps more of them slowly, or nothing for long."""

    status: int
    kind: str
    body: bytes
    retry_after: int | None = None


class Faults:
    """The shares of each fault, and the dice that choose."""

    def __init__(self, spec: str = "", seed: int = 1) -> None:
        self._rng: random.Random = dice(seed, "faults")
        self._lock = Lock()
        self.shares: dict[str, float] = {}
        self.set(spec)

    def set(self, spec: str) -> None:
        """Replace the shares by those of `500=0.1,429=0.05`; BadSpec names what is wrong."""
        self.shares = parse(spec)

    def choose(self) -> str | None:
        """Return the fault that the next answer suffers, if any."""
        with self._lock:
            draw = self._rng.random()
        for name, share in self.shares.items():
            draw -= share
            if draw < 0:
                return name
        return None


def parse(spec: str) -> dict[str, float]:
    """Return the shares of a specification; BadSpec names what is wrong with it."""
    shares: dict[str, float] = {}
    for part in filter(None, (some.strip() for some in spec.split(","))):
        name, _, share = part.partition("=")
        if name not in KINDS:
            raise BadSpec(f"no fault is called {name!r}: there are {', '.join(KINDS)}")
        try:
            shares[name] = float(share)
        except ValueError:
            raise BadSpec(f"{part!r} needs a share between 0 and 1, as in {name}=0.1") from None
        if not 0 <= shares[name] <= 1:
            raise BadSpec(f"{part!r} needs a share between 0 and 1, as in {name}=0.1")
    if sum(shares.values()) > 1:
        raise BadSpec("the shares of all faults come to more than 1")
    return shares


def whole_reply(name: str, body: bytes) -> Reply | None:
    """Return a faulty answer that is at least whole; None for the faults of the wire (`act`)."""
    if name in {"500", "503", "404"}:
        return Reply(int(name), "application/json", b'{"header":{"error":"boom","error_code":"%s"}}' % name.encode())
    if name == "429":
        return Reply(429, "application/json", b'{"header":{"error":"too many requests","error_code":"429"}}', 2)
    if name == "html":
        return Reply(200, "text/html", b"<html><body><h1>Access denied</h1></body></html>")
    if name == "garbage":
        return Reply(200, "application/json", body[: len(body) // 2] + b'\x00\xff"NaN' + body[: len(body) // 3])
    if name == "empty":
        return Reply(200, "application/json", b'{"header":{},"params":{},"data":null}')
    return None


def act(name: str, body: bytes, send: Callable[[bytes], object], stopping: Event) -> None:
    """Break an answer on the wire: cut it off, let it drip or let it hang; the connection is lost afterwards."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    if name == "truncate":
        send(head + body[: len(body) // 2])
    elif name == "hang":
        send(head)
        stopping.wait(HANG_SECONDS)
    else:
        slow = b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * DRIPS if name == "headers" else head + body[:DRIPS]
        at_once = 0 if name == "headers" else len(head)
        send(slow[:at_once])
        for at in range(at_once, len(slow)):
            send(slow[at : at + 1])
            if stopping.wait(1.0):
                return
