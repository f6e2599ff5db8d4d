"""Compare the streams of two checkouts of the service under load, in turns on the same machine.

    python -m scripts.compare_streams OLD --clients 1 4 16 --rounds 5

OLD is the folder of the other checkout. The table has the median of the rounds for each, and of the ratio within a
round: time to first audio of a paragraph, pieces that come later than a player needs them, and speech per second.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from app.bench.measures import PARAGRAPH, Measurements, measure_conversations, measure_streams, measure_throughput
from app.bench.peers import INTONE, Server, find_peer, run_server, send_alone

THROUGHPUT_CLIENTS = 16


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure both checkouts and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path, help="folder of the other checkout")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--conversations", type=int, default=12, help="texts that a language model writes; 0: none")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with TemporaryDirectory() as name, ExitStack() as stack:
        peer = find_peer(INTONE, Path(name))
        old, new = (
            stack.enter_context(run_server(replace(peer, name=one, folder=folder), Path(name)))
            for one, folder in (("old", options.old), ("new", Path.cwd()))
        )
        for server in (old, new):
            send_alone(server.port, server.peer.speak(PARAGRAPH, 0))
        with suppress(KeyboardInterrupt):  # shows what is measured so far
            for number in range(options.rounds):
                # The order alternates, so that neither always runs on the warmer machine.
                servers = (old, new) if number % 2 else (new, old)
                for measure in list_measures(servers, options.clients, options.conversations):
                    for key, value in measure.items():
                        found[key].append(value)
    show(found)
    return 0


def list_measures(
    servers: tuple[Server, Server], places: Sequence[int], conversations: int
) -> Iterator[dict[str, tuple[float, float]]]:
    """Take each measure on both servers in turn; yield the pairs (old, new) by name."""
    for clients in places:
        yield pair_up(f"{clients} clients", {one.peer.name: measure_streams(one, clients) for one in servers})
    if conversations:
        found = {one.peer.name: measure_conversations(one, conversations) for one in servers}
        yield pair_up(f"{conversations} texts", found)
    loads = {one.peer.name: measure_throughput(one, THROUGHPUT_CLIENTS) for one in servers}
    yield pair_up(f"{THROUGHPUT_CLIENTS} clients", loads)


def pair_up(place: str, found: dict[str, Measurements]) -> dict[str, tuple[float, float]]:
    """Return the pairs (old, new) of each measurement."""
    return {f"{name}, {place}": (old, found["new"][name]) for name, old in found["old"].items()}


def show(found: dict[str, list[tuple[float, float]]]) -> None:
    """Print the medians, and the median and range of the ratios new / old."""
    table = Table("", "old", "new", "new / old", "least to most", box=None)
    for name, pairs in found.items():
        old, new = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratios = [after / before for before, after in pairs if before]
        compared = [f"{statistics.median(ratios):.3f}", f"{min(ratios):.3f}–{max(ratios):.3f}"] if ratios else []
        table.add_row(name, f"{old:.4g}", f"{new:.4g}", *compared)
    Console(width=140).print(table)


if __name__ == "__main__":
    sys.exit(main())
