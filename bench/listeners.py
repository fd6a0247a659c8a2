"""Clients of /api/stream that note when each numbered change came. Run as a program: a port, and how many."""

import asyncio
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.load import request
from local.ports import LOOPBACK
from shared.clock import real_monotonic

_NUMBER = re.compile(rb'"number": ?(\d+)')
_AT_ONCE = 20  # connects: the server's backlog is not what is measured
_WAIT_S = 60.0


@dataclass
class _Heard:
    at: dict[int, list[float]] = field(default_factory=dict)
    resyncs: int = 0
    lost: int = 0


class _Listener(asyncio.Protocol):
    def __init__(self, heard: _Heard) -> None:
        self._heard = heard
        self._rest = b""
        self.ready = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(request("/api/stream", {"Accept": "text/event-stream"}))

    def connection_lost(self, exc: Exception | None) -> None:
        self._heard.lost += 1
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionError("the stream ended before it began"))

    def data_received(self, data: bytes) -> None:
        now = real_monotonic()
        whole, _, self._rest = (self._rest + data).rpartition(b"\n\n")
        for number in _NUMBER.findall(whole):
            self._heard.at.setdefault(int(number), []).append(now)
        if b"event: resync" in whole:
            self._heard.resyncs += 1
        if not self.ready.done() and b"event: hello" in whole:
            self.ready.set_result(None)


async def _open(heard: _Heard, port: int, gate: asyncio.Semaphore) -> None:
    async with gate, asyncio.timeout(_WAIT_S):
        _, listener = await asyncio.get_running_loop().create_connection(lambda: _Listener(heard), LOOPBACK, port)
        await listener.ready


async def _listen(port: int, clients: int) -> None:
    heard, gate = _Heard(), asyncio.Semaphore(_AT_ONCE)
    await asyncio.gather(*(_open(heard, port, gate) for _ in range(clients)))
    _say("ready")
    read: Callable[[], str] = sys.stdin.readline
    await asyncio.to_thread(read)
    _say(json.dumps({"at": heard.at, "resyncs": heard.resyncs, "lost": heard.lost}))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_listen(int(sys.argv[1]), int(sys.argv[2])))
