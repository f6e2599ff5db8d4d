"""Run `intone serve`: the HTTP service, until a signal stops it."""

from __future__ import annotations

import argparse
import atexit
import logging
import os
import signal
import socket
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from app.api.listener import listen
from app.cli.flags import settings_from_options
from app.cli.logs import LogWriter, logging_to_stderr
from app.errors import IntoneError
from app.memory import pause_collection
from app.settings import Settings

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline

logger = logging.getLogger("intone.service")


def run(options: argparse.Namespace) -> NoReturn:
    """Serve with the settings from flags and environment."""
    serve(settings_from_options(options))


def serve(settings: Settings, *, stays: bool = False) -> NoReturn:
    """Serve until SIGTERM or Ctrl-C, finish the requests in progress, and end the process.

    If the models cannot be loaded, raise an error with the reason; with `stays`, continue instead and report the reason
    in the log and in responses.
    """
    with listen(settings) as listener, logging_to_stderr(settings.log_format) as log:
        logger.info("listening on http://%s:%d", *listener.getsockname()[:2])
        # The networks are loaded outside of Python's lock, while the libraries of the service are imported.
        loading = _start_loading(settings)
        failure = _serve(settings, listener, loading, log, stays)
    if failure:
        raise IntoneError(failure)
    # End the process without freeing the models' memory, which takes seconds in Python and no time in the system.
    atexit._run_exitfuncs()
    os._exit(0)


def _start_loading(settings: Settings) -> Future[Pipeline]:
    """Load the models in a thread."""
    executor = ThreadPoolExecutor(1, thread_name_prefix="loading")
    loading = executor.submit(_load_pipeline, settings)
    executor.shutdown(wait=False)
    return loading


def _load_pipeline(settings: Settings) -> Pipeline:
    with pause_collection():
        from app.synthesis.pipeline import Pipeline

        return Pipeline.load(settings, warm=True)


def _serve(settings: Settings, listener: socket.socket, loading: Future[Pipeline], log: LogWriter, stays: bool) -> str:
    """Run the server until it stops; return the reason if it stopped because the models could not be loaded."""
    from app.main import (
        DrainingServer,
        create_app,
        listen_wyoming,
        make_server_config,
        make_wyoming_protocol,
        watch_log,
    )

    failures: list[str] = []

    def stop(reason: str) -> None:
        failures.append(reason)
        server.should_exit = True

    def patience() -> float:
        return settings.drain_seconds if app.state.service.loaded is not None else 0

    app = create_app(
        settings,
        on_failure=partial(logger.error, "cannot speak: %s") if stays else stop,
        load=lambda _: loading.result(),
    )
    watch_log(app.state.service.metrics, lambda: log.dropped)
    config = make_server_config(app, settings, os.environ)
    # A terminal that is closed sends SIGHUP, too, and must end the process.
    reload = None if sys.stderr.isatty() else app.state.service.reload_voices

    def leave(number: int, frame: FrameType | None) -> None:
        # After draining, the server raises the signal again, and the default handler would exit with a failure.
        if not server.should_exit:
            sys.exit(0)

    with listen_wyoming(settings) as wyoming:
        others = {wyoming: make_wyoming_protocol(app, wyoming)} if wyoming else {}
        server = DrainingServer(config, patience, lambda: _force_exit(log), others, reload)
        signal.signal(signal.SIGTERM, leave)
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            logger.info("stopped")
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    return "".join(failures[:1])


def _force_exit(log: LogWriter) -> None:
    """End the process even if threads still run."""
    log.warn("stopped; what had not ended in time was cut off")
    log.close()
    os._exit(0)
