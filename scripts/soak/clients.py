"""Clients of the soak test that read complete responses, disconnect early, read slowly, or send bad requests."""

from __future__ import annotations

import asyncio
import random
import socket
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from scripts.soak.mix import CHAPTER, Request, make_speech_request
from scripts.soak.wire import exchange

PLAYBACK_BYTES = 48_000
"""Bytes of a second: 24 kHz, mono, 16 bits."""
BACK_OFF_SECONDS = 1.0
TIMEOUT_SECONDS = 120.0
"""Time after which a response counts as missing."""


@dataclass
class Tally:
    """Results of all clients."""

    statuses: Counter[str] = field(default_factory=Counter)
    """Number of responses by kind of client and status code; `missing` if there was no response."""
    compared: int = 0
    wrong: list[str] = field(default_factory=list)
    """Kinds of requests whose response differs from that of the idle service."""

    def count(self, client: str, status: int | str) -> None:
        """Count a response."""
        self.statuses[f"{client} {status}"] += 1


@dataclass(frozen=True)
class Clients:
    """A group of clients that send requests until the end of the test."""

    port: int
    key: str
    end: float
    """Time of the event loop's clock."""
    tally: Tally
    known: Mapping[Request, str]
    """Hashes of the responses of the idle service."""

    @property
    def remaining(self) -> float:
        """Seconds until the end."""
        return self.end - asyncio.get_running_loop().time()

    async def read_responses(self, seeds: list[Request], fresh: list[Request]) -> None:
        """Send one request after the other, and compare the responses that are known."""
        while self.remaining > 0:
            if await self.read_response(seeds, fresh) == 503:
                await asyncio.sleep(BACK_OFF_SECONDS)

    async def arrive(self, rate: float, seeds: list[Request], fresh: list[Request]) -> None:
        """Send `rate` requests a second on average at random times (a Poisson process), however long responses take."""
        async with asyncio.TaskGroup() as group:
            while self.remaining > 0:
                group.create_task(self.read_response(seeds, fresh))
                await asyncio.sleep(random.expovariate(rate))

    async def read_response(self, seeds: list[Request], fresh: list[Request]) -> int:
        """Send a request, compare its response if it is known, and return the status."""
        request = random.choice(seeds) if random.random() < 0.7 else random.choice(fresh)
        status, body = await self.request("whole", request)
        if status == 200 and request in self.known:
            self.tally.compared += 1
            if sha256(body).hexdigest() != self.known[request]:
                self.tally.wrong.append(request.kind)
        return status

    async def disconnect_early(self) -> None:
        """Open a stream, read some of it, and close the connection."""
        while self.remaining > 0:
            reader, writer = await self.send(make_speech_request("leaver", text=CHAPTER, stream=True))
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    self.tally.count("leaver", await read_status(reader))
                    await reader.readexactly(random.randrange(1, 200_000))
            except (OSError, EOFError, TimeoutError):
                pass
            finally:
                writer.transport.abort()
            await asyncio.sleep(random.uniform(0.5, 3))

    async def read_slowly(self, bytes_a_second: int) -> None:
        """Read streams at a steady rate; a service may close one that is slower than its minimum rate."""
        client = f"{bytes_a_second} bytes/s"
        while self.remaining > 0:
            reader, writer = await self.send(
                make_speech_request(client, text=CHAPTER, stream=True), receive_buffer=4096
            )
            try:
                async with asyncio.timeout(max(1.0, self.remaining)):
                    self.tally.count(client, await read_status(reader))
                    while await reader.read(bytes_a_second):
                        await asyncio.sleep(1)
            except (OSError, EOFError, TimeoutError):
                pass
            finally:
                writer.transport.abort()
            await asyncio.sleep(BACK_OFF_SECONDS)

    async def send_bad(self, requests: list[Request]) -> None:
        """Spread bad requests over the remaining time."""
        pause = self.remaining / max(1, len(requests))
        for request in requests:
            status, _ = await self.request(f"bad ({request.kind})", request)
            if not 400 <= int(status) < 500 and status != 503:
                self.tally.wrong.append(f"{request.kind} got the status {status}")
            await asyncio.sleep(pause)

    async def request(self, client: str, request: Request) -> tuple[int, bytes]:
        """Send a request on a new connection, and return the status code, 0 if there is no response, and the body."""
        answer = await exchange(self.port, request.write(Authorization=f"Bearer {self.key}"), TIMEOUT_SECONDS)
        status = answer.status if answer.is_complete else 0
        self.tally.count(client, status or "missing")
        return status, answer.body if status else b""

    async def send(
        self, request: Request, receive_buffer: int = 0
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection and send a request."""
        connection = socket.socket()
        connection.setblocking(False)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=connection, limit=receive_buffer or 2**16)
        writer.write(request.write(Authorization=f"Bearer {self.key}"))
        return reader, writer


async def read_status(reader: asyncio.StreamReader) -> int:
    """Read the status line and return the status code."""
    line = await reader.readline()
    if not line:
        raise EOFError
    return int(line.split()[1])
