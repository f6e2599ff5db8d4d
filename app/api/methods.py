"""Which methods a path takes."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.routing import BaseRoute, Match, Mount

_OF_ROUTES = ("GET", "POST", "PUT", "PATCH", "DELETE")


def methods_of(routes: Iterable[BaseRoute], path: str) -> tuple[str, ...]:
    """Those of all routes of the path, with OPTIONS, and HEAD where GET is."""
    routes = list(routes)
    taken = [method for method in _OF_ROUTES if any(_takes(route, method, path) for route in routes)]
    return (*taken, *(["HEAD"] if "GET" in taken else []), "OPTIONS")


def _takes(route: BaseRoute, method: str, path: str) -> bool:
    match, _ = route.matches({"type": "http", "method": method, "path": path, "root_path": "", "headers": []})
    # What is mounted are files; a mount itself takes every method.
    return match is Match.FULL and (method == "GET" or not isinstance(route, Mount))
