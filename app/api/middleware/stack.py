"""Add the middleware to the app, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute

from app.api.middleware.access_log import RequestLog, Templates, refuse_line_feed
from app.api.middleware.auth import Keys
from app.api.middleware.compat import AllowedHosts, HeadAsGet, Prefix, ResponseHeaders, WithoutCookies
from app.api.middleware.errors import Guard
from app.metrics import Metrics
from app.settings import Settings

_METHODS = ("GET", "POST", "HEAD", "OPTIONS")

_OURS = ("Authorization", "Content-Type", "Accept", "Range", "X-Request-Id")
_OPENAI = (
    *(f"X-Stainless-{name}" for name in ("Lang", "Package-Version", "OS", "Arch", "Runtime", "Runtime-Version")),
    *("X-Stainless-Retry-Count", "X-Stainless-Timeout", "OpenAI-Organization", "OpenAI-Project"),
)
"""Headers that OpenAI's JavaScript client sends with every request."""

_READABLE = (
    *("X-Request-Id", "X-Audio-Duration", "X-Voice", "X-Emotions", "X-Warnings", "X-Should-Retry", "Server-Timing"),
    *("Retry-After", "Content-Disposition", "Content-Range", "Accept-Ranges", "ETag", "X-Accel-Buffering"),
)


def add_cors(app: FastAPI, origins: Sequence[str]) -> None:
    """Allow requests from pages of these origins, which send keys in a header, never cookies."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=_METHODS,
        allow_headers=(*_OURS, *_OPENAI),
        expose_headers=_READABLE,
    )


def add_middleware(app: FastAPI, settings: Settings, metrics: Metrics, routes: Iterable[BaseRoute]) -> None:
    """Add the middleware from the innermost to the outermost.

    Web pages can read errors raised inside of CORS, and preflight requests need no key; the access log sees everything.
    """
    app.add_middleware(WithoutCookies)
    hosts = AllowedHosts(settings.allowed_hosts, loopback=settings.is_loopback)
    app.add_middleware(Guard, checks=(hosts.check, Keys(settings.api_keys).check, refuse_line_feed))
    app.add_middleware(HeadAsGet)
    if settings.cors_origins:
        add_cors(app, settings.cors_origins)
    app.add_middleware(ResponseHeaders)
    app.add_middleware(RequestLog, template_of=Templates(routes).of, answered=metrics.observe_response)
    if settings.root_path:
        app.add_middleware(Prefix, root_path=settings.root_path)
