"""Kill processes of a cluster under load, and compare every response with an undisturbed one.

    `scripts/check-cluster --minutes 5` needs the extras `dev` and `ray`.

Every response has a seed, so each has exactly one right answer. A client requests again what a killed ingress did not
answer completely, as load balancers and OpenAI's clients do; `lost` counts what it did not get in the end.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import ray
from ray import serve

from app.cluster.application import Size, build

TEXTS = (
    "The parcel came this morning. I am so happy! Thank you for everything you did for us.",
    "Nobody told her. She stood in the rain for an hour, and then she went home alone. It was cold.",
    "How dare you! That was my seat. I have waited for two hours, and you come and take it?",
    "The committee met on Tuesday. It discussed the budget. It decided nothing, and adjourned until the spring.",
)
REQUESTS = [
    {"text": text, "seed": seed, "format": "pcm", "stream": stream}
    for text, seed, stream in itertools.product(TEXTS, (1, 2), (False, True))
]
TRIES = 4
PARTS = (("median", 50), ("p95", 95))
KINDS = ("Synthesizer", "Ingress")


def find_replicas(kind: str, root: int) -> list[int]:
    """Return the processes of a deployment among the descendants of a process."""
    parents: dict[int, int] = {}
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if f"ServeReplica:intone:{kind}" in (folder / "cmdline").read_text():
                found.append(int(folder.name))
        except OSError:
            continue  # it has ended
    return [pid for pid in found if root in list_ancestors(pid, parents)]


def list_ancestors(pid: int, parents: dict[int, int]) -> Iterator[int]:
    """Yield the ancestors of a process."""
    while pid := parents.get(pid, 0):
        yield pid


class Clients:
    """Clients that request in a loop until `stop` is set, and what they saw."""

    def __init__(self, url: str, count: int) -> None:
        self.url = url
        self.stop = threading.Event()
        self.counts: Counter[str] = Counter()
        self.first_audio: list[float] = []
        self.expected = {place: self.fetch(httpx.Client(timeout=600), place)[0] for place in range(len(REQUESTS))}
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(count)]

    def fetch(self, client: httpx.Client, place: int) -> tuple[str, float]:
        """Return the hash of a response, and the seconds until its first byte."""
        began, first, digest = time.perf_counter(), 0.0, hashlib.sha256()
        with client.stream("POST", f"{self.url}/synthesize", json=REQUESTS[place]) as response:
            response.raise_for_status()
            for part in response.iter_raw():
                first = first or time.perf_counter() - began
                digest.update(part)
        return digest.hexdigest(), first

    def run(self, number: int) -> None:
        """Request texts in random order; repeat what was not answered completely."""
        chosen = random.Random(number)
        with httpx.Client(timeout=600) as client:
            while not self.stop.is_set():
                place = chosen.randrange(len(REQUESTS))
                for _ in range(TRIES):
                    try:
                        digest, first = self.fetch(client, place)
                    except httpx.HTTPError as error:
                        status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else ""
                        self.counts[f"again after {type(error).__name__} {status}".strip()] += 1
                        time.sleep(0.5)
                        continue
                    self.counts["right" if digest == self.expected[place] else "wrong"] += 1
                    if REQUESTS[place]["stream"]:
                        self.first_audio.append(first)
                    break
                else:
                    self.counts["lost"] += 1

    def __enter__(self) -> Clients:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()


def start(options: argparse.Namespace) -> str:
    """Start a cluster of this machine alone, and return the service's address."""
    # Every response is synthesized anew; two replicas share the cores of this machine.
    os.environ.update(INTONE_CACHE_MB="0", INTONE_WORKERS="1")
    ray.init(
        num_cpus=64,
        include_dashboard=False,
        object_store_memory=200_000_000,
        log_to_driver=options.verbose,
        _node_ip_address="127.0.0.1",
    )
    serve.start(http_options={"host": "127.0.0.1", "port": options.port})
    deploy(options)
    return f"http://127.0.0.1:{options.port}"


def deploy(options: argparse.Namespace) -> None:
    """Deploy the service; if it runs already, replace its processes one after the other."""
    size = Size(
        ingresses=options.ingresses, min_synthesizers=options.synthesizers, max_synthesizers=options.synthesizers
    )
    serve.run(build(size), name="intone")


def disturb(options: argparse.Namespace, counts: Counter[str]) -> None:
    """Kill a process in each interval, in turn one of each kind; in the middle, replace all of them."""
    rounds = max(1, round(60 * options.minutes / options.every))
    for number in range(rounds):
        began = time.monotonic()
        if number == rounds // 2:
            deploy(options)
            counts["updates"] += 1
        kind = KINDS[number % 2]
        pids = find_replicas(kind, os.getpid())
        if len(pids) > 1:
            os.kill(random.choice(pids), signal.SIGKILL)
            counts[f"killed {kind}"] += 1
        time.sleep(max(0.0, options.every - (time.monotonic() - began)))


def main() -> int:
    """Run the check; return 0 if nothing was lost or wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--every", type=float, default=20, help="seconds between kills")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--synthesizers", type=int, default=2)
    parser.add_argument("--ingresses", type=int, default=2)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--verbose", action="store_true", help="show the logs of all processes")
    options = parser.parse_args()
    url = start(options)
    killed: Counter[str] = Counter()
    try:
        with Clients(url, options.clients) as clients:
            disturb(options, killed)
    finally:
        serve.shutdown()
        ray.shutdown()
    seconds = sorted(clients.first_audio)
    counts = killed + clients.counts
    figures = {name: counts[name] for name in sorted({*counts, "right", "wrong", "lost"})}
    figures |= {f"first audio, {name}, ms": round(1000 * seconds[len(seconds) * part // 100]) for name, part in PARTS}
    sys.stdout.write("".join(f"{name}: {value}\n" for name, value in figures.items()))
    return int(counts["lost"] + counts["wrong"] > 0 or not counts["right"])


if __name__ == "__main__":
    sys.exit(main())
