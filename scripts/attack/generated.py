"""Send generated requests over HTTP, 16 at a time, and judge every response."""

from __future__ import annotations

from functools import partial
from itertools import islice

from scripts.attack.attack import Attack, Target, take_turns
from scripts.attack.generator import Generated, generate_requests
from scripts.attack.service import Limits

REQUESTS = 20_000
CLIENTS = 16


async def run(target: Target) -> None:
    """Send all requests."""
    await take_turns(CLIENTS, islice(generate_requests(target.chance), target.scaled(REQUESTS)), partial(_send, target))


async def _send(target: Target, request: Generated) -> None:
    answer = await target.send(request.kind, request.data)
    if request.is_refused:
        target.report.expect(answer.status >= 400, f"{request.kind}: {answer.status}, wrongly", request.data)


ATTACK = Attack(run, Limits(memory_mib=3072, environment={"INTONE_CACHE_MB": "32"}))
