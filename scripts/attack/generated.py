"""Send generated requests over HTTP, 16 at a time, and judge every response."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from scripts.attack.attack import Attack, Target
from scripts.attack.generator import Generated, generate_requests
from scripts.attack.service import Limits
from scripts.attack.wire import exchange

REQUESTS = 20_000
CLIENTS = 16


async def run(target: Target) -> None:
    """Send all requests."""
    requests = generate_requests(target.chance)
    count = iter(range(target.scaled(REQUESTS)))
    await asyncio.gather(*(_send(target, requests, count) for _ in range(CLIENTS)))


async def _send(target: Target, requests: Iterator[Generated], count: Iterator[int]) -> None:
    for _ in count:
        request = next(requests)
        answer = await exchange(target.port, request.data)
        target.report.judge(request.kind, answer, request.data, may_be_busy=True)
        if request.is_refused:
            target.report.expect(answer.status >= 400, f"{request.kind}: {answer.status}, wrongly", request.data)


ATTACK = Attack(run, Limits(memory_mib=3072, environment={"INTONE_CACHE_MB": "32"}))
