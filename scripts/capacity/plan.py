"""Answer how many replicas some listeners need, and draw the figures of docs/explanation/scaling.md.

`python -m scripts.capacity.plan docs/capacity.json --figures docs` needs the extra `bench` for the figure.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from scripts.capacity.inputs import Cluster, Costs, Load
from scripts.capacity.simulate import Simulation

TARGET_SECONDS = 0.3
"""First audio that 95 of 100 requests get within."""
MAX_USE = 0.8
"""Share of their time that synthesizers may work, since real listeners come in waves."""
CORE_HOUR = 0.045
"""Price of a core and 4 GiB for an hour: the usual one of general-purpose machines on demand, in US dollars."""
SETTLING_SECONDS = 30.0


def run(costs: Costs, load: Load, cluster: Cluster, seconds: float) -> dict[str, float]:
    """Return p95 of first audio, the share of late chunks and the use of the synthesizers, after they have settled."""
    simulation = Simulation(costs, load, cluster)
    simulation.run(seconds)
    waits = sorted(wait for began, wait in simulation.first_audio if began > SETTLING_SECONDS)
    workers = len(simulation.synthesizers) * cluster.workers
    return {
        "p50": waits[len(waits) // 2],
        "p95": waits[len(waits) * 19 // 20],
        "late": simulation.late / simulation.chunks,
        "use": simulation.busy / seconds / workers,
    }


def make_cluster(costs: Costs, load: Load, synthesizers: int) -> Cluster:
    """Return a cluster with as many ingresses as the labels need."""
    labels = (
        load.listeners / load.seconds * (costs.label_in_batch + (costs.label - costs.label_in_batch) / load.utterances)
    )
    return Cluster(math.ceil(labels / Cluster.workers / MAX_USE), synthesizers)


def size(costs: Costs, load: Load, seconds: float = 120.0) -> tuple[Cluster, dict[str, float]]:
    """Return the smallest cluster within the target and `MAX_USE` that is late with less than one chunk in 1,000."""
    work = costs.acoustic + costs.chunk * 1.1 + (costs.acoustic_second + costs.vocoder_second) * load.seconds
    needed = load.listeners * work * (1 - load.cached) / load.seconds / Cluster.workers / MAX_USE
    synthesizers = max(1, math.floor(0.95 * needed))
    while True:
        cluster = make_cluster(costs, load, synthesizers)
        figures = run(costs, load, cluster, seconds)
        if figures["p95"] <= TARGET_SECONDS and figures["late"] < 0.001 and figures["use"] <= MAX_USE:
            return cluster, figures
        synthesizers += max(1, synthesizers // 50)


def price(cluster: Cluster) -> float:
    """Return the price of an hour, in dollars."""
    return (cluster.ingresses + cluster.synthesizers) * cluster.workers * CORE_HOUR


def write_table(head: str, rows: Iterable[Sequence[float]]) -> None:
    """Write a table in Markdown; `head` has its columns, separated by commas."""
    columns = head.split(", ")
    sys.stdout.write(f"\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}\n")
    for row in rows:
        sys.stdout.write(f"| {' | '.join(f'{one:.3g}' if isinstance(one, float) else f'{one:,}' for one in row)} |\n")
        sys.stdout.flush()


def plan_size(costs: Costs, listeners: int) -> list[float]:
    """Return the row of a number of listeners."""
    cluster, figures = size(costs, Load(listeners), 120.0 if listeners < 10_000 else 60.0)
    cost = price(cluster)
    waits = (1000 * figures["p50"], 1000 * figures["p95"])
    return [listeners, cluster.synthesizers, cluster.ingresses, *waits, figures["use"], cost, cost / listeners]


def plan_cache(costs: Costs, cached: float) -> list[float]:
    """Return the row of a share of cached utterances, for 1,000 listeners."""
    cluster, _ = size(costs, Load(1000, cached=cached))
    return [cached, cluster.synthesizers, price(cluster) / 1000]


def plan_voices(costs: Costs, cluster: Cluster, voices: int, kept: int) -> list[float]:
    """Return the row of a number of voices, of which each synthesizer keeps some, for 1,000 listeners."""
    figures = run(costs, Load(1000, voices=voices), replace(cluster, voices_per_synthesizer=kept), 120.0)
    return [voices, kept, 1000 * figures["p50"], 1000 * figures["p95"], 100 * figures["late"]]


def plan_growth(costs: Costs, half: Cluster, delay: float) -> list[float]:
    """Return the row of a delay of new synthesizers, when 500 listeners become 1,000 at once."""
    growing = replace(half, ingresses=2 * half.ingresses, max_synthesizers=3 * half.synthesizers, scale_delay=delay)
    simulation = Simulation(costs, Load(1000, joining=60.0), growing)
    simulation.run(240.0)
    waits = sorted(wait for began, wait in simulation.first_audio if began > 60)
    late = 100 * simulation.late / simulation.chunks
    return [delay, 1000 * waits[len(waits) * 19 // 20], late, len(simulation.synthesizers)]


def answer(costs: Costs) -> None:
    """Write the tables of the document."""
    head = "listeners, synthesizers, ingresses, p50 ms, p95 ms, use, dollars an hour, dollars a spoken hour"
    write_table(head, (plan_size(costs, listeners) for listeners in (100, 1000, 10_000)))
    write_table(
        "share cached, synthesizers, dollars a spoken hour", (plan_cache(costs, one) for one in (0.0, 0.3, 0.6, 0.9))
    )
    cluster, _ = size(costs, Load(1000))
    voices = ((1, 8), (8, 8), (100, 8), (100, 32), (100, 100))
    write_table(
        "voices, kept by a synthesizer, p50 ms, p95 ms, late chunks %",
        (plan_voices(costs, cluster, *one) for one in voices),
    )
    half, _ = size(costs, Load(500))
    delays = (5.0, 15.0, 30.0, 60.0, 120.0)
    write_table(
        "delay s, p95 ms, late chunks %, synthesizers at the end", (plan_growth(costs, half, one) for one in delays)
    )


def find_late(costs: Costs, synthesizers: int) -> list[tuple[int, float]]:
    """Return the percentage of late chunks by the listeners of each synthesizer."""
    points = []
    for each in range(30, 66, 3):
        load = Load(each * synthesizers)
        late = run(costs, load, make_cluster(costs, load, synthesizers), 60.0)["late"]
        points.append((each, 100 * late))
    return points


def draw(curves: Mapping[int, Sequence[tuple[int, float]]], file: Path) -> None:
    """Draw late chunks over the listeners of each synthesizer, for some numbers of synthesizers."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "intone"})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6.4, 3.2), layout="constrained")
    for synthesizers, points in curves.items():
        axes.plot(*zip(*points, strict=True), label=f"{synthesizers} synthesizers")
    axes.set(xlabel="listeners for each synthesizer (2 cores)", ylabel="late chunks, %")
    axes.legend(frameon=False)
    figure.savefig(file, metadata={"Date": None})


def main() -> None:
    """Print the answers, and draw the figure if a folder is given."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("costs", type=Path)
    parser.add_argument("--figures", type=Path)
    options = parser.parse_args()
    costs = Costs(**json.loads(options.costs.read_text("utf-8")))
    answer(costs)
    if options.figures:
        draw({count: find_late(costs, count) for count in (1, 4, 16)}, options.figures / "capacity.svg")


if __name__ == "__main__":
    main()
