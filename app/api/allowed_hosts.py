"""The host names that the service answers to: a page of another site must not reach it by DNS rebinding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address

from starlette.requests import Request

from app.errors import UnknownHost

_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(:\d*)?")
"""An address in brackets, or a name, and a port."""


class AllowedHosts:
    """Refuses requests to other names than this machine's own and `names`.

    Without names it does so only if the service is bound to loopback, where a browser on the same machine is the way
    in for others. Whoever binds to another address wants to be reached by names that only a platform may know.
    """

    def __init__(self, names: Sequence[str], *, loopback: bool) -> None:
        self._names = frozenset({"localhost", *names})
        self._checks = loopback or bool(names)

    def check(self, request: Request) -> None:
        """Raise UnknownHost for a name that is not allowed. Without the header, it is no browser's request."""
        host = request.headers.get("host")
        if self._checks and host is not None and not self._allows(host):
            raise UnknownHost("The header Host names another machine.")

    def _allows(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        name = match[1].lower() if match else ""
        return name in self._names or _is_loopback(name)


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
