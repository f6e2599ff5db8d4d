"""Put a service under the load of 200 clients for minutes, and check its responses, memory and latency.

    python -m scripts.soak [--minutes 15] [--clients 200] [--bad 2000] [--faults]

With `--faults`, requests arrive at 1.2 times the rate that the service answers, whatever it answers; its process is
stopped for two seconds each minute, and one of its workers is killed every ten minutes.

The exit code is 1 if a response is wrong or has status 500, if memory grows or is too large, if file descriptors or
threads leak, or if `GET /health` is slow.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from app.bench.peers import CACHED, Server, find_peer, run_server
from scripts.soak.clients import PLAYBACK_BYTES, Clients, Tally
from scripts.soak.faults import RESTARTS, Faults, make_killable
from scripts.soak.health import monitor_health
from scripts.soak.mix import Request, generate_bad_requests, make_seeded_requests, make_unseeded_request
from scripts.soak.usage import Usage, watch_usage

IDLE_REQUEST = Request("idle", "GET", "/synthesize?text=Still%20there.")
KEYS = {f"client{number}": f"soak-test-key-{number:04}" for number in range(8)}
SETTLED_SHARE, SETTLED_SECONDS = 1 / 3, 600
"""Fraction of the time, and most seconds, after which memory is the reference for its growth."""
MAX_GROWTH, MAX_MIB = 1.05, 2.2 * 1024
MAX_HEALTH_SECONDS = 0.1
"""Limit of the 99.9th percentile of `GET /health`; with faults, of the 99th, as it waits for the stopped process."""
OVERLOAD = 1.2
"""Factor of the rate of arriving requests on the rate of answers."""
CAPACITY_SECONDS, CAPACITY_CLIENTS = 30.0, 16
"""Seconds in which the rate of answers is measured, and clients that take turns meanwhile."""
DRAIN_SECONDS = 120.0
THREAD_IDLE_SECONDS = 12.0
"""A pool ends a thread that was idle for 10 seconds when the next request arrives."""


@dataclass
class Report:
    """All measurements."""

    before: Usage
    tally: Tally
    usage: list[Usage] = field(default_factory=list)
    """One value per second."""
    health: list[float] = field(default_factory=list)
    """Latencies of `GET /health` in seconds."""
    after: Usage | None = None
    faults: Faults | None = None
    restarts: int = 0
    """Number of workers that have begun again."""

    def find_faults(self) -> Iterator[str]:
        """Yield a message for each exceeded limit."""
        failed = {name: count for name, count in self.tally.statuses.items() if name.endswith((" 500", " missing"))}
        place = min(int(len(self.usage) * SETTLED_SHARE), SETTLED_SECONDS)
        settled, end = self.usage[place].mib, self.usage[-1].mib
        assert self.after is not None
        if failed:
            yield f"failed responses: {failed}"
        if self.tally.wrong:
            yield f"{len(self.tally.wrong)} wrong responses: {sorted(set(self.tally.wrong))[:10]}"
        if end > MAX_GROWTH * settled:
            yield f"memory grew from {settled:.0f} to {end:.0f} MiB"
        if (most := max(usage.mib for usage in self.usage)) > MAX_MIB:
            yield f"memory reached {most:.0f} MiB"
        if self.after.descriptors > self.before.descriptors:
            yield f"descriptors: {self.before.descriptors} before, {self.after.descriptors} after"
        if self.after.threads > self.before.threads:
            yield f"threads: {self.before.threads} before, {self.after.threads} after"
        share = 0.99 if self.faults else 0.999
        if (slow := compute_percentile(self.health, share)) > MAX_HEALTH_SECONDS:
            yield f"GET /health took {1000 * slow:.0f} ms at p{100 * share:g}"
        if self.faults and self.restarts != self.faults.counts["kills"]:
            yield f"{self.restarts} workers have begun again"

    def summarize(self) -> dict[str, object]:
        """Return the measurements by name."""
        tenths = [self.usage[int(share / 10 * (len(self.usage) - 1))].mib for share in range(11)]
        return {
            "responses": dict(sorted(self.tally.statuses.items())),
            "compared": self.tally.compared,
            "wrong": len(self.tally.wrong),
            "memory_mib": [round(mib) for mib in tenths],
            "memory_mib_most": round(max(usage.mib for usage in self.usage)),
            "faults": dict(self.faults.counts) if self.faults else {},
            "before": vars(self.before),
            "after": vars(self.after),
            "health_requests": len(self.health),
            "health_ms": {str(p): round(1000 * compute_percentile(self.health, p), 1) for p in (0.5, 0.99, 0.999, 1.0)},
        }


def compute_percentile(values: list[float], share: float) -> float:
    """Return the smallest value that at least this fraction of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")


@dataclass(frozen=True)
class Load:
    """What the clients do."""

    seconds: float
    clients: int
    bad: int
    """Number of bad requests."""
    known: dict[Request, str]


async def run_clients(port: int, load: Load, tally: Tally, faults: Faults | None) -> None:
    """Run all clients concurrently; with faults, those that read whole responses are replaced by arriving requests."""
    chance = random.Random(1)
    fresh = [make_unseeded_request(chance) for _ in range(5_000)]
    rate = OVERLOAD * await measure_capacity(port, load.known, fresh) if faults else 0.0
    end = asyncio.get_running_loop().time() + load.seconds
    groups = [Clients(port, key, end, tally, load.known) for key in KEYS.values()]
    wrong = generate_bad_requests(chance)
    parts = [[next(wrong) for _ in range(load.bad // 10)] for _ in range(10)]
    work = [groups[number % 8].send_bad(part) for number, part in enumerate(parts)]
    for number in range(load.clients - len(work)):
        group, kind = groups[number % 8], number % 20
        if kind < 2:
            work.append(group.read_slowly(1))
        elif kind < 4:
            work.append(group.read_slowly(PLAYBACK_BYTES))
        elif kind < 7:
            work.append(group.disconnect_early())
        elif faults is None:
            work.append(group.read_responses(list(load.known), fresh))
    if faults:
        work += [group.arrive(rate / len(groups), list(load.known), fresh) for group in groups]
        work.append(faults.inject(load.seconds))
    await asyncio.gather(*work)


async def measure_capacity(port: int, known: dict[Request, str], fresh: list[Request]) -> float:
    """Return how many responses per second the service completes if requests always wait."""
    end, tally = asyncio.get_running_loop().time() + CAPACITY_SECONDS, Tally()
    clients = Clients(port, KEYS["client0"], end, tally, known)
    await asyncio.gather(*(clients.read_responses(list(known), fresh) for _ in range(CAPACITY_CLIENTS)))
    return tally.statuses["whole 200"] / CAPACITY_SECONDS


async def hash_idle_responses(port: int) -> dict[Request, str]:
    """Return the hash of the response to each seeded request, sent one after the other to an idle service."""
    end = asyncio.get_running_loop().time() + 3600
    clients, known = Clients(port, KEYS["client0"], end, Tally(), {}), {}
    for request in make_seeded_requests():
        status, body = await clients.request("idle", request)
        if status != 200:
            raise SystemExit(f"{request.kind} got the status {status} from the idle service: {body[:200]!r}")
        known[request] = sha256(body).hexdigest()
    return known


async def fill_pools(port: int, requests: Iterable[Request]) -> None:
    """Send all requests at once, so that every pool starts all threads that it creates on demand."""
    clients = Clients(port, KEYS["client0"], 0.0, Tally(), {})
    await asyncio.gather(*(clients.request("idle", request) for request in requests))


def measure_idle(server: Server, seconds: float) -> Usage:
    """Measure the usage after some seconds with one request per second, in which pools end their idle threads."""
    for _ in range(max(1, int(seconds))):
        time.sleep(1)
        asyncio.run(fill_pools(server.port, [IDLE_REQUEST]))
    return Usage.read(server.pid)


def soak(seconds: float, clients: int, bad: int, *, with_faults: bool) -> Report:
    """Start a service, put it under load, and wait until it is idle again."""
    os.environ["INTONE_API_KEYS"] = json.dumps(KEYS)
    with tempfile.TemporaryDirectory() as name:
        peer = find_peer(CACHED, Path(name))
        peer = make_killable(peer) if with_faults else peer
        with run_server(peer, Path(name)) as server:
            return soak_server(server, seconds, clients, bad, Faults(server.pid) if with_faults else None)


def soak_server(server: Server, seconds: float, clients: int, bad: int, faults: Faults | None) -> Report:
    """Put a running service under load, and wait until it is idle again."""
    known = asyncio.run(hash_idle_responses(server.port))
    asyncio.run(fill_pools(server.port, known))
    report = Report(measure_idle(server, THREAD_IDLE_SECONDS), Tally(), faults=faults)
    with monitor_health(server.port, report.health), watch_usage(server.pid, report.usage):
        asyncio.run(run_clients(server.port, Load(seconds, clients, bad, known), report.tally, faults))
    deadline = time.monotonic() + DRAIN_SECONDS
    while True:
        report.after = measure_idle(server, 1)
        leaks = report.after.descriptors > report.before.descriptors or report.after.threads > report.before.threads
        if not leaks or time.monotonic() > deadline:
            report.restarts = asyncio.run(count_restarts(server.port))
            return report


async def count_restarts(port: int) -> int:
    """Return how many workers have begun again."""
    clients = Clients(port, KEYS["client0"], 0.0, Tally(), {})
    _, body = await clients.request("metrics", Request("metrics", "GET", "/metrics"))
    found = RESTARTS.search(body)
    return int(float(found[1])) if found else 0


def main() -> int:
    """Run the soak test from the command line."""
    parser = argparse.ArgumentParser(description="Put a service under load for minutes and check its behaviour.")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--bad", type=int, default=2000)
    parser.add_argument("--faults", action="store_true", help="overload, stops of the process, killed workers")
    options = parser.parse_args()
    report = soak(60 * options.minutes, options.clients, options.bad, with_faults=options.faults)
    sys.stdout.write(json.dumps(report.summarize(), indent=1) + "\n")
    faults = list(report.find_faults())
    for fault in faults:
        sys.stderr.write(f"FAULT: {fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
