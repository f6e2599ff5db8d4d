"""The ASGI app, made from its settings, routes and middleware, and the server that runs it."""

from __future__ import annotations

import asyncio
import logging
import mimetypes
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from app.api.clients import KeyAuthenticator
from app.api.errors import handle_intone_error, handle_router_error
from app.api.jobs import ClientDisconnected
from app.api.live.handshake import LiveGuard
from app.api.middleware import (
    CLIENT_CLOSED_REQUEST,
    AccessLogMiddleware,
    GuardMiddleware,
    HeadMiddleware,
    HostCheck,
    OriginCheck,
    PathPrefixMiddleware,
    RouteTable,
    refuse_trailing_line_feed,
)
from app.api.openapi import TAGS, build_document, describe_api, make_operation_id
from app.api.routes import documents, live, openai, operations, sagemaker, synthesize, voices, web
from app.api.routes.operations import register_gauges
from app.api.server import DrainingServer, ProtocolFactory, make_server_config, watch_log
from app.api.state import Service, load_pipeline
from app.errors import IntoneError, SetupError
from app.metrics import Metrics
from app.packages import version
from app.settings import Settings

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline

__all__ = ["DrainingServer", "create_app", "make_server_config", "watch_log"]

logger = logging.getLogger("intone.service")


def create_app(
    settings: Settings,
    on_failure: Callable[[str], None] = lambda reason: None,
    clock: Callable[[], float] = time.perf_counter,
    load: Callable[[Settings], Pipeline] = load_pipeline,
) -> FastAPI:
    """Return the service as an ASGI app.

    `on_failure` is called with the reason if the models cannot be loaded; `clock` serves to detect stalled workers;
    `load` is called in a thread at the start.
    """
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        title="Intone",
        description=describe_api(),
        openapi_tags=TAGS,
        generate_unique_id_function=make_operation_id,
        version=version(),
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    # Read the system's media type tables now; otherwise the first served file would read them on the event loop.
    mimetypes.init()
    service = Service(settings, on_failure, clock, load)
    register_gauges(service)
    app.state.service = service
    routers = [one.router for one in (web, synthesize, documents, voices, openai, live, sagemaker, operations)]
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(IntoneError, handle_intone_error)
    app.add_exception_handler(HTTPException, handle_router_error)
    app.add_exception_handler(ClientDisconnected, answer_disconnected_client)
    app.mount(web.DOCS_FILES_PATH, StaticFiles(packages=[web.DOCS_PACKAGE]), name="docs-files")
    app.state.routes = RouteTable([route for one in (*routers, app) for route in one.routes])
    add_middleware(app, settings, service.metrics)
    app.openapi = partial(build_document, app, with_keys=bool(settings.api_keys))  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load the models while the service already responds; at shutdown, wait for unfinished work."""
    service: Service = app.state.service
    loading = asyncio.create_task(service.load())
    releasing = asyncio.create_task(service.release_idle_voices())
    yield
    releasing.cancel()
    await loading
    await service.close()


async def answer_disconnected_client(request: Request, error: Exception) -> Response:
    """Return a response that only the access log sees."""
    return Response(status_code=CLIENT_CLOSED_REQUEST)


_METHODS = ("GET", "POST", "HEAD", "OPTIONS")

_REQUEST_HEADERS = ("Authorization", "Content-Type", "Accept", "Range", "If-Range", "If-None-Match", "X-Request-Id")
_OPENAI_REQUEST_HEADERS = (
    *(f"X-Stainless-{name}" for name in ("Lang", "Package-Version", "OS", "Arch", "Runtime", "Runtime-Version")),
    *("X-Stainless-Retry-Count", "X-Stainless-Timeout", "OpenAI-Organization", "OpenAI-Project"),
)
"""Headers that OpenAI's JavaScript client sends with every request."""

_EXPOSED_HEADERS = (
    *("X-Request-Id", "X-Audio-Duration", "X-Voice", "X-Emotions", "X-Warnings", "X-Should-Retry", "Server-Timing"),
    *("Retry-After", "Content-Disposition", "Content-Range", "Accept-Ranges", "ETag", "Vary", "X-Accel-Buffering"),
)


def add_cors(app: FastAPI, origins: Sequence[str]) -> None:
    """Allow requests from pages of these origins, which send keys in a header, never cookies."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=_METHODS,
        allow_headers=(*_REQUEST_HEADERS, *_OPENAI_REQUEST_HEADERS),
        expose_headers=_EXPOSED_HEADERS,
    )


def add_middleware(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Add the middleware from the innermost to the outermost.

    Web pages can read errors raised inside of CORS, and preflight requests need no key; the access log sees everything.
    """
    hosts, keys = HostCheck(settings.allowed_hosts, loopback=settings.is_loopback), KeyAuthenticator(settings.api_keys)
    app.state.live_guard = LiveGuard(hosts, OriginCheck(settings.cors_origins), keys)
    app.add_middleware(GuardMiddleware, checks=(hosts.check, keys.check, refuse_trailing_line_feed))
    app.add_middleware(HeadMiddleware)
    if settings.cors_origins:
        add_cors(app, settings.cors_origins)
    find_template = app.state.routes.find_template
    app.add_middleware(AccessLogMiddleware, template_of=find_template, answered=metrics.observe_response)
    if settings.root_path:
        app.add_middleware(PathPrefixMiddleware, root_path=settings.root_path)


def listen_wyoming(settings: Settings) -> AbstractContextManager[socket.socket | None]:
    """Return the socket of the Wyoming protocol; None if it is off."""
    if not settings.wyoming:
        return nullcontext()
    try:
        from app.api.wyoming import server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "wyoming":
            raise
        detail = "INTONE_WYOMING needs the package wyoming, which is not installed."
        raise SetupError(detail, hint="Install the extra: pip install 'intone[wyoming]'.") from None
    return server.listen_wyoming(settings.wyoming)


def make_wyoming_protocol(app: FastAPI, listener: socket.socket) -> ProtocolFactory:
    """Return the factory of protocols for a socket of the Wyoming protocol."""
    from app.api.wyoming.server import WyomingProtocol, describe_listener

    logger.info("listening on %s", describe_listener(listener))
    return partial(WyomingProtocol, app.state.service, app.state.connections)
