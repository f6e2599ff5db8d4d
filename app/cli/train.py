"""Run `intone train`: check a folder of recordings or train a voice on it."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from app.cli.flags import find_voices, settings
from app.cli.output import make_wide_console
from app.cli.parser import UsageError
from app.training.check import build_report_table
from app.training.settings import TrainingSettings, WrongHyperparameter, parse_settings
from app.training.train import Folders, check, train
from app.training.trainer import Logbook, TrainingProgress


def run(options: argparse.Namespace) -> int:
    """Check the recordings, or train a voice on them."""
    base = options.base
    if base is not None and not base.is_dir():  # the name of an installed voice
        base = find_voices(settings()).get(str(base)).folder
    if options.check:
        report = check(options.dataset, base)
        make_wide_console().print(build_report_table(report))
        report.refuse_poor()
    elif options.output is None:
        raise UsageError("There is no folder to train into.", hint="Name one: --output FOLDER.")
    else:
        _train(options, base)
    return 0


def _train(options: argparse.Namespace, base: Path | None) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    chosen = {name: getattr(options, name) for name in TrainingSettings.model_fields}
    try:
        wanted = parse_settings({name: value for name, value in chosen.items() if value is not None})
    except WrongHyperparameter as error:
        raise UsageError(error.detail, hint=error.hint) from None
    folders = Folders(options.dataset, base, run=options.output, voice=options.output / "voice")
    with Logbook(options.output / "tensorboard") as logbook, _show_progress() as show:

        def watch(progress: TrainingProgress) -> None:
            logbook.write(progress)
            show(progress)

        voice = train(folders, wanted, resume=options.resume, watch=watch)
    Console(highlight=False, soft_wrap=True).print(f"The voice {voice.name} is in {voice.folder}.")


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
