"""Load a real service for minutes with 200 clients, and check its answers, its memory and its quickness.

    python -m scripts.soak [--seconds 900] [--clients 200] [--bad 2000]

Ends with 1 when an answer is wrong or 500, when memory grows or is too large, when descriptors or threads are left, or
when `GET /health` is slow.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from app.bench.machine import read_resident_mib
from app.bench.peers import CACHED, Server, find_peer, run_server
from scripts.soak.clients import PLAYBACK_BYTES, Clients, Tally
from scripts.soak.health import health_probe
from scripts.soak.mix import Request, bad_requests, seeded_requests, unseeded_request

STILL_THERE = Request("still there", "GET", "/synthesize?text=Still%20there.")
KEYS = {f"client{number}": f"soak-test-key-{number:04}" for number in range(8)}
SETTLED_SHARE = 1 / 3
"""Memory at this share of the time is what the end is compared with: minute 5 of 15."""
MOST_GROWTH, MOST_MIB = 1.05, 2.2 * 1024
SLOWEST_HEALTH = 0.1
"""Seconds, of all but one answer of a thousand."""
DRAIN_SECONDS = 120.0
THREAD_IDLE_SECONDS = 12.0
"""A thread of a pool that has not worked for 10 seconds ends when the next request comes."""


@dataclass(frozen=True)
class Usage:
    """What the process holds."""

    mib: float
    descriptors: int
    threads: int

    @classmethod
    def of(cls, pid: int) -> Usage:
        """Read it from the kernel."""
        threads = len(os.listdir(f"/proc/{pid}/task"))
        return cls(read_resident_mib(pid), len(os.listdir(f"/proc/{pid}/fd")), threads)


@dataclass
class Report:
    """All that was measured."""

    before: Usage
    tally: Tally
    usage: list[Usage] = field(default_factory=list)
    """One a second."""
    health: list[float] = field(default_factory=list)
    """Seconds of each `GET /health`."""
    after: Usage | None = None

    def faults(self) -> Iterator[str]:
        """Yield a sentence for each bound that was not kept."""
        failed = {name: count for name, count in self.tally.statuses.items() if name.endswith((" 500", " missing"))}
        settled, end = self.usage[int(len(self.usage) * SETTLED_SHARE)].mib, self.usage[-1].mib
        assert self.after is not None
        if failed:
            yield f"answers that failed: {failed}"
        if self.tally.wrong:
            yield f"{len(self.tally.wrong)} wrong answers: {sorted(set(self.tally.wrong))[:10]}"
        if end > MOST_GROWTH * settled:
            yield f"memory grew from {settled:.0f} to {end:.0f} MiB"
        if (most := max(usage.mib for usage in self.usage)) > MOST_MIB:
            yield f"memory reached {most:.0f} MiB"
        if self.after.descriptors > self.before.descriptors:
            yield f"descriptors: {self.before.descriptors} before, {self.after.descriptors} after"
        if self.after.threads > self.before.threads:
            yield f"threads: {self.before.threads} before, {self.after.threads} after"
        if (slow := percentile(self.health, 0.999)) > SLOWEST_HEALTH:
            yield f"GET /health took {1000 * slow:.0f} ms at p99.9"

    def summary(self) -> dict[str, object]:
        """Return the figures by name."""
        tenths = [self.usage[int(share / 10 * (len(self.usage) - 1))].mib for share in range(11)]
        return {
            "answers": dict(sorted(self.tally.statuses.items())),
            "compared": self.tally.compared,
            "wrong": len(self.tally.wrong),
            "memory_mib": [round(mib) for mib in tenths],
            "memory_mib_most": round(max(usage.mib for usage in self.usage)),
            "before": vars(self.before),
            "after": vars(self.after),
            "health_requests": len(self.health),
            "health_ms": {str(p): round(1000 * percentile(self.health, p), 1) for p in (0.5, 0.99, 0.999, 1.0)},
        }


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")


@contextmanager
def usage_watch(pid: int, usage: list[Usage]) -> Iterator[None]:
    """Note the usage of a process once a second."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(1.0):
            usage.append(Usage.of(pid))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


async def load(port: int, seconds: float, clients: int, bad: int, known: dict[Request, str], tally: Tally) -> None:
    """Run all clients at once until the time is over."""
    end = asyncio.get_running_loop().time() + seconds
    keys = list(KEYS.values())
    groups = [Clients(port, key, end, tally, known) for key in keys]
    chance = random.Random(1)
    fresh = [unseeded_request(chance) for _ in range(5_000)]
    wrong = bad_requests(chance)
    parts = [[next(wrong) for _ in range(bad // 10)] for _ in range(10)]
    work = [groups[number % 8].send_bad(part) for number, part in enumerate(parts)]
    for number in range(clients - len(work)):
        group, kind = groups[number % 8], number % 20
        if kind < 2:
            work.append(group.read_slowly(1))
        elif kind < 4:
            work.append(group.read_slowly(PLAYBACK_BYTES))
        elif kind < 7:
            work.append(group.leave_early())
        else:
            work.append(group.read_whole(list(known), fresh))
    await asyncio.gather(*work)


async def answers_of_the_idle_service(port: int) -> dict[Request, str]:
    """Return the hash of each seeded request's answer, asked one after the other."""
    end = asyncio.get_running_loop().time() + 3600
    clients, known = Clients(port, KEYS["client0"], end, Tally(), {}), {}
    for request in seeded_requests():
        status, body = await clients.answer("idle", request)
        if status != 200:
            raise SystemExit(f"{request.kind} was answered {status} by the idle service: {body[:200]!r}")
        known[request] = sha256(body).hexdigest()
    return known


async def fill_pools(port: int, requests: Iterable[Request]) -> None:
    """Send all requests at once, so that every pool that starts its threads when they are needed has done so."""
    clients = Clients(port, KEYS["client0"], 0.0, Tally(), {})
    await asyncio.gather(*(clients.answer("idle", request) for request in requests))


def measure_idle(server: Server, seconds: float) -> Usage:
    """Measure the usage after some seconds with one request each, in which pools end the threads that are idle."""
    for _ in range(max(1, int(seconds))):
        time.sleep(1)
        asyncio.run(fill_pools(server.port, [STILL_THERE]))
    return Usage.of(server.pid)


def soak(seconds: float, clients: int, bad: int) -> Report:
    """Start a service, load it, wait until it is idle again."""
    os.environ["INTONE_API_KEYS"] = json.dumps(KEYS)
    with tempfile.TemporaryDirectory() as name, run_server(find_peer(CACHED, Path(name)), Path(name)) as server:
        known = asyncio.run(answers_of_the_idle_service(server.port))
        asyncio.run(fill_pools(server.port, known))
        report = Report(measure_idle(server, THREAD_IDLE_SECONDS), Tally())
        with health_probe(server.port, report.health), usage_watch(server.pid, report.usage):
            asyncio.run(load(server.port, seconds, clients, bad, known, report.tally))
        deadline = time.monotonic() + DRAIN_SECONDS
        while True:
            report.after = measure_idle(server, 1)
            held = report.after.descriptors > report.before.descriptors or report.after.threads > report.before.threads
            if not held or time.monotonic() > deadline:
                return report


def main() -> int:
    """Run the soak test from the command line."""
    parser = argparse.ArgumentParser(description="Load a real service for minutes and check what it does.")
    parser.add_argument("--seconds", type=float, default=900)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--bad", type=int, default=2000)
    options = parser.parse_args()
    report = soak(options.seconds, options.clients, options.bad)
    sys.stdout.write(json.dumps(report.summary(), indent=1) + "\n")
    faults = list(report.faults())
    for fault in faults:
        sys.stderr.write(f"FAULT: {fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
