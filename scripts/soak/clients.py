"""The clients of the soak test: those that read answers whole, leave early, read slowly, or send what is wrong."""

from __future__ import annotations

import asyncio
import random
import socket
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from scripts.soak.mix import CHAPTER, Request, speak

PLAYBACK_BYTES = 48_000
"""A second of 24,000 Hz, mono, 16 bits."""
BACK_OFF_SECONDS = 1.0
PATIENCE = 120.0
"""Seconds after which an answer that does not come counts as missing."""


@dataclass
class Tally:
    """What the clients saw."""

    statuses: Counter[str] = field(default_factory=Counter)
    """Answers by kind of client and status; `missing` for none at all."""
    compared: int = 0
    wrong: list[str] = field(default_factory=list)
    """Kinds of the answers whose bytes differ from those of the idle service."""

    def count(self, client: str, status: int | str) -> None:
        """Count one answer."""
        self.statuses[f"{client} {status}"] += 1


@dataclass(frozen=True)
class Clients:
    """The service that is asked, until the end."""

    port: int
    key: str
    end: float
    """By the clock of the event loop."""
    tally: Tally
    known: Mapping[Request, str]
    """Hashes of the answers of the idle service."""

    @property
    def left(self) -> float:
        """Seconds until the end."""
        return self.end - asyncio.get_running_loop().time()

    async def read_whole(self, seeds: list[Request], fresh: list[Request]) -> None:
        """Send one request after the other; compare the answers that are known."""
        while self.left > 0:
            request = random.choice(seeds) if random.random() < 0.7 else random.choice(fresh)
            status, body = await self.answer("whole", request)
            if status == 503:
                await asyncio.sleep(BACK_OFF_SECONDS)
            elif status == 200 and request in self.known:
                self.tally.compared += 1
                if sha256(body).hexdigest() != self.known[request]:
                    self.tally.wrong.append(request.kind)

    async def leave_early(self) -> None:
        """Open a stream, read some of it, and close the connection."""
        while self.left > 0:
            reader, writer = await self.send(speak("leaver", text=CHAPTER, stream=True))
            try:
                async with asyncio.timeout(PATIENCE):
                    self.tally.count("leaver", await read_status(reader))
                    await reader.readexactly(random.randrange(1, 200_000))
            except (OSError, EOFError, TimeoutError):
                pass
            finally:
                writer.transport.abort()
            await asyncio.sleep(random.uniform(0.5, 3))

    async def read_slowly(self, bytes_a_second: int) -> None:
        """Read streams at a steady rate; a service may cut one that is slower than its least rate."""
        client = f"{bytes_a_second} bytes/s"
        while self.left > 0:
            reader, writer = await self.send(speak(client, text=CHAPTER, stream=True), receive_buffer=4096)
            try:
                async with asyncio.timeout(max(1.0, self.left)):
                    self.tally.count(client, await read_status(reader))
                    while await reader.read(bytes_a_second):
                        await asyncio.sleep(1)
            except (OSError, EOFError, TimeoutError):
                pass
            finally:
                writer.transport.abort()
            await asyncio.sleep(BACK_OFF_SECONDS)

    async def send_bad(self, requests: list[Request]) -> None:
        """Spread wrong requests over the time that is left."""
        pause = self.left / max(1, len(requests))
        for request in requests:
            status, _ = await self.answer(f"bad ({request.kind})", request)
            if not 400 <= int(status) < 500 and status != 503:
                self.tally.wrong.append(f"{request.kind} was answered {status}")
            await asyncio.sleep(pause)

    async def answer(self, client: str, request: Request) -> tuple[int, bytes]:
        """Send one request on a connection of its own; returns 0 when there is no answer."""
        status, body = 0, b""
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await self.send(request)
                try:
                    status = await read_status(reader)
                    body = await read_body(reader)
                finally:
                    writer.transport.abort()
        except (OSError, EOFError, TimeoutError):
            status = 0
        self.tally.count(client, status or "missing")
        return status, body

    async def send(
        self, request: Request, receive_buffer: int = 0
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection and send a request that ends it."""
        connection = socket.socket()
        connection.setblocking(False)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=connection, limit=receive_buffer or 2**16)
        headers = {
            "Host": f"127.0.0.1:{self.port}",
            "Authorization": f"Bearer {self.key}",
            "Connection": "close",
            "Content-Length": str(len(request.body)),
            **request.headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"{request.method} {request.path} HTTP/1.1\r\n{head}\r\n".encode() + request.body)
        return reader, writer


async def read_status(reader: asyncio.StreamReader) -> int:
    """Read up to the end of the status line."""
    line = await reader.readline()
    if not line:
        raise EOFError
    return int(line.split()[1])


async def read_body(reader: asyncio.StreamReader) -> bytes:
    """Read the headers and the body, with its chunks joined."""
    chunked, length = False, 0
    while (line := (await reader.readline()).strip().lower()) != b"":
        chunked |= line == b"transfer-encoding: chunked"
        if line.startswith(b"content-length:"):
            length = int(line.split()[1])
    if not chunked:
        return await reader.readexactly(length)
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    return b"".join(parts)
