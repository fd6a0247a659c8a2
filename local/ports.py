"""Ports on loopback: is this one free, and which one is."""

import socket

from local.errors import StartError

LOOPBACK = "127.0.0.1"


def refuse_taken(port: int, purpose: str) -> None:
    """Raise StartError when somebody listens on *port* already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port lately closed is free
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise StartError(
                f"port {port} cannot be had for {purpose} ({error.strerror}): choose another with --port"
            ) from error


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        number: int = probe.getsockname()[1]
        return number


def answers(port: int) -> bool:
    """Whether somebody accepts connections on *port*."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
