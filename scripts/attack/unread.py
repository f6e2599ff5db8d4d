"""Make the service answer what nobody reads, and close connections with unread bytes: both must be bounded."""

from __future__ import annotations

import asyncio
import json
import re
import socket

from scripts.attack.attack import Attack, Target
from scripts.attack.sockets import CLOSE, KEY, TEXT, frame
from scripts.soak.mix import CHAPTER
from scripts.soak.wire import exchange, write_request

SOCKETS = 16
"""Connections of each kind."""
FLOOD_BYTES = 20_000_000
"""Bytes that each connection sends at most."""
BLOCKED_SECONDS = 3.0
"""Seconds without progress after which the service reads no more from a connection."""
SPOKEN_SECONDS = 20.0
"""Seconds after which the buffers of a connection that is not read are full of audio."""
CLOSED_SECONDS = 30.0
"""Seconds in which the service must forget the connections that have ended."""
PING, CONTINUATION = 9, 0
ENDINGS = (frame(b"", CLOSE), b"\xff" * 20, frame(b"", CONTINUATION))


def _text(**fields: object) -> bytes:
    return frame(json.dumps(fields).encode())


HANDSHAKE = write_request(
    "GET",
    "/v1/text-to-speech/wren/stream-input?output_format=pcm_48000&inactivity_timeout=600",
    b"",
    [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", KEY)],
).replace(b"Content-Length: 0\r\n", b"")
SPEAK = _text(text=" ") + _text(text=CHAPTER[:4000], flush=True)
FLOODS = {
    "pings": HANDSHAKE + frame(b"x" * 125, PING) * 5000,
    "empty frames": HANDSHAKE + frame(b"", TEXT, first=0) + frame(b"", CONTINUATION, first=0) * 50_000,
    "flushes": HANDSHAKE + _text(text=" ") + _text(text="", flush=True) * 20_000,
    "pipelined requests": write_request("GET", "/openapi.json", b"", [("Connection", "keep-alive")]) * 500,
}


async def run(target: Target) -> None:
    """Flood connections, and let others end, without reading; then count what the service still holds."""
    count = target.scaled(SOCKETS)
    for kind, data in FLOODS.items():
        opened = await asyncio.gather(*(_flood(target, data) for _ in range(count)))
        target.report.statuses[kind] += count
        target.report.judge(f"beside {kind}", await exchange(target.port, write_request("GET", "/health")))
        for connection in opened:
            connection.close()
    held = [await _flood(target, HANDSHAKE + SPEAK) for _ in range(count)]
    await asyncio.sleep(SPOKEN_SECONDS)
    loop = asyncio.get_running_loop()
    for number, connection in enumerate(held):
        await loop.sock_sendall(connection, ENDINGS[number % len(ENDINGS)])
    target.report.statuses["ended, unread"] += len(held)
    deadline = loop.time() + CLOSED_SECONDS
    while (left := await _count_connections(target)) > 1 and loop.time() < deadline:
        await asyncio.sleep(1)
    target.report.expect(left <= 1, f"{left} connections are open that have ended")
    for connection in held:
        connection.close()


async def _flood(target: Target, data: bytes) -> socket.socket:
    """Return a connection on which bytes were sent until the service read no more, closed it or had enough of them."""
    loop, connection = asyncio.get_running_loop(), socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", target.port))
    connection.setblocking(False)
    try:
        for _ in range(max(1, FLOOD_BYTES // len(data)) if len(data) > 100_000 else 1):
            async with asyncio.timeout(BLOCKED_SECONDS):
                await loop.sock_sendall(connection, data)
            data = data.removeprefix(HANDSHAKE)
    except (OSError, TimeoutError):
        pass
    return connection


async def _count_connections(target: Target) -> int:
    answer = await exchange(target.port, write_request("GET", "/metrics"))
    found = re.search(rb"^intone_connections ([0-9]+)", answer.body, re.MULTILINE)
    return int(found[1]) if found else 0


ATTACK = Attack(run)
