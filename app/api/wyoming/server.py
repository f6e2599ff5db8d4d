"""Listen for the Wyoming protocol, on TCP or on a Unix socket."""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from uvicorn.server import ServerState

from app.api.connections import Connections
from app.api.listener import BACKLOG, bind_tcp
from app.api.state import Service
from app.api.wyoming.connection import WyomingConnection
from app.api.wyoming.events import MAX_HEADER_BYTES
from app.errors import IntoneError

_HINT = "Choose another address: --wyoming tcp://127.0.0.1:PORT, or unix:///PATH."


class WyomingProtocol(asyncio.StreamReaderProtocol):
    """asyncio's protocol of streams for one connection, which learns when the client has left."""

    def __init__(self, service: Service, connections: Connections, server_state: ServerState) -> None:
        self._connection: WyomingConnection | None = None

        def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._connection = WyomingConnection(service, connections, server_state, reader, writer)

        super().__init__(asyncio.StreamReader(limit=MAX_HEADER_BYTES), connect)

    def eof_received(self) -> bool:
        """Return whether to keep the connection open when the client has closed its side."""
        super().eof_received()
        return self._connection is not None and self._connection.end_input()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the work for the connection; see `asyncio.Protocol`."""
        super().connection_lost(exc)
        if self._connection is not None:
            self._connection.forget()


@contextmanager
def listen_wyoming(address: str) -> Iterator[socket.socket]:
    """Yield a socket that listens at `tcp://HOST:PORT` or `unix:///PATH`; remove the path at the end."""
    parts = urlsplit(address)
    if parts.scheme == "tcp":
        with bind_tcp(parts.hostname or "", parts.port or 0, _HINT) as listener:
            yield listener
        return
    with _bind_unix(parts.path) as listener:
        try:
            yield listener
        finally:
            Path(parts.path).unlink(missing_ok=True)


def _bind_unix(path: str) -> socket.socket:
    """Listen on a Unix socket, replacing one on which nobody listens any more."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if _is_abandoned(path):
            Path(path).unlink()
        listener.bind(path)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise IntoneError(f"Cannot listen on unix://{path}: {error.strerror or error}.", hint=_HINT) from None
    return listener


def _is_abandoned(path: str) -> bool:
    """Return whether a path is a Unix socket that refuses connections."""
    try:
        if not stat.S_ISSOCK(Path(path).stat().st_mode):
            return False
    except FileNotFoundError:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            return True
    return False


def describe_listener(listener: socket.socket) -> str:
    """Return the address at which a socket listens, as clients write it."""
    name = listener.getsockname()
    if isinstance(name, str):
        return f"unix://{name}"
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    return f"tcp://{host}:{name[1]}"
