"""`intone say`: speak a text, into a file or through the speakers."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from app.audio.encode import DEFAULT_FORMAT, FORMATS, encode
from app.cli.flags import settings
from app.cli.player import find_player, play
from app.cli.source import speech_request
from app.cli.table import show_plan
from app.cli.usage import UsageError
from app.errors import IntoneError
from app.plan import Speech

_LONG = 10
"""Utterances from which on a progress bar is worth its line."""


def run(options: argparse.Namespace) -> int:
    """Speak, show the plan, and write or play the sound."""
    format = _format(options)
    chosen = settings()
    request = speech_request(options)
    from app.pipeline import Pipeline

    pipeline = Pipeline.load(chosen)
    with _progress() as on_utterance:
        speech = pipeline.synthesize(request, on_utterance=on_utterance)
    show_plan(speech.plan)
    if options.output:
        options.output.write_bytes(encode(speech.samples, speech.sample_rate, format))
    else:
        _play(speech)
    return 0


def _format(options: argparse.Namespace) -> str:
    """The flag, else the ending of the output's name, else the default; told before anything is loaded."""
    if options.output and not options.output.parent.is_dir():
        raise UsageError(f"There is no folder {options.output.parent}.", hint="Make it first.")
    ending = options.output.suffix.lstrip(".") if options.output else ""
    format: str = (options.format or ending or DEFAULT_FORMAT).lower()
    if format not in FORMATS:
        raise UsageError(f"The format {format!r} is unknown.", hint=f"Choose --format {' or '.join(FORMATS)}.")
    return format


def _play(speech: Speech) -> None:
    """Through the speakers; as WAV, which every player knows, whatever format was asked for."""
    player = find_player()
    if player is None:
        sys.stderr.write("intone: No program here plays sound. Write a file with -o speech.wav.\n")
    elif not play(player, encode(speech.samples, speech.sample_rate, DEFAULT_FORMAT)):
        raise IntoneError(f"{player[0]} could not play the sound.", hint="Write a file with -o speech.wav.")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """What follows the work: a bar on standard error, if there is much of it."""
    console = Console(stderr=True)
    columns = ("speaking", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("speaking", visible=False)

        def on_utterance(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of, visible=of > _LONG)

        yield on_utterance
