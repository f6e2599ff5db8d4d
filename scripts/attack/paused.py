"""Stop the process in the middle of streams, and let it continue: no byte may be lost or late for ever."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial

from scripts.attack.attack import Attack, Target, take_turns
from scripts.attack.service import Limits
from scripts.soak.mix import Request, make_seeded_requests

ROUNDS = 2
CLIENTS = 8
STOPPED_SECONDS = 1.0
RUNNING_SECONDS = 0.7
"""Seconds between two stops: less than most responses take."""


async def run(target: Target) -> None:
    """Send seeded requests of every kind while the process is stopped again and again."""
    requests = make_seeded_requests()
    known = [await target.hash_response(request) for request in requests]
    for _ in range(target.scaled(ROUNDS)):
        stopping = asyncio.create_task(_stop_repeatedly(target))
        await take_turns(CLIENTS, zip(requests, known, strict=True), partial(_compare, target))
        stopping.cancel()
        os.kill(target.service.server.pid, signal.SIGCONT)


async def _stop_repeatedly(target: Target) -> None:
    while True:
        await asyncio.sleep(RUNNING_SECONDS)
        os.kill(target.service.server.pid, signal.SIGSTOP)
        await asyncio.sleep(STOPPED_SECONDS)
        os.kill(target.service.server.pid, signal.SIGCONT)
        target.report.statuses["stops"] += 1


async def _compare(target: Target, known: tuple[Request, str]) -> None:
    request, before = known
    after = await target.hash_response(request)
    target.report.expect(before == after, f"{request.kind}: other bytes after a stop", request.body)


ATTACK = Attack(run, Limits(environment={"INTONE_CACHE_MB": "0"}))
