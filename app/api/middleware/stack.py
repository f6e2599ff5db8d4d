"""Add the middleware to the app, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute

from app.api.middleware.access_log import AccessLogMiddleware, RouteTemplates, refuse_trailing_line_feed
from app.api.middleware.auth import KeyAuthenticator
from app.api.middleware.compat import (
    DropCookiesMiddleware,
    HeadMiddleware,
    HostCheck,
    NoSniffMiddleware,
    PathPrefixMiddleware,
)
from app.api.middleware.errors import GuardMiddleware
from app.metrics import Metrics
from app.settings import Settings

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


def add_middleware(app: FastAPI, settings: Settings, metrics: Metrics, routes: Iterable[BaseRoute]) -> None:
    """Add the middleware from the innermost to the outermost.

    Web pages can read errors raised inside of CORS, and preflight requests need no key; the access log sees everything.
    """
    app.add_middleware(DropCookiesMiddleware)
    hosts = HostCheck(settings.allowed_hosts, loopback=settings.is_loopback)
    app.add_middleware(
        GuardMiddleware, checks=(hosts.check, KeyAuthenticator(settings.api_keys).check, refuse_trailing_line_feed)
    )
    app.add_middleware(HeadMiddleware)
    if settings.cors_origins:
        add_cors(app, settings.cors_origins)
    app.add_middleware(NoSniffMiddleware)
    app.add_middleware(AccessLogMiddleware, template_of=RouteTemplates(routes).of, answered=metrics.observe_response)
    if settings.root_path:
        app.add_middleware(PathPrefixMiddleware, root_path=settings.root_path)
