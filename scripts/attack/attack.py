"""Describe an attack: its limits, what it counts, and what it finds."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeVar

from scripts.attack.hostile import SECRET
from scripts.attack.service import LimitedService, Limits
from scripts.soak.mix import Request
from scripts.soak.wire import ANSWER_SECONDS, INJECTED, Answer, exchange

CONVERSATIONS, CLIENTS = 800, 16
OVERLOAD_CODES = {"busy", "rate_limited", "too_many_streams"}
SYSTEM_FILE = b"root:x:0:0"
"""What no response may contain: the beginning of /etc/passwd."""

T = TypeVar("T")


@dataclass
class Report:
    """What an attack did and found."""

    statuses: Counter[str] = field(default_factory=Counter)
    """Number of responses by status, or by another outcome."""
    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, bytes] = field(default_factory=dict)
    """What was sent before a fault, by fault."""

    def add_fault(self, fault: str, sent: bytes = b"") -> None:
        """Report a fault, and what was sent before it."""
        self.faults[fault] += 1
        self.examples.setdefault(fault, sent)

    def expect(self, condition: bool, fault: str, sent: bytes = b"") -> None:
        """Report a fault unless a condition holds."""
        if not condition:
            self.add_fault(fault, sent)

    def judge(self, kind: str, answer: Answer, sent: bytes = b"", *, may_be_busy: bool = False) -> None:
        """Count a response, and report what is wrong with it whatever the request was."""
        has_body = answer.status != 304 and not sent.startswith(b"HEAD ")
        self.statuses[str(answer.status or "none")] += 1
        if not answer.status:
            self.add_fault(f"{kind}: no response, but {answer.head[:80]!r}", sent)
        elif answer.status >= 500 and not (may_be_busy and answer.code in OVERLOAD_CODES):
            self.add_fault(f"{kind}: {answer.status} {answer.code}", sent)
        elif answer.status >= 400 and has_body and answer.code is None:
            self.add_fault(f"{kind}: {answer.status} without a code: {answer.body[:80]!r}", sent)
        elif has_body and not answer.is_complete:
            self.add_fault(f"{kind}: a cut response of status {answer.status}", sent)
        self.expect(SYSTEM_FILE not in answer.body, f"{kind}: a file of the system", sent)
        self.expect(f"\r\n{INJECTED}".encode() not in answer.head, f"{kind}: an injected header", sent)

    def check_log(self, log: str) -> None:
        """Report tracebacks, words of callers, and lines that are broken."""
        for line in log.splitlines():
            self.expect(" in request " not in line, f"an exception in the log: {line[-600:]}")
            self.expect(SECRET not in line, f"the text of a caller in the log: {line[:200]}")
            self.expect(not line.startswith("{") or line.endswith("}"), "a broken line in the log", line.encode())


@dataclass
class Target:
    """A service under attack."""

    service: LimitedService
    report: Report
    chance: random.Random
    scale: float

    @property
    def port(self) -> int:
        """Port of HTTP on 127.0.0.1."""
        return self.service.server.port

    def scaled(self, count: float) -> int:
        """Return a number of requests, scaled."""
        return max(1, round(count * self.scale))

    async def send(self, kind: str, data: bytes, seconds: float = ANSWER_SECONDS) -> Answer:
        """Send a request, judge its response, which may be that the service is busy, and return it."""
        answer = await exchange(self.port, data, seconds)
        self.report.judge(kind, answer, data, may_be_busy=True)
        return answer

    async def hash_response(self, request: Request) -> str:
        """Send a request that must succeed, and return the hash of its response."""
        answer = await exchange(self.port, request.write())
        is_right = answer.status == 200 and answer.is_complete
        self.report.statuses[str(answer.status)] += 1
        self.report.expect(is_right, f"{request.kind}: {answer.status} {answer.body[:200]!r}", request.body)
        return sha256(answer.body if is_right else b"").hexdigest()


@dataclass(frozen=True)
class Attack:
    """An attack, and the limits under which the service must withstand it."""

    run: Callable[[Target], Awaitable[None]]
    limits: Limits = field(default_factory=Limits)
    most_mib: float = 2250.0
    """Maximum resident memory."""
    most_growth: float = 1.10
    """Maximum factor of memory at the end on memory after a third of the time."""
    fills_pools: bool = True
    """Whether all threads run before the attack, so that further ones are a leak."""


async def take_turns(clients: int, items: Iterable[T], work: Callable[[T], Awaitable[object]]) -> None:
    """Have some clients work on the items, each on one at a time."""
    left = iter(items)

    async def take() -> None:
        for one in left:
            await work(one)

    await asyncio.gather(*(take() for _ in range(clients)))


async def hold_conversations(talk: Callable[[Target], Awaitable[None]], target: Target) -> None:
    """Hold `CONVERSATIONS` conversations, scaled, with `CLIENTS` at a time."""
    await take_turns(CLIENTS, range(target.scaled(CONVERSATIONS)), lambda _: talk(target))
