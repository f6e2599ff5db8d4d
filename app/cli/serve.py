"""`intone serve`: the service, until it is told to stop."""

from __future__ import annotations

import argparse
import logging
import signal
import socket

import uvicorn

from app.cli.connections import QUIET_SECONDS, Connection
from app.cli.flags import settings_from
from app.cli.logs import logging_to_stderr
from app.errors import IntoneError
from app.main import create_app
from app.settings import Settings

logger = logging.getLogger("intone.service")


def run(options: argparse.Namespace) -> int:
    """Serve with the flags' settings."""
    return serve(settings_from(options))


def serve(settings: Settings, *, stays: bool = False) -> int:
    """Serve until SIGTERM or Ctrl-C; requests that are being answered are finished first.

    `stays`: go on where the models cannot be loaded, telling why in the log and to whoever asks, instead of ending with
    the reason as an error.
    """
    # The server hands a signal on once it has drained, to a handler that would end the program as if it had failed.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with _listen(settings) as listener, logging_to_stderr(settings.log_format):
        logger.info("listening on http://%s:%d", *listener.getsockname()[:2])
        failure = _serve(settings, listener, stays)
    if failure:
        raise IntoneError(failure)
    return 0


def _serve(settings: Settings, listener: socket.socket, stays: bool) -> str:
    """Runs the server to its end; returns why the models could not be loaded, if that ended it."""
    failures: list[str] = []

    def stop(reason: str) -> None:
        failures.append(reason)
        server.should_exit = True

    app = create_app(settings, on_failure=_tell if stays else stop)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            timeout_keep_alive=QUIET_SECONDS,
            timeout_graceful_shutdown=settings.drain_seconds or None,
            lifespan="on",
            server_header=False,
            log_config=None,
            access_log=False,
        )
    )
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        logger.info("stopped")
    return "".join(failures[:1])


def _tell(reason: str) -> None:
    logger.error("cannot speak: %s", reason)


def _listen(settings: Settings) -> socket.socket:
    """Bound before anything is loaded, so that a taken port is told at once."""
    try:
        family, _, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Who comes before the app is made waits, instead of being refused.
        listener.listen()
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise IntoneError(f"Cannot listen on {where}: {error.strerror}.", hint="Choose another --port.") from None
    return listener
