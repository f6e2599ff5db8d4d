"""Open more connections than the service has file descriptors for."""

from __future__ import annotations

import asyncio

from scripts.attack.attack import Attack, Target
from scripts.attack.service import Limits
from scripts.soak.mix import SENTENCES
from scripts.soak.wire import exchange, write_request

CONNECTIONS = 1100
MAX_LOG_BYTES = 1_000_000
"""A line per refused connection would be more."""
BODY = " ".join(SENTENCES * 2).encode()


async def run(target: Target) -> None:
    """Hold idle connections, and send requests beside them; then send as many requests at once."""
    count = target.scaled(CONNECTIONS)
    idle = await asyncio.gather(*(_open(target) for _ in range(count)))
    for _ in range(5):
        target.report.judge("beside idle connections", await exchange(target.port, write_request("GET", "/health")))
    for writer in idle:
        if writer is not None:
            writer.transport.abort()
    # Responses of this length are in temporary files, which need descriptors, too.
    data = write_request("POST", "/synthesize", BODY, [("Content-Type", "text/plain")])
    answers = await asyncio.gather(*(exchange(target.port, data, 120) for _ in range(count // 4)))
    for answer in answers:
        if answer.status:
            target.report.judge("many at once", answer, data, may_be_busy=True)
        else:  # the kernel or the service has reset the connection
            target.report.statuses["reset"] += 1
    target.report.judge("after them", await exchange(target.port, data), data)
    target.report.expect(len(target.service.read_log()) < MAX_LOG_BYTES, "the log has grown by more than a megabyte")


async def _open(target: Target) -> asyncio.StreamWriter | None:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", target.port)
    except OSError:
        return None
    return writer


ATTACK = Attack(run, Limits(descriptors=256))
