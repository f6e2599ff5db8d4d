"""Run `intone bench`: measure the service and compare it with others."""

from __future__ import annotations

import argparse
import json

from rich.console import Console

from app.bench.results import make_results_table, make_targets_table, to_dict, write_plots
from app.bench.run import Scope, run_benchmark
from app.cli.output import exit_on_sigterm, make_wide_console


def run(options: argparse.Namespace) -> int:
    """Run the benchmark, print the tables, and write the files."""
    scope = Scope(options.rounds, options.clients, options.peers, (1, 3, 10, 30, 100), options.memory_requests)
    if options.quick:
        scope = Scope(rounds=1, clients=(1, 4), peers=options.peers, lengths=(1, 3), memory_requests=40)
    with exit_on_sigterm(), Console(stderr=True).status("starting") as status:
        results = run_benchmark(scope, status.update)
    console = make_wide_console()
    for name, fact in results.facts.items():
        console.print(f"{name}: {fact}", markup=False)
    for table in (make_results_table(results), make_targets_table(results)):
        console.print("", table, sep="\n")
    for sentence in results.missing:
        console.print(f"missing: {sentence}", markup=False, style="yellow")
    if options.output is not None:
        text = json.dumps(to_dict(results), ensure_ascii=False, indent=1)
        (options.output / "bench.json").write_text(text + "\n", encoding="utf-8")
        write_plots(results, options.output)
    return 0
