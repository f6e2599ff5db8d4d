"""uvicorn's server with bounded connections, a longer backlog and a certain end."""

from __future__ import annotations

import asyncio
import functools
import logging
import resource
import signal
import socket
import threading
from collections.abc import Callable, Coroutine, Mapping
from types import FrameType, MappingProxyType
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.server import ServerState

from app.api.connections import QUIET_SECONDS, Connection, Connections
from app.api.listener import BACKLOG
from app.api.live.protocol import MAX_MESSAGE_BYTES, SocketProtocol
from app.metrics import Metrics
from app.settings import Settings

logger = logging.getLogger("intone.service")

ACCEPT_BATCH = 128
"""Maximum connections that the event loop accepts in one iteration."""
RESERVED_DESCRIPTORS = 3 * ACCEPT_BATCH + 64
"""File descriptors reserved for other uses than open connections. Three iterations of accepting pass before the first
excess connection is closed; the rest is for models, pipes and temporary files."""
MIN_CONNECTIONS = 16
GRACE_SECONDS = 2.0
"""Seconds for the models and the log to finish after the last response."""


def fit_connections(wanted: int) -> int:
    """Raise the soft limit of file descriptors as far as needed; return the number of connections that it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * wanted + RESERVED_DESCRIPTORS  # each connection's response may be in a temporary file
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(min(MIN_CONNECTIONS, wanted), min(wanted, soft - RESERVED_DESCRIPTORS))


ProtocolFactory = Callable[[ServerState], asyncio.Protocol]
"""Function that makes the protocol of a connection, from the connections and tasks that uvicorn awaits at its end."""


class DrainingServer(uvicorn.Server):
    """Server that calls `end` if it still runs `seconds()` + GRACE_SECONDS after the first signal.

    Threads that load models or compute cannot be stopped, and the interpreter would wait for them. `others` are sockets
    for protocols other than HTTP.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        seconds: Callable[[], float],
        end: Callable[[], None],
        others: Mapping[socket.socket, ProtocolFactory] = MappingProxyType({}),
        reload: Callable[[], Coroutine[Any, Any, object]] | None = None,
    ) -> None:
        """`reload` is awaited at SIGHUP; without it, that signal ends the process."""
        super().__init__(config)
        self._reload = reload
        self._seconds = seconds
        self._end = end
        self._others = others
        self._timer: threading.Timer | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and set the backlog again: asyncio uses one number for it and for the connections accepted at once."""
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        if self._reload is not None:
            loop.add_signal_handler(signal.SIGHUP, self._start_reload, self._reload)
        for listener, make_protocol in self._others.items():
            factory = functools.partial(make_protocol, self.server_state)
            self.servers.append(await loop.create_server(factory, sock=listener, backlog=ACCEPT_BATCH))
        for listener in (*(sockets or ()), *self._others):
            listener.listen(BACKLOG)

    def _start_reload(self, reload: Callable[[], Coroutine[Any, Any, object]]) -> None:
        self._reloading = asyncio.create_task(reload())
        self._reloading.add_done_callback(_log_failed_reload)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Start the timer at the first SIGTERM or SIGINT, and shut down."""
        if self._timer is None:
            self._timer = threading.Timer(self._seconds() + GRACE_SECONDS, self._end)
            self._timer.daemon = True
            self._timer.start()
        super().handle_exit(sig, frame)


def _log_failed_reload(task: asyncio.Task[object]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("the voices could not be reloaded: %s", error)


def watch_connections(metrics: Metrics, connections: Connections) -> None:
    """Export the numbers of open, closed and refused connections."""
    metrics.watch("intone_connections", "Open connections.", lambda: len(connections.open))
    metrics.watch("intone_connections_limit", "Maximum open connections.", lambda: connections.limit)
    metrics.watch_count(
        "intone_connections_closed",
        "Idle connections closed to make room for new ones.",
        lambda: connections.closed,
    )
    metrics.watch_count(
        "intone_connections_refused",
        "Connections refused because all others were in use.",
        lambda: connections.refused,
    )


def watch_log(metrics: Metrics, dropped: Callable[[], float]) -> None:
    """Export the number of dropped log lines."""
    metrics.watch_count(
        "intone_log_lines_dropped",
        "Log lines dropped because standard error was not read.",
        dropped,
    )


def make_server_config(app: FastAPI, settings: Settings, environment: Mapping[str, str]) -> uvicorn.Config:
    """Return the configuration with which uvicorn serves the app."""
    limit = fit_connections(settings.max_connections)
    if limit < settings.max_connections:
        logger.warning("at most %d connections: the limit of file descriptors (ulimit -n) allows no more", limit)
    metrics = app.state.service.metrics
    shared = app.state.connections = Connections(limit, metrics.observe_response, app.state.service.draining.set)
    watch_connections(metrics, shared)
    protocol: Any = functools.partial(Connection, shared=shared)
    return uvicorn.Config(
        app,
        http=protocol,
        ws=SocketProtocol,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        backlog=ACCEPT_BATCH,
        timeout_keep_alive=QUIET_SECONDS,
        timeout_graceful_shutdown=settings.drain_seconds,
        # Without a known proxy, clients could forge the address to which the rate limit applies.
        proxy_headers="FORWARDED_ALLOW_IPS" in environment,
        forwarded_allow_ips=environment.get("FORWARDED_ALLOW_IPS"),
        lifespan="on",
        server_header=False,
        log_config=None,
        access_log=False,
    )
