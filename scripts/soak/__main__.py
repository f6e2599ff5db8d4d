"""Put a service under the load of 200 clients for minutes, and check its responses, memory and latency.

    python -m scripts.soak [--seconds 900] [--clients 200] [--bad 2000]

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
from scripts.soak.health import monitor_health
from scripts.soak.mix import Request, generate_bad_requests, make_seeded_requests, make_unseeded_request
from scripts.soak.usage import Usage, watch_usage

IDLE_REQUEST = Request("idle", "GET", "/synthesize?text=Still%20there.")
KEYS = {f"client{number}": f"soak-test-key-{number:04}" for number in range(8)}
SETTLED_SHARE = 1 / 3
"""Fraction of the time after which memory is the reference for its growth: minute 5 of 15."""
MAX_GROWTH, MAX_MIB = 1.05, 2.2 * 1024
MAX_HEALTH_SECONDS = 0.1
"""Limit of the 99.9th percentile of `GET /health`."""
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

    def find_faults(self) -> Iterator[str]:
        """Yield a message for each exceeded limit."""
        failed = {name: count for name, count in self.tally.statuses.items() if name.endswith((" 500", " missing"))}
        settled, end = self.usage[int(len(self.usage) * SETTLED_SHARE)].mib, self.usage[-1].mib
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
        if (slow := compute_percentile(self.health, 0.999)) > MAX_HEALTH_SECONDS:
            yield f"GET /health took {1000 * slow:.0f} ms at p99.9"

    def summarize(self) -> dict[str, object]:
        """Return the measurements by name."""
        tenths = [self.usage[int(share / 10 * (len(self.usage) - 1))].mib for share in range(11)]
        return {
            "responses": dict(sorted(self.tally.statuses.items())),
            "compared": self.tally.compared,
            "wrong": len(self.tally.wrong),
            "memory_mib": [round(mib) for mib in tenths],
            "memory_mib_most": round(max(usage.mib for usage in self.usage)),
            "before": vars(self.before),
            "after": vars(self.after),
            "health_requests": len(self.health),
            "health_ms": {str(p): round(1000 * compute_percentile(self.health, p), 1) for p in (0.5, 0.99, 0.999, 1.0)},
        }


def compute_percentile(values: list[float], share: float) -> float:
    """Return the smallest value that at least this fraction of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")


async def run_clients(
    port: int, seconds: float, clients: int, bad: int, known: dict[Request, str], tally: Tally
) -> None:
    """Run all clients concurrently for some seconds."""
    end = asyncio.get_running_loop().time() + seconds
    keys = list(KEYS.values())
    groups = [Clients(port, key, end, tally, known) for key in keys]
    chance = random.Random(1)
    fresh = [make_unseeded_request(chance) for _ in range(5_000)]
    wrong = generate_bad_requests(chance)
    parts = [[next(wrong) for _ in range(bad // 10)] for _ in range(10)]
    work = [groups[number % 8].send_bad(part) for number, part in enumerate(parts)]
    for number in range(clients - len(work)):
        group, kind = groups[number % 8], number % 20
        if kind < 2:
            work.append(group.read_slowly(1))
        elif kind < 4:
            work.append(group.read_slowly(PLAYBACK_BYTES))
        elif kind < 7:
            work.append(group.disconnect_early())
        else:
            work.append(group.read_responses(list(known), fresh))
    await asyncio.gather(*work)


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


def soak(seconds: float, clients: int, bad: int) -> Report:
    """Start a service, put it under load, and wait until it is idle again."""
    os.environ["INTONE_API_KEYS"] = json.dumps(KEYS)
    with tempfile.TemporaryDirectory() as name, run_server(find_peer(CACHED, Path(name)), Path(name)) as server:
        known = asyncio.run(hash_idle_responses(server.port))
        asyncio.run(fill_pools(server.port, known))
        report = Report(measure_idle(server, THREAD_IDLE_SECONDS), Tally())
        with monitor_health(server.port, report.health), watch_usage(server.pid, report.usage):
            asyncio.run(run_clients(server.port, seconds, clients, bad, known, report.tally))
        deadline = time.monotonic() + DRAIN_SECONDS
        while True:
            report.after = measure_idle(server, 1)
            leaks = report.after.descriptors > report.before.descriptors or report.after.threads > report.before.threads
            if not leaks or time.monotonic() > deadline:
                return report


def main() -> int:
    """Run the soak test from the command line."""
    parser = argparse.ArgumentParser(description="Put a service under load for minutes and check its behaviour.")
    parser.add_argument("--seconds", type=float, default=900)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--bad", type=int, default=2000)
    options = parser.parse_args()
    report = soak(options.seconds, options.clients, options.bad)
    sys.stdout.write(json.dumps(report.summarize(), indent=1) + "\n")
    faults = list(report.find_faults())
    for fault in faults:
        sys.stderr.write(f"FAULT: {fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
