"""Run the benchmark: start the servers, measure them in turns, and stop them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app.bench import measures
from app.bench.machine import (
    VocoderTrial,
    backend_line,
    cores,
    machine_facts,
    matmul_rate,
    vocoder_rates,
    vocoder_trial,
)
from app.bench.measures import PARAGRAPH
from app.bench.peers import CACHED, INTONE, ask, find_peer
from app.bench.results import Key, Results
from app.bench.server import Server, running
from app.errors import SetupError
from app.settings import load_settings

Tell = Callable[[str], None]
"""Function that receives a description of the current step."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Extent of a run."""

    rounds: int
    clients: Sequence[int]
    peers: Sequence[str]
    lengths: Sequence[int]
    """Text lengths in passages."""
    memory_requests: int


@dataclass(frozen=True, slots=True)
class Step:
    """A measure taken on some servers at each of some values of its parameter."""

    measure: Callable[[Server, int], measures.Found]
    servers: Sequence[Server]
    places: Sequence[int] = (1,)


def bench(scope: Scope, tell: Tell) -> Results:
    """Take all measures; the results list what could not be measured."""
    results = Results(machine_facts())
    with TemporaryDirectory() as name:
        folder = Path(name)
        with ExitStack() as stack:
            servers = dict(_start(scope.peers, folder, stack, results, tell))
            if INTONE in servers:
                results.facts["backend"] = backend_line(servers[INTONE].log)
            trial = vocoder_trial(load_settings())
            for number in range(scope.rounds):
                _round(number, scope, servers, results, tell)
                tell(f"round {number + 1} of {scope.rounds}: arithmetic")
                _arithmetic(number, trial, results)
        if INTONE in servers:
            tell("memory")
            _memory(scope.memory_requests, folder, results)
    return results


def _start(
    peers: Sequence[str], folder: Path, stack: ExitStack, results: Results, tell: Tell
) -> Iterator[tuple[str, Server]]:
    """Start the servers, and Intone also with a cache; yield, by name, those that answer a first request."""
    for name in [*peers, *([CACHED] if INTONE in peers else [])]:
        tell(f"starting {name}")
        try:
            server = stack.enter_context(running(find_peer(name, folder), folder))
            ask(server.port, server.peer.speak(PARAGRAPH, 0))
            yield name, server
        except SetupError as error:
            results.miss(f"{name}: {error.detail} {error.hint}".strip())


def _round(number: int, scope: Scope, servers: dict[str, Server], results: Results, tell: Tell) -> None:
    """Take each measure once on one server after the other, so that a slow minute affects all of them."""
    peers = [server for name, server in servers.items() if name != CACHED]
    ours = [servers[name] for name in (INTONE,) if name in servers]
    cached = [servers[name] for name in (CACHED,) if name in servers]
    both = [servers[name] for name in (INTONE, CACHED) if name in servers]
    steps = (
        Step(measures.throughput, peers, scope.clients),
        Step(measures.first_audio_of_paragraph, peers, scope.clients),
        Step(measures.first_audio_of_sentence, peers),
        Step(measures.first_audio_beside_a_book, ours),
        Step(measures.paragraph, peers),
        Step(measures.lengths, ours, scope.lengths),
        Step(measures.repeated_paragraph, both),
        Step(measures.kept_connection, cached),
    )
    for step in steps:
        for place in step.places:
            for server in step.servers:
                tell(f"round {number + 1} of {scope.rounds}: {step.measure.__name__} {place}, {server.peer.name}")
                try:
                    found = step.measure(server, place)
                except SetupError as error:
                    results.miss(f"{server.peer.name}: {error.detail}")
                    continue
                for name, value in found.items():
                    results.add(Key(name, server.peer.name, place), number, value)


def _arithmetic(number: int, trial: VocoderTrial, results: Results) -> None:
    rates = {threads: matmul_rate(threads) for threads in (1, cores())}
    for threads, rate in rates.items():
        results.add(Key("matmul_rate", "machine", threads), number, rate)
    for name, rate in vocoder_rates(trial).items():
        results.add(Key(f"{name}_rate", INTONE), number, rate)
        results.add(Key(f"{name}_share", INTONE), number, rate / rates[1])


def _memory(requests: int, folder: Path, results: Results) -> None:
    """Measure memory on a service of its own that has processed nothing else."""
    try:
        with running(find_peer(INTONE, folder), folder) as server:
            for done, mib in measures.memory(server, requests):
                results.add(Key("memory", INTONE, done), 0, mib)
    except SetupError as error:
        results.miss(f"{INTONE}: {error.detail}")
