"""`intone say`: speak a text, into a file or through the speakers."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

from app.api.plan_json import plan_to_dict
from app.audio.encode import DEFAULT_FORMAT, FORMATS, AudioFormat, Samples
from app.cli.book import save_book
from app.cli.flags import settings
from app.cli.player import find_player, play
from app.cli.source import speech_request
from app.cli.table import show_plan, show_summary, write_json
from app.cli.usage import UsageError
from app.errors import IntoneError
from app.memory import give_back
from app.plan import Plan
from app.text.headings import Book, read_book

if TYPE_CHECKING:
    from app.rendering import Rendering

_LONG_TEXT = 2000
"""Characters from which on a progress bar is worth its line."""
_PIECES = 50
"""Of sound, after which memory that is free goes back to the system: over a book it would become scattered."""
_LONG_PLAN = 200
"""Utterances from which on the plan is summed up."""
_FOR_A_BOOK = {"max_chars": sys.maxsize, "max_audio_seconds": float(sys.maxsize), "cache_mb": 0, "batch_size": 1}
"""Limits protect a service from its callers; whoever sits at the machine may have a book spoken, which hardly says a
sentence twice. Its sentences keep all cores busy one by one, and a batch only takes more memory."""


def run(options: argparse.Namespace) -> int:
    """Speak, show the plan, and write or play the sound."""
    format = output_format(options.output, options.format)
    if not options.output:
        format = FORMATS[DEFAULT_FORMAT]  # every player knows WAV
    chosen = settings(**_FOR_A_BOOK)
    request = replace(speech_request(options), rate_for=format.rate_at_least)
    book = Book(request.text, ()) if request.markup else read_book(request.text)
    from app.pipeline import Pipeline

    pipeline = Pipeline.load(chosen)
    rendering = pipeline.render(replace(request, text=book.text), with_words=options.json)
    with tempfile.TemporaryDirectory() as folder:
        # Players want a file that they can look into.
        path = options.output or Path(folder) / "speech.wav"
        pieces = _with_progress(rendering, len(book.text))
        done = save_book(path, format.name, rendering, pieces, book.headings if options.output else ())
        _show(pipeline.spoken_plan(rendering), options.json)
        if not options.output:
            _play(path)
        elif not options.json:
            sys.stdout.write(f"{done}\n")
    return 0


def _show(plan: Plan, as_json: bool) -> None:
    """The plan with its times, for programs or for people."""
    if as_json:
        write_json(plan_to_dict(plan))
    elif len(plan.utterances) <= _LONG_PLAN:
        show_plan(plan)
    else:
        show_summary(plan)


def output_format(output: Path | None, name: str | None) -> AudioFormat:
    """The format by its name, else by the output's ending, else the default; told before anything is loaded."""
    if output and not output.parent.is_dir():
        raise UsageError(f"There is no folder {output.parent}.", hint="Make it first.")
    ending = output.suffix.lstrip(".") if output else ""
    asked = (name or ending or DEFAULT_FORMAT).lower()
    by_ending = {ending: format for format in FORMATS.values() for ending in format.endings}
    if asked not in by_ending:
        raise UsageError(f"The format {asked!r} is unknown.", hint=f"Choose --format {' or '.join(FORMATS)}.")
    return by_ending[asked]


def _play(path: Path) -> None:
    """Through the speakers."""
    player = find_player()
    if player is None:
        sys.stderr.write("intone: No program here plays sound. Write a file with -o speech.wav.\n")
    elif not play(player, path):
        raise IntoneError(f"{player[0]} could not play the sound.", hint="Write a file with -o speech.wav.")


def _with_progress(rendering: Rendering, characters: int) -> Iterator[Samples]:
    """The samples; a bar on standard error follows them, if there is much to speak."""
    console = Console(stderr=True)
    columns = ("speaking", BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    shown = console.is_terminal and characters >= _LONG_TEXT
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task("speaking", total=characters)
        for number, samples in enumerate(rendering, 1):
            yield samples
            if number % _PIECES == 0:
                give_back()
            bar.update(task, completed=_reached(rendering))


def _reached(rendering: Rendering) -> int:
    """Characters of the text that were spoken until now."""
    return next((one.span[1] for one in reversed(rendering.spoken) if one.span), 0)
