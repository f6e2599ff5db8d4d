"""Run `intone train`: check a folder of recordings or train a voice on it."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from app.cli.flags import settings
from app.cli.loading import find_voices
from app.cli.parser import UsageError

if TYPE_CHECKING:
    from app.training.trainer import TrainingProgress

_WIDTH = 120
"""Minimum columns of the table; a narrower terminal wraps its lines without loss."""


def run(options: argparse.Namespace) -> int:
    """Check the recordings, or train a voice on them."""
    if options.check:
        return _check(options)
    if options.output is None:
        raise UsageError("There is no folder to train into.", hint="Name one: --output FOLDER.")
    return _train(options)


def _find_base(base: Path | None) -> Path | None:
    """Return the folder of the base, which may be given as the name of an installed voice."""
    if base is None or base.is_dir():
        return base
    return find_voices(settings()).get(str(base)).folder


def _check(options: argparse.Namespace) -> int:
    """Print a table of problems; raise the error with which training would refuse the recordings."""
    from app.training.check import build_report_table
    from app.training.train import check

    report = check(options.dataset, _find_base(options.base))
    console = Console(highlight=False)
    console.width = max(console.width, _WIDTH)
    console.print(build_report_table(report))
    report.refuse_poor()
    return 0


def _train(options: argparse.Namespace) -> int:
    from app.training.settings import TrainingSettings, WrongHyperparameter, parse_settings
    from app.training.train import Folders, train
    from app.training.trainer import Logbook

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    chosen = {name: getattr(options, name) for name in TrainingSettings.model_fields}
    try:
        wanted = parse_settings({name: value for name, value in chosen.items() if value is not None})
    except WrongHyperparameter as error:
        raise UsageError(error.detail, hint=error.hint) from None
    folders = Folders(options.dataset, _find_base(options.base), run=options.output, voice=options.output / "voice")
    with Logbook(options.output / "tensorboard") as logbook, _show_progress() as show:

        def watch(progress: TrainingProgress) -> None:
            logbook.write(progress)
            show(progress)

        voice = train(folders, wanted, resume=options.resume, watch=watch)
    Console(highlight=False, soft_wrap=True).print(f"The voice {voice.name} is in {voice.folder}.")
    return 0


@contextmanager
def _show_progress() -> Iterator[Callable[[TrainingProgress], None]]:
    """Show a progress bar with the remaining time on standard error, if that is a terminal; yield its updater."""
    console = Console(stderr=True)
    columns = (
        TextColumn("step {task.fields[step]}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Bar(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("training", total=1.0, step=0, left="")

        def show(progress: TrainingProgress) -> None:
            left = f"{timedelta(seconds=round(progress.seconds_left))} left"
            bar.update(task, completed=progress.share, step=progress.step, left=left)

        yield show
