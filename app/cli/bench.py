"""Run `intone bench`: measure the service and compare it with others."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from app.cli.parser import UsageError
from app.errors import SetupError

if TYPE_CHECKING:
    from app.bench.results import Results
    from app.bench.run import Scope

_WIDTH = 140
"""Minimum columns of the tables; a narrower terminal wraps their lines without loss."""
_TERMINATED = 143
"""Exit code of a terminated program, by convention of shells: 128 + SIGTERM."""


def run(options: argparse.Namespace) -> int:
    """Run the benchmark, print the tables, and write the files."""
    if options.output is not None:
        _check_output(options.output)
    from app.bench.run import run_benchmark

    # An exception stops the servers; by default the signal would end this process without one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    with Console(stderr=True).status("starting") as status:
        results = run_benchmark(_scope(options), status.update)
    _show(results)
    if options.output is not None:
        _write(results, options.output)
    return 0


def _check_output(folder: Path) -> None:
    """Raise an error for an unusable output folder before an hour of work."""
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.", hint="Make it first.")
    if find_spec("matplotlib") is None:
        raise SetupError("matplotlib, which draws the plots, is not installed.", hint="pip install '.[bench]'")


def _scope(options: argparse.Namespace) -> Scope:
    from app.bench.run import Scope

    if options.quick:
        return Scope(rounds=1, clients=(1, 4), peers=options.peers, lengths=(1, 3), memory_requests=40)
    return Scope(options.rounds, options.clients, options.peers, (1, 3, 10, 30, 100), options.memory_requests)


def _show(results: Results) -> None:
    from app.bench.results import make_results_table, make_targets_table

    console = Console(highlight=False)
    console.width = max(console.width, _WIDTH)
    for name, fact in results.facts.items():
        console.print(f"{name}: {fact}", markup=False)
    for table in (make_results_table(results), make_targets_table(results)):
        console.print()
        console.print(table)
    for sentence in results.missing:
        console.print(f"missing: {sentence}", markup=False, style="yellow")


def _write(results: Results, folder: Path) -> None:
    from app.bench.results import to_dict, write_plots

    text = json.dumps(to_dict(results), ensure_ascii=False, indent=1)
    (folder / "bench.json").write_text(text + "\n", encoding="utf-8")
    write_plots(results, folder)
