"""Stop the process in the middle of streams, and let it continue: no byte may be lost or late for ever."""

from __future__ import annotations

import asyncio
import os
import signal
from hashlib import sha256

from scripts.attack.attack import Attack, Target
from scripts.attack.service import Limits
from scripts.soak.clients import Clients, Tally
from scripts.soak.mix import Request, make_seeded_requests

ROUNDS = 2
CLIENTS = 8
STOPPED_SECONDS = 1.0
RUNNING_SECONDS = 0.7
"""Seconds between two stops: less than most responses take."""


async def run(target: Target) -> None:
    """Send seeded requests of every kind while the process is stopped again and again."""
    requests = make_seeded_requests()
    known = [await _hash_response(target, request, asyncio.Semaphore()) for request in requests]
    for _ in range(target.scaled(ROUNDS)):
        stopping = asyncio.create_task(_stop_repeatedly(target))
        places = asyncio.Semaphore(CLIENTS)
        again = await asyncio.gather(*(_hash_response(target, request, places) for request in requests))
        stopping.cancel()
        os.kill(target.service.server.pid, signal.SIGCONT)
        for request, before, after in zip(requests, known, again, strict=True):
            target.report.expect(before == after, f"{request.kind}: other bytes after a stop", request.body)


async def _stop_repeatedly(target: Target) -> None:
    while True:
        await asyncio.sleep(RUNNING_SECONDS)
        os.kill(target.service.server.pid, signal.SIGSTOP)
        await asyncio.sleep(STOPPED_SECONDS)
        os.kill(target.service.server.pid, signal.SIGCONT)
        target.report.statuses["stops"] += 1


async def _hash_response(target: Target, request: Request, places: asyncio.Semaphore) -> str:
    async with places:
        status, body = await Clients(target.port, "", 0.0, Tally(), {}).request(request.kind, request)
    target.report.statuses[str(status)] += 1
    target.report.expect(status == 200, f"{request.kind}: {status} {body[:200]!r}", request.body)
    return sha256(body).hexdigest()


ATTACK = Attack(run, Limits(environment={"INTONE_CACHE_MB": "0"}))
