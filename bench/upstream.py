"""A TAB that costs nothing: serves packed bodies from a process of its own, after a latency. Run as a program."""

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit


@contextmanager
def serving(bodies: Mapping[str, Sequence[bytes]], folder: Path, latency_s: float = 0.0) -> Iterator[str]:
    """Serve each race's *bodies* in turn, over and over; yield the base URL."""
    packed = folder / "packed"
    packed.mkdir()
    for race_id, versions in bodies.items():
        for number, body in enumerate(versions):
            (packed / f"{race_id}.{number}").write_bytes(gzip.compress(body, 6))
    command = [sys.executable, "-m", "bench.upstream", str(packed), str(latency_s)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            for file in packed.iterdir():
                file.unlink()
            packed.rmdir()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    bodies: Mapping[str, Sequence[bytes]] = {}
    latency_s = 0.0
    turns: Mapping[str, "count[int]"] = {}

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        """Answer with the race's next body."""
        race_id = urlsplit(self.path).path.rsplit("/", 1)[-1]
        if self.latency_s:
            time.sleep(self.latency_s)  # the latency is the point, and this process has nothing to stop
        versions = self.bodies[race_id]
        body = versions[next(self.turns[race_id]) % len(versions)]
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self.connection.sendall(head.encode() + body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _main(folder: Path, latency_s: float) -> None:
    names = sorted(folder.iterdir(), key=lambda file: (file.stem, int(file.suffix[1:])))
    races = sorted({file.stem for file in names})
    _Handler.bodies = {race_id: [f.read_bytes() for f in names if f.stem == race_id] for race_id in races}
    _Handler.turns = {race_id: count() for race_id in races}
    _Handler.latency_s = latency_s
    server = _Server(("127.0.0.1", 0), _Handler)
    print(json.dumps(f"http://127.0.0.1:{server.server_address[1]}"), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    _main(Path(sys.argv[1]), float(sys.argv[2]))
