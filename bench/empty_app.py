"""The floor of the read path: an ASGI application that has its answer. Run as a program: a file of bytes, a head."""

import os
import sys
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.load import Head


def empty_app(head: Head, body: bytes) -> ASGIApp:
    """Return an application that sends the same head and body to whoever asks."""
    headers = [(name.encode(), value.encode()) for name, value in head.items()]

    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


def main(file: Path) -> None:
    """Serve *file*, a head and a body apart by an empty line, with the settings of api/__main__.py."""
    packed, body = file.read_bytes().split(b"\r\n\r\n", 1)
    head = dict(line.split(": ", 1) for line in packed.decode("latin-1").split("\r\n"))
    config = uvicorn.Config(
        empty_app(head, body),
        host=os.environ["HOST"],
        port=int(os.environ["PORT"]),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=20,
        lifespan="off",
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
