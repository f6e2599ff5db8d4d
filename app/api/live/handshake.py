"""Admit sockets: check the host, the origin, the key and the limits of a client, before and after accepting."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.websockets import WebSocket

from app.api.clients import KeyAuthenticator, read_bearer_token
from app.api.live.messages import ClientMessage, parse_message
from app.api.middleware import HostCheck, OriginCheck
from app.errors import Unauthorized

KEY_HEADER = "xi-api-key"
FIRST_MESSAGE_SECONDS = 10.0
"""Seconds for a client without a key in its headers to send the message that contains the key."""


@dataclass(frozen=True, slots=True)
class LiveGuard:
    """Checks of sockets, with the same names of hosts, origins and keys as for requests."""

    hosts: HostCheck
    origins: OriginCheck
    keys: KeyAuthenticator

    def check(self, websocket: WebSocket) -> bool:
        """Raise an error for a host, an origin or a key that is not allowed; return whether a key is still missing."""
        self.hosts.check(websocket)
        self.origins.check(websocket)
        if not self.keys.is_required:
            return False
        sent = websocket.headers.getlist(KEY_HEADER)
        key = sent[0].strip() if len(sent) == 1 else read_bearer_token(websocket)
        if key is None:
            return True
        self.keys.authenticate(websocket, key)
        return False

    async def read_key(self, websocket: WebSocket) -> ClientMessage | None:
        """Receive the first message, which must contain the key; None if the client has left."""
        try:
            async with asyncio.timeout(FIRST_MESSAGE_SECONDS):
                received = await websocket.receive()
        except TimeoutError:
            raise Unauthorized("No key came.", hint=f"Send the header {KEY_HEADER}, or xi_api_key first.") from None
        if received["type"] == "websocket.disconnect":
            return None
        message = parse_message(received.get("text"))
        key = message.xi_api_key or (message.authorization or "").removeprefix("Bearer ").strip()
        if not key:
            raise Unauthorized("The request has no key.", hint=f"Send the header {KEY_HEADER}, or xi_api_key first.")
        self.keys.authenticate(websocket, key)
        return message
