"""Forbid the service to start further threads while it is under load."""

from __future__ import annotations

from itertools import cycle, islice

from scripts.attack.attack import Attack, Target, take_turns
from scripts.attack.service import Limits
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
    requests = islice(cycle(make_seeded_requests()), target.scaled(REQUESTS))
    await take_turns(CLIENTS, requests, lambda one: target.send(one.kind, one.write()))
    limit.write_text(str(TASKS))


ATTACK = Attack(run, Limits(tasks=TASKS), fills_pools=False)
