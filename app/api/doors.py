"""Everything between the server and the routes, in its order."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import FastAPI
from starlette.routing import BaseRoute

from app.api.allowed_hosts import AllowedHosts
from app.api.cookies import WithoutCookies
from app.api.cors import add_cors
from app.api.gate import Gate
from app.api.head import HeadAsGet
from app.api.prefix import Prefix
from app.api.requestlog import RequestLog
from app.api.response_headers import ResponseHeaders
from app.api.security import Keys
from app.api.templates import Templates, refuse_line_feed
from app.metrics import Metrics
from app.settings import Settings


def add_doors(app: FastAPI, settings: Settings, metrics: Metrics, routes: Iterable[BaseRoute]) -> None:
    """From the innermost to the outermost: errors made inside of CORS can be read by web pages, whose preflights need
    no key; the log sees everything."""
    app.add_middleware(WithoutCookies)
    hosts = AllowedHosts(settings.allowed_hosts, loopback=settings.is_loopback)
    app.add_middleware(Gate, checks=(hosts.check, Keys(settings.api_keys).check, refuse_line_feed))
    app.add_middleware(HeadAsGet)
    if settings.cors_origins:
        add_cors(app, settings.cors_origins)
    app.add_middleware(ResponseHeaders)
    app.add_middleware(RequestLog, template_of=Templates(routes).of, answered=metrics.answered)
    if settings.root_path:
        app.add_middleware(Prefix, root_path=settings.root_path)
