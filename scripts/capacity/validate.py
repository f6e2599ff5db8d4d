"""Compare the simulation with a running service: `python -m scripts.capacity.validate URL COSTS --synthesizers 2`.

Listeners request a text as a stream, read all of it, wait as long as it plays, and request again; with `--playback`
below 1 they hear it faster. The overhead of a request is what a single listener waits beyond the simulation of one.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import httpx

from scripts.capacity.inputs import Cluster, Costs, Load
from scripts.capacity.simulate import Simulation

TEXT = (
    "The ferry left at noon. Nobody had expected that it would be so full, for the weather had been bad all week. "
    "She found a place by the window! A child was asleep on the bench beside her. The coast grew smaller and smaller, "
    "until there was nothing but water and a line of grey. Would he be there? She had written to him twice, and he had "
    "not answered. Perhaps the letters were lost. She took out her book, read a page, and read it again. Then the "
    "engine stopped."
)
SAMPLE_RATE, SAMPLE_BYTES = 24_000, 2
SETTLING_SECONDS = 10.0


def listen(url: str, text: str, began: float) -> tuple[float, float]:
    """Request a text as a stream; return the seconds until its first audio, and the seconds of audio."""
    size, first = 0, 0.0
    body = {"text": text, "format": "pcm", "stream": True}
    with httpx.stream("POST", f"{url}/synthesize", json=body, timeout=600) as one:
        one.raise_for_status()
        for part in one.iter_raw():
            first = first or time.perf_counter() - began
            size += len(part)
    return first, size / SAMPLE_RATE / SAMPLE_BYTES


def run_listeners(url: str, count: int, seconds: float, playback: float) -> tuple[list[float], float]:
    """Return the first audio of every request after the first seconds, and the mean seconds of a text."""
    waits: list[float] = []
    lengths: list[float] = []
    begin = time.perf_counter()

    def run(number: int) -> None:
        chosen = random.Random(number)
        time.sleep(chosen.uniform(0, min(30.0, seconds / 4)))
        while (began := time.perf_counter()) < begin + seconds:
            # The sentences in another order: nothing comes from a cache of whole texts.
            sentences = TEXT.split(". ")
            chosen.shuffle(sentences)
            wait, length = listen(url, ". ".join(sentences), began)
            lengths.append(length)
            if began > begin + SETTLING_SECONDS:
                waits.append(wait)
            heard = began + wait + playback * length
            time.sleep(max(0.0, heard - time.perf_counter()) + chosen.expovariate(1.0))

    with ThreadPoolExecutor(count) as threads:
        list(threads.map(run, range(count)))
    return waits, statistics.fmean(lengths)


def describe(waits: list[float]) -> dict[str, float]:
    """Return the median and the 95th percentile, in milliseconds."""
    ordered = sorted(waits)
    return {"p50": 1000 * ordered[len(ordered) // 2], "p95": 1000 * ordered[len(ordered) * 19 // 20]}


def simulate(costs: Costs, load: Load, cluster: Cluster, seconds: float) -> dict[str, float]:
    """Return the same figures of a simulation."""
    simulation = Simulation(costs, load, cluster)
    simulation.run(seconds)
    return describe([wait for began, wait in simulation.first_audio if began > SETTLING_SECONDS])


def main() -> None:
    """Measure with one listener for the overhead, then with more, and print both results side by side."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("url")
    parser.add_argument("costs", type=Path)
    parser.add_argument("--listeners", type=int, nargs="+", default=[10, 20, 30])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--playback", type=float, default=1.0)
    parser.add_argument("--synthesizers", type=int, default=2)
    parser.add_argument("--ingresses", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--cores", type=int, default=2, help="cores that all processes share")
    options = parser.parse_args()
    costs = Costs(**{"overhead": 0.0, **json.loads(options.costs.read_text("utf-8"))})
    cluster = Cluster(options.ingresses, options.synthesizers, options.workers, options.cores)
    utterances = TEXT.count(".") + TEXT.count("!") + TEXT.count("?")
    alone, length = run_listeners(options.url, 1, options.seconds / 2, options.playback)
    load = Load(1, utterances, length / utterances, options.playback)
    unexplained = describe(alone)["p50"] - simulate(costs, load, cluster, 3000)["p50"]
    costs = replace(costs, overhead=max(0.0, unexplained / 1000))
    for count in options.listeners:
        waits, _ = run_listeners(options.url, count, options.seconds, options.playback)
        modelled = simulate(costs, replace(load, listeners=count), cluster, 3000)
        row = {"listeners": count, "requests": len(waits), "measured": describe(waits), "simulated": modelled}
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()
    options.costs.write_text(json.dumps(asdict(costs), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
