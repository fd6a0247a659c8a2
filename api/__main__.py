"""`python -m api`: settings, logs, uvicorn."""

import gc
import logging
import signal
import socket
import sys
from types import FrameType

import psycopg
import uvicorn
from fastapi import FastAPI
from loguru import logger

from api.app import create_app
from api.parts import Parts, Settings, check_schema
from api.protocol import BoundedHttp
from shared import logs
from shared.errors import RaceDayError, SettingsError
from shared.settings import ApiSettings, ClockSettings, DatabaseSettings, LogSettings, load_all

_GRACE_S = 2
_COLLECT = (20_000, 20, 50)  # an answer makes some thousand objects, nearly all gone with it
_UNREAD_MS = 30_000  # that a client may leave what was sent unread before its connection is cut
_STOPS = (signal.SIGTERM, signal.SIGINT)


class _Server(uvicorn.Server):
    """Ends the streams as soon as a stop is asked for: they would keep the server waiting."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal."""
        parts: Parts | None = getattr(self._app.state, "parts", None)
        if parts is not None:
            parts.end_streams()
        super().handle_exit(sig, frame)


def main() -> int:
    """Serve until SIGTERM or SIGINT; 0 when it ended well, 2 for settings, 1 for the rest."""
    try:
        log, api, database, clock = load_all(LogSettings, ApiSettings, DatabaseSettings, ClockSettings)
        settings = Settings(api, database, clock.clock())
        _ = settings.database.read_url
    except SettingsError as error:
        sys.stderr.write("".join(f"setting: {problem}\n" for problem in error.problems))
        return 2
    logs.set_up(log, "api")
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # the listener says once what the pool says each second
    try:
        check_schema(settings.database.read_url)
    except RaceDayError as error:
        logger.error("the service cannot run: {}", error)
        return 1
    except psycopg.OperationalError:
        pass  # the lifespan says so, and waits for the database
    return _serve(settings)


def _serve(settings: Settings) -> int:
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        http=BoundedHttp,
        ws="none",
        host=settings.api.host,
        port=settings.api.port,
        log_config=None,  # its records go where ours go
        access_log=False,
        server_header=False,
        proxy_headers=False,  # api/access.py decides whom to believe
        timeout_graceful_shutdown=_GRACE_S,
        timeout_keep_alive=20,
    )
    server = _Server(config, app)
    logger.bind(host=settings.api.host, port=settings.api.port, keys=len(settings.api.keys)).info("api starting")
    gc.collect()
    gc.freeze()  # what is loaded by now stays: an answer need not wait while it is looked through again
    gc.set_threshold(*_COLLECT)
    for number in _STOPS:  # uvicorn raises again what it has obeyed: once is enough
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listening(config)])
    logger.info("api stopped")
    return 0 if server.started else 1


def listening(config: uvicorn.Config) -> socket.socket:
    """Bind. The accepted connections inherit the limit, which ends a stream that nobody reads."""
    bound = config.bind_socket()
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
    return bound


if __name__ == "__main__":
    sys.exit(main())
