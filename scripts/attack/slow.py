"""Read and send slowly on hundreds of connections; others must be served meanwhile."""

from __future__ import annotations

import asyncio

from scripts.attack.attack import Attack, Target
from scripts.soak.clients import PLAYBACK_BYTES, Clients, Tally
from scripts.soak.wire import Answer, exchange, write_request

SECONDS = 60.0
MIN_SECONDS = 10.0
SLOW_READERS, LISTENERS = 40, 16
"""Streams that take a byte per second, and those that take what they play; a client may open 64."""
SENDERS = 300
DRIP_SECONDS = 1.0
PAUSE_SECONDS = 0.5
SERVED_SECONDS = 20.0
"""Seconds in which a short request must be answered; it takes a tenth of one on an idle machine."""
BODY = b'{"text": "' + b"a" * 5000


async def run(target: Target) -> None:
    """Keep slow clients connected, and send short requests."""
    loop = asyncio.get_running_loop()
    end = loop.time() + max(MIN_SECONDS, SECONDS * target.scale)
    tally = Tally()
    readers = Clients(target.port, "", end, tally, {})
    senders = [_send_slowly(target, number % 3, end) for number in range(max(30, target.scaled(SENDERS)))]
    await asyncio.gather(
        *(readers.read_slowly(1) for _ in range(SLOW_READERS)),
        *(readers.read_slowly(PLAYBACK_BYTES) for _ in range(LISTENERS)),
        *senders,
        _request_meanwhile(target, end),
    )
    for name, count in tally.statuses.items():
        target.report.statuses[name] += count
        target.report.expect(name.endswith((" 200", " 429", " 503")), f"a reader got {name}")


async def _send_slowly(target: Target, kind: int, end: float) -> None:
    """Send nothing, a head or a body, a byte per second, until the service closes the connection."""
    loop = asyncio.get_running_loop()
    head = write_request("POST", "/synthesize", BODY, [("Content-Type", "application/json")])[: -len(BODY)]
    data = (b"", head, head + BODY)[kind]
    sent = (0, 1, len(head))[kind]
    while loop.time() < end:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", target.port)
        except OSError as error:
            target.report.add_fault(f"no connection: {error}")
            return
        writer.write(data[:sent])
        for place in range(sent, sent + 10_000):
            if writer.transport.is_closing() or loop.time() >= end:
                break
            writer.write(data[place : place + 1])
            await asyncio.sleep(DRIP_SECONDS)
        writer.transport.abort()


async def _request_meanwhile(target: Target, end: float) -> None:
    loop, number = asyncio.get_running_loop(), 0
    while loop.time() < end:
        number += 1
        request = write_request("GET", f"/synthesize?text=Number%20{number}.")
        answer: Answer = await exchange(target.port, request, SERVED_SECONDS)
        target.report.judge("beside slow clients", answer, request)
        target.report.expect(answer.status == 200, f"beside slow clients: {answer.status}")
        await asyncio.sleep(PAUSE_SECONDS)


ATTACK = Attack(run)
