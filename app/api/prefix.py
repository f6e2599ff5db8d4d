"""The service below a path of its own, such as /tts, behind a proxy."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class Prefix:
    """ASGI middleware. The proxy in front may pass the prefix on or strip it: /tts/voices and /voices are the same.

    Inside, the path always begins with the prefix, as ASGI has it; `root_path` begins with a slash and ends without.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self.app = app
        self.root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "root_path": self.root_path, "path": self._with_prefix(scope["path"])}
        await self.app(scope, receive, send)

    def _with_prefix(self, path: str) -> str:
        if path == self.root_path:
            return f"{path}/"
        return path if path.startswith(f"{self.root_path}/") else self.root_path + path
