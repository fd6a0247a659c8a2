"""The load generator: HTTP/1.1 keep-alive on raw sockets, in a process of its own. Run as a program, a job on stdin."""

import asyncio
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import cycle
from pathlib import Path

from local.ports import LOOPBACK
from shared.clock import real_monotonic

Head = dict[str, str]

_HEAD_END, _CHUNKS_END = b"\r\n\r\n", b"0\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_GRACE_S = 30.0


@dataclass(frozen=True)
class Job:
    """What to ask: *paths* in turn over *connections*, for *seconds* and at most *most* requests."""

    port: int
    paths: list[str]
    connections: int
    seconds: float
    most: int = 1_000_000
    headers: Head = field(default_factory=lambda: {"Accept-Encoding": "gzip"})


@dataclass(frozen=True)
class Load:
    """What came: latencies in ms by percentile, answers by status, bytes of bodies and heads."""

    requests: int
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    statuses: dict[str, int]
    bytes: int

    @property
    def refused(self) -> int:
        """Answers that were not 200."""
        return self.requests - self.statuses.get("200", 0)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def run(job: Job, *, strict: bool = True) -> Load:
    """Run *job* in a process of its own; *strict*: AssertionError when anything but 200 came."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(job)).encode(),
        capture_output=True,
        cwd=Path(__file__).parent.parent,
        timeout=job.seconds + _GRACE_S * 2,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-1000:]
    load = Load(**json.loads(done.stdout))
    assert not strict or set(load.statuses) == {"200"}, f"{job.paths[0]}: {load.statuses}"
    return load


def request(path: str, headers: Head) -> bytes:
    """Return a GET of *path*."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {LOOPBACK}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + _HEAD_END


class _Generator:
    def __init__(self, job: Job) -> None:
        self.requests = cycle([request(path, job.headers) for path in job.paths])
        self.left = job.most
        self.ends_at = real_monotonic() + job.seconds
        self.times: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.bytes = 0
        self.lost: Exception | None = None

    def next(self) -> bytes | None:
        """Return the next request; None when it is over."""
        if self.left <= 0 or real_monotonic() >= self.ends_at:
            return None
        self.left -= 1
        return next(self.requests)


class _Connection(asyncio.Protocol):
    """One request at a time: the next one when the answer is whole."""

    def __init__(self, generator: _Generator) -> None:
        self._generator = generator
        self.over = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._head, self._tail = b"", b""
        self._left: int | None = None  # bytes of the body to come; None while the head, or chunks, come
        self._chunked = False
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self._generator.lost = exc or ConnectionError("the server hung up in an answer")
            self.over.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._generator.bytes += len(data)
        if self._chunked:
            self._tail = (self._tail + data)[-len(_CHUNKS_END) :]
            if self._tail == _CHUNKS_END:
                self._answered()
        elif self._left is not None:
            self._left -= len(data)
            if self._left <= 0:
                self._answered()
        else:
            self._head += data
            if (end := self._head.find(_HEAD_END)) >= 0:
                self._headed(end)

    def _headed(self, end: int) -> None:
        head, body = self._head[:end], self._head[end + len(_HEAD_END) :]
        self._generator.statuses[head[9:12].decode()] += 1
        if length := _LENGTH.search(head):
            self._left = int(length.group(1)) - len(body)
            if self._left <= 0:
                self._answered()
        else:
            self._chunked, self._tail = True, body[-len(_CHUNKS_END) :]
            if self._tail == _CHUNKS_END:
                self._answered()

    def _answered(self) -> None:
        self._generator.times.append(real_monotonic() - self._began)
        self._head, self._left, self._chunked = b"", None, False
        self._ask()

    def _ask(self) -> None:
        assert self._transport is not None
        if (asked := self._generator.next()) is None:
            if not self.over.done():
                self.over.set_result(None)
            self._transport.close()
            return
        self._began = real_monotonic()
        self._transport.write(asked)


async def generate(job: Job) -> Load:
    """Ask and measure."""
    generator, loop = _Generator(job), asyncio.get_running_loop()
    began = real_monotonic()
    connected = [
        await loop.create_connection(lambda: _Connection(generator), LOOPBACK, job.port) for _ in range(job.connections)
    ]
    async with asyncio.timeout(job.seconds + _GRACE_S):
        await asyncio.gather(*(connection.over for _, connection in connected))
    if generator.lost is not None:
        raise generator.lost
    times = sorted(generator.times)
    p50, p95, p99 = (times[int(len(times) * share)] * 1000 for share in (0.50, 0.95, 0.99))
    took = real_monotonic() - began
    return Load(len(times), took, p50, p95, p99, dict(generator.statuses), generator.bytes)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(asyncio.run(generate(Job(**json.load(sys.stdin)))))))
