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
    count_cores,
    describe_machine,
    find_backend_line,
    measure_matmul_rate,
    measure_vocoder_rates,
    prepare_vocoder_trial,
)
from app.bench.measures import PARAGRAPH, measure_conversations, measure_streams
from app.bench.peers import CACHED, INTONE, Server, find_peer, run_server, send_alone
from app.bench.results import Key, Results
from app.errors import SetupError
from app.settings import load_settings

CONVERSATIONS = 12
"""Clients that have the text of a language model spoken."""

ProgressCallback = Callable[[str], None]
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

    measure: Callable[[Server, int], measures.Measurements]
    servers: Sequence[Server]
    places: Sequence[int] = (1,)


def run_benchmark(scope: Scope, report: ProgressCallback) -> Results:
    """Take all measures; the results list what could not be measured."""
    results = Results(describe_machine())
    with TemporaryDirectory() as name:
        folder = Path(name)
        with ExitStack() as stack:
            servers = dict(_start_servers(scope.peers, folder, stack, results, report))
            if INTONE in servers:
                results.facts["backend"] = find_backend_line(servers[INTONE].log)
            trial = prepare_vocoder_trial(load_settings())
            for number in range(scope.rounds):
                _run_round(number, scope, servers, results, report)
                report(f"round {number + 1} of {scope.rounds}: arithmetic")
                _measure_flops(number, trial, results)
        if INTONE in servers:
            report("memory")
            _measure_memory(scope.memory_requests, folder, results)
    return results


def _start_servers(
    peers: Sequence[str], folder: Path, stack: ExitStack, results: Results, report: ProgressCallback
) -> Iterator[tuple[str, Server]]:
    """Start the servers, and Intone also with a cache; yield, by name, those that answer a first request."""
    for name in [*peers, *([CACHED] if INTONE in peers else [])]:
        report(f"starting {name}")
        try:
            server = stack.enter_context(run_server(find_peer(name, folder), folder))
            send_alone(server.port, server.peer.speak(PARAGRAPH, 0))
            yield name, server
        except SetupError as error:
            results.add_failure(f"{name}: {error.detail} {error.hint}".strip())


def _run_round(
    number: int, scope: Scope, servers: dict[str, Server], results: Results, report: ProgressCallback
) -> None:
    """Take each measure once on one server after the other, so that a slow minute affects all of them."""
    peers = [server for name, server in servers.items() if name != CACHED]
    ours = [servers[name] for name in (INTONE,) if name in servers]
    cached = [servers[name] for name in (CACHED,) if name in servers]
    both = [servers[name] for name in (INTONE, CACHED) if name in servers]
    steps = (
        Step(measures.measure_throughput, peers, scope.clients),
        Step(measure_streams, peers, scope.clients),
        Step(measure_conversations, ours, (CONVERSATIONS,)),
        Step(measures.measure_first_audio_of_sentence, peers),
        Step(measures.measure_first_audio_beside_book, ours),
        Step(measures.measure_paragraph, peers),
        Step(measures.measure_lengths, ours, scope.lengths),
        Step(measures.measure_repeated_paragraph, both),
        Step(measures.measure_kept_connection, cached),
    )
    for step in steps:
        for place in step.places:
            for server in step.servers:
                report(f"round {number + 1} of {scope.rounds}: {step.measure.__name__} {place}, {server.peer.name}")
                try:
                    found = step.measure(server, place)
                except SetupError as error:
                    results.add_failure(f"{server.peer.name}: {error.detail}")
                    continue
                for name, value in found.items():
                    results.add(Key(name, server.peer.name, place), number, value)


def _measure_flops(number: int, trial: VocoderTrial, results: Results) -> None:
    rates = {threads: measure_matmul_rate(threads) for threads in (1, count_cores())}
    for threads, rate in rates.items():
        results.add(Key("matmul_rate", "machine", threads), number, rate)
    for name, rate in measure_vocoder_rates(trial).items():
        results.add(Key(f"{name}_rate", INTONE), number, rate)
        results.add(Key(f"{name}_share", INTONE), number, rate / rates[1])


def _measure_memory(requests: int, folder: Path, results: Results) -> None:
    """Measure memory on a service of its own that has processed nothing else."""
    try:
        with run_server(find_peer(INTONE, folder), folder) as server:
            for done, mib in measures.measure_memory(server, requests):
                results.add(Key("memory", INTONE, done), 0, mib)
    except SetupError as error:
        results.add_failure(f"{INTONE}: {error.detail}")
