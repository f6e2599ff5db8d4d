"""Sockets that listen for connections; imports nothing of the service, which takes a second."""

from __future__ import annotations

import socket

from app.errors import IntoneError
from app.settings import Settings

BACKLOG = 2048
"""Maximum connections that wait in the kernel to be accepted (the backlog of listen(2))."""


def listen(settings: Settings) -> socket.socket:
    """Bind the socket before anything is loaded, so that a port in use is reported at once."""
    return bind_tcp(settings.host, settings.port, "Choose another --port.")


def bind_tcp(host: str, port: int, hint: str) -> socket.socket:
    """Return a socket that listens at an address; raise an error with the hint if that is impossible."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio sets TCP_NODELAY only on sockets with an explicit protocol. Without it, the second part of each
        # response waits 40 ms for the client to acknowledge the first.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Clients that connect before the app is ready wait instead of being refused.
        listener.listen(BACKLOG)
    except OSError as error:
        raise IntoneError(f"Cannot listen on {host}:{port}: {error.strerror}.", hint=hint) from None
    return listener
