"""`intone serve`: the service, until it is told to stop."""

from __future__ import annotations

import argparse
import atexit
import functools
import logging
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, NoReturn

import uvicorn
from fastapi import FastAPI

from app.cli.connections import QUIET_SECONDS, Connection, Connections
from app.cli.flags import settings_from
from app.cli.logs import LogWriter, logging_to_stderr
from app.errors import IntoneError
from app.main import create_app
from app.metrics import Metrics
from app.settings import Settings

ACCEPTED_AT_ONCE = 128
"""Connections that the event loop accepts in one go."""
RESERVE = 3 * ACCEPTED_AT_ONCE + 64
"""Descriptors that are no open connection's: three rounds of accepting pass before the first excess connection is
closed, and the rest is for models, pipes and temporary files."""
FEWEST = 16


def fit_connections(wanted: int) -> int:
    """Raise the soft limit of descriptors as far as needed; return how many connections fit below it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * wanted + RESERVE  # the answer to each may wait in a temporary file
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(min(FEWEST, wanted), min(wanted, soft - RESERVE))


QUEUE = 2048
"""Connections that wait in the kernel until they are accepted."""
GRACE_SECONDS = 2.0
"""What the models and the log may take after the last answer."""


class QuietServer(uvicorn.Server):
    """After the first signal and `seconds()`, and GRACE_SECONDS more, it calls `end` if it still runs.

    Threads that load models or compute cannot be stopped, and the interpreter would wait for them.
    """

    def __init__(self, config: uvicorn.Config, seconds: Callable[[], float], end: Callable[[], None]) -> None:
        super().__init__(config)
        self._seconds = seconds
        self._end = end
        self._timer: threading.Timer | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; asyncio has but one number for how many it accepts in one go and how many may wait."""
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(QUEUE)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handle SIGTERM or SIGINT."""
        if self._timer is None:
            self._timer = threading.Timer(self._seconds() + GRACE_SECONDS, self._end)
            self._timer.daemon = True
            self._timer.start()
        super().handle_exit(sig, frame)


def watch_connections(metrics: Metrics, connections: Connections) -> None:
    """Export how many there are, and how many had no room."""
    metrics.watch("intone_connections", "Open connections.", lambda: len(connections.open))
    metrics.watch("intone_connections_limit", "Connections that may be open.", lambda: connections.limit)
    metrics.watch_count(
        "intone_connections_closed",
        "Idle connections that were closed to make room for new ones.",
        lambda: connections.closed,
    )
    metrics.watch_count(
        "intone_connections_refused",
        "Connections that were refused since all others were in use.",
        lambda: connections.refused,
    )


def watch_log(metrics: Metrics, dropped: Callable[[], float]) -> None:
    """Export how many lines were lost."""
    metrics.watch_count(
        "intone_log_lines_dropped",
        "Log lines that were dropped since standard error was not read.",
        dropped,
    )


logger = logging.getLogger("intone.service")


def run(options: argparse.Namespace) -> NoReturn:
    """Serve with the flags' settings."""
    serve(settings_from(options))


def serve(settings: Settings, *, stays: bool = False) -> NoReturn:
    """Serve until SIGTERM or Ctrl-C; requests that are being answered are finished first.

    `stays`: go on if the models cannot be loaded, with the reason in the log and in answers, instead of ending with
    the reason as an error. Without an error the process ends here.
    """
    with listen(settings) as listener, logging_to_stderr(settings.log_format) as log:
        logger.info("listening on http://%s:%d", *listener.getsockname()[:2])
        failure = _serve(settings, listener, log, stays)
    if failure:
        raise IntoneError(failure)
    _leave()


def _serve(settings: Settings, listener: socket.socket, log: LogWriter, stays: bool) -> str:
    """Run the server to its end; return why the models could not be loaded, if that ended it."""
    failures: list[str] = []

    def stop(reason: str) -> None:
        failures.append(reason)
        server.should_exit = True

    def patience() -> float:
        return settings.drain_seconds if app.state.service.loaded is not None else 0

    app = create_app(settings, on_failure=_log_failure if stays else stop)
    watch_log(app.state.service.metrics, lambda: log.dropped)
    server = QuietServer(server_config(app, settings, os.environ), patience, lambda: _end(log))

    def leave(number: int, frame: FrameType | None) -> None:
        # The server raises a signal again once it has drained, for a handler that would end the program with a failure.
        if not server.should_exit:
            sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        logger.info("stopped")
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    return "".join(failures[:1])


def server_config(app: FastAPI, settings: Settings, environment: Mapping[str, str]) -> uvicorn.Config:
    """What uvicorn needs to know to serve the app."""
    limit = fit_connections(settings.max_connections)
    if limit < settings.max_connections:
        logger.warning("at most %d connections: the limit of file descriptors (ulimit -n) allows no more", limit)
    metrics = app.state.service.metrics
    shared = Connections(limit, metrics.observe_response)
    watch_connections(metrics, shared)
    protocol: Any = functools.partial(Connection, shared=shared)
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        backlog=ACCEPTED_AT_ONCE,
        timeout_keep_alive=QUIET_SECONDS,
        timeout_graceful_shutdown=settings.drain_seconds,
        # Without a proxy that is known, every client could choose the address under which its requests are counted.
        proxy_headers="FORWARDED_ALLOW_IPS" in environment,
        forwarded_allow_ips=environment.get("FORWARDED_ALLOW_IPS"),
        lifespan="on",
        server_header=False,
        log_config=None,
        access_log=False,
    )


def listen(settings: Settings) -> socket.socket:
    """Bind before anything is loaded, so that a taken port is reported at once."""
    try:
        family, _, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        # asyncio sets TCP_NODELAY only on sockets whose protocol is named. Without it, the second part of each answer
        # waits 40 ms for the client to acknowledge the first.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Who comes before the app is made waits, instead of being refused.
        listener.listen(QUEUE)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise IntoneError(f"Cannot listen on {where}: {error.strerror}.", hint="Choose another --port.") from None
    return listener


def _log_failure(reason: str) -> None:
    logger.error("cannot speak: %s", reason)


def _leave() -> NoReturn:
    """End the process without freeing what the models take: that lasts seconds, and the system does it at once."""
    atexit._run_exitfuncs()
    os._exit(0)


def _end(log: LogWriter) -> None:
    """End the process although threads of it still run."""
    log.warn("stopped; what had not ended in time was cut off")
    log.close()
    os._exit(0)
