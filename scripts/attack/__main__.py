"""Attack a service, each attack on a new one.

    python -m scripts.attack [--scale 0.05] [--seed 1] [NAME ...]

The exit code is 1 if a caller got a 5xx for what it sent, no response or a wrong one, or if the service ended, leaked
threads, descriptors or memory, logged a text, or did not stop.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import signal
import sys
import time

from app.errors import SetupError
from scripts.attack import descriptors, disk, events, generated, memory, paused, seeded, slow, sockets, threads, unread
from scripts.attack.attack import Attack, Report, Target
from scripts.attack.service import run_limited_service
from scripts.soak.usage import Usage, watch_usage
from scripts.soak.wire import exchange, write_request

ATTACKS: dict[str, Attack] = {
    "generated": generated.ATTACK,
    "sockets": sockets.ATTACK,
    "events": events.ATTACK,
    "seeded": seeded.ATTACK,
    "slow": slow.ATTACK,
    "unread": unread.ATTACK,
    "memory": memory.ATTACK,
    "descriptors": descriptors.ATTACK,
    "disk": disk.ATTACK,
    "paused": paused.ATTACK,
    "threads": threads.ATTACK,
}
POOL_REQUESTS = 48
"""Concurrent requests after which every pool has all of its threads."""
SETTLE_SECONDS = 60.0
"""Seconds in which the service must release the descriptors and threads of its clients."""
MIN_SAMPLES = 60
"""Minimum seconds of an attack whose growth of memory is judged."""
LINE = "{:<12} {:>6} {:>6}  {}\n"
EXAMPLE_BYTES = 600


async def fill_pools(target: Target) -> None:
    """Send requests at once, so that every pool starts all threads that it creates on demand."""
    data = write_request("GET", "/synthesize?text=Ready.")
    await asyncio.gather(*(exchange(target.port, data) for _ in range(POOL_REQUESTS)))


async def run_attack(attack: Attack, target: Target, usage: list[Usage]) -> None:
    """Run one attack, and check the service after it."""
    pid = target.service.server.pid
    if attack.fills_pools:
        await fill_pools(target)
    before = Usage.read(pid)
    most_threads = before.threads if attack.fills_pools else math.inf
    with watch_usage(pid, usage):
        await attack.run(target)
        target.report.expect(target.service.is_alive, "the service has ended")
        deadline = time.monotonic() + SETTLE_SECONDS
        while target.service.is_alive:
            answer = await exchange(target.port, write_request("GET", "/synthesize?text=Still%20there."))
            after = Usage.read(pid)
            if after.descriptors <= before.descriptors and after.threads <= most_threads and answer.status == 200:
                break
            if time.monotonic() > deadline:
                target.report.add_fault(f"afterwards: {before} before, {after} after, status {answer.status}")
                break
            await asyncio.sleep(1)


def check_usage(attack: Attack, report: Report, usage: list[Usage]) -> None:
    """Report too much memory, and its growth."""
    most = max((one.mib for one in usage), default=0.0)
    report.expect(most <= attack.most_mib, f"memory reached {most:.0f} MiB, {attack.most_mib:.0f} are allowed")
    if len(usage) >= MIN_SAMPLES:
        settled, end = usage[len(usage) // 3].mib, usage[-1].mib
        report.expect(end <= attack.most_growth * settled, f"memory grew from {settled:.0f} to {end:.0f} MiB")


def attack_service(attack: Attack, scale: float, seed: int) -> tuple[Report, list[Usage]]:
    """Start a service, attack it, and stop it."""
    report, usage = Report(), list[Usage]()
    try:
        with run_limited_service(attack.limits) as service:
            asyncio.run(run_attack(attack, Target(service, report, random.Random(seed), scale), usage))
            if service.is_alive:
                report.expect(service.stop(), "the service did not stop after SIGTERM")
            report.check_log(service.read_log())
    except SetupError as error:
        report.add_fault(f"the service did not start: {error.detail}")
    check_usage(attack, report, usage)
    return report, usage


def describe(report: Report, usage: list[Usage], seconds: float) -> str:
    """Return what an attack did, in one line."""
    statuses = ", ".join(f"{count} x {status}" for status, count in sorted(report.statuses.items()))
    most = max((one.mib for one in usage), default=0.0)
    return f"{statuses}; at most {most:.0f} MiB, {usage[-1].mib if usage else 0:.0f} at the end; {seconds:.0f} s"


def main() -> int:
    """Run the attacks that are named, by default all, and report what each found."""
    parser = argparse.ArgumentParser(description="Attack a service, each attack on a new one.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ATTACKS))
    parser.add_argument("--scale", type=float, default=1.0, help="factor of the numbers of requests and clients")
    parser.add_argument("--seed", type=int, default=1, help="of what is generated")
    options = parser.parse_args()
    if unknown := set(options.names) - set(ATTACKS):
        parser.error(f"no such attack: {', '.join(sorted(unknown))}; there are {', '.join(ATTACKS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the service under attack is stopped, too
    faults = 0
    sys.stdout.write(LINE.format("attack", "sent", "faults", "responses"))
    for name in options.names or ATTACKS:
        began = time.monotonic()
        report, usage = attack_service(ATTACKS[name], options.scale, options.seed)
        sent, found = report.statuses.total(), report.faults.total()
        sys.stdout.write(LINE.format(name, sent, found, describe(report, usage, time.monotonic() - began)))
        for fault, count in report.faults.most_common():
            sys.stdout.write(f"  {count} x {fault}\n    {report.examples[fault][:EXAMPLE_BYTES]!r}\n")
        sys.stdout.flush()
        faults += found
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
