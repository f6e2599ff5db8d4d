"""The routes by the templates of their paths, for logs and counters: an address is its caller's own words."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request
from starlette.routing import BaseRoute, Match, Mount, Route

from app.errors import RouteNotFound

UNKNOWN = "unknown"
"""All addresses that no route has."""


class Templates:
    """Knows the template of every path."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        known = [route for route in routes if isinstance(route, (Route, Mount))]
        # What is mounted may take whatever the others leave.
        self._routes = sorted(known, key=lambda route: isinstance(route, Mount))

    def of(self, path: str) -> str:
        """Such as `/voices/{name}`; for files the folder that they lie in."""
        if path.endswith("\n"):
            return UNKNOWN
        scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
        for route in self._routes:
            if route.matches(scope)[0] is not Match.NONE:
                return route.path_format if isinstance(route, Route) else route.path or "/"
        return UNKNOWN


def refuse_line_feed(request: Request) -> None:
    """Raise RouteNotFound for a path that ends in a line feed: the expressions of the framework's routes end with `$`,
    which matches before it as well."""
    if request.state.path.endswith("\n"):
        raise RouteNotFound("No route has this path.", hint="GET /docs lists every route.")
