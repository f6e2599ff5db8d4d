"""Forbid the service to start further threads while it is under load."""

from __future__ import annotations

import asyncio

from scripts.attack.attack import Attack, Target
from scripts.attack.service import Limits
from scripts.attack.wire import exchange, write_request
from scripts.soak.mix import make_seeded_requests
from scripts.soak.usage import Usage

TASKS = 4096
REQUESTS = 400
CLIENTS = 48


async def run(target: Target) -> None:
    """Set the limit to the threads that run, and send requests of every kind that need threads."""
    limit = target.service.task_limit
    target.report.expect(
        limit is not None, "the number of threads cannot be limited here: no control group is writable"
    )
    if limit is None:
        return
    limit.write_text(str(Usage.read(target.service.server.pid).threads))
    requests = make_seeded_requests()
    places = iter(range(target.scaled(REQUESTS)))

    async def send() -> None:
        for place in places:
            one = requests[place % len(requests)]
            data = write_request(one.method, one.path, one.body, list(one.headers.items()))
            target.report.judge(one.kind, await exchange(target.port, data), data, may_be_busy=True)

    await asyncio.gather(*(send() for _ in range(CLIENTS)))
    limit.write_text(str(TASKS))


ATTACK = Attack(run, Limits(tasks=TASKS), fills_pools=False)
