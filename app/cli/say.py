"""Run `intone say`: synthesize a text into a file or play it."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

from app.audio.chapters import MAX_CHAPTERS, save_with_chapters
from app.audio.encode import DEFAULT_FORMAT, FORMATS, AudioFormat, save
from app.audio.files import STDOUT, is_replaceable, resolve_links
from app.cli.flags import settings
from app.cli.output import exit_on_sigterm, show_plan, show_summary, write_json
from app.cli.parser import UsageError
from app.cli.source import load_pipeline, make_request
from app.errors import IntoneError
from app.memory import trim_heap
from app.planning.serialize import plan_to_dict
from app.text.headings import Heading, find_headings
from app.types import InputFormat, Samples, SpeechRequest

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline
    from app.synthesis.stream import SynthesisStream


PLAYERS: tuple[tuple[str, ...], ...] = (
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("afplay",),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
)
"""Commands that play a file, in order of preference."""


def play(path: Path) -> None:
    """Play a file through the speakers; without a player, print a hint."""
    player = next(([program, *rest] for name, *rest in PLAYERS if (program := shutil.which(name))), None)
    if player is None:
        sys.stderr.write("intone: No program here plays sound. Write a file with -o speech.wav.\n")
    elif subprocess.run([*player, str(path)], check=False).returncode != 0:
        raise IntoneError(f"{player[0]} could not play the sound.", hint="Write a file with -o speech.wav.")


def save_book(
    path: Path, format: str, rendering: SynthesisStream, pieces: Iterable[Samples], headings: Sequence[Heading]
) -> str:
    """Write the audio with chapters for its headings; return a summary such as `book.flac: 1:02:03, 12 chapters`."""
    rate, kept, chapters = rendering.selection.sample_rate, headings[:MAX_CHAPTERS], ""
    if kept:
        titles = [heading.title for heading in kept]
        place = save_with_chapters(path, format, rate, pieces, titles, lambda: find_starts(rendering, kept))
        chapters = describe_chapters(path, place, len(kept), len(headings))
    else:
        save(path, format, rate, pieces)
    return f"{path}: {timedelta(seconds=round(rendering.seconds))}{chapters}"


def find_starts(rendering: SynthesisStream, headings: Sequence[Heading]) -> list[float]:
    """Return the start time of each heading in seconds; the end of the audio for headings that were not reached."""
    coming = iter(rendering.spoken)
    times, here = [], next(coming, None)
    for heading in headings:
        while here is not None and (here.span is None or here.span[1] <= heading.start):
            here = next(coming, None)
        times.append(rendering.seconds if here is None or here.start is None else here.start)
    return times


def describe_chapters(path: Path, place: Path | None, kept: int, found: int) -> str:
    """Return the part of the summary about the chapters."""
    count = f"{kept} chapter{'s' if kept != 1 else ''}"
    if kept < found:
        count = f"the first {count} of {found}"
    if place is None:
        return f", without its {count}: a pipe or device holds none"
    return f", {count}" if place == path else f", {count} in {place}"


_LONG_TEXT = 2000
"""Minimum characters of a text for a progress bar."""
_PIECES_PER_TRIM = 50
"""Pieces of audio between two releases of free memory to the system, which a book would otherwise fragment."""
_LONG_PLAN = 200
"""Maximum utterances of a plan that is shown in full instead of summarized."""
_BOOK_SETTINGS = {"max_chars": sys.maxsize, "max_audio_seconds": float(sys.maxsize), "cache_mb": 0, "batch_size": 1}
"""Settings without the limits that protect a service from its clients. A book hardly repeats a sentence, so there is no
cache; its sentences keep all cores busy one by one, so a batch would only take more memory."""


def run(options: argparse.Namespace) -> int:
    """Synthesize the text, write or play the audio, and show the plan."""
    format = choose_format(options.output, options.format)
    if options.output == STDOUT and options.json:
        raise UsageError("--json and -o - both need standard output.", hint="Write the sound to a file.")
    chosen = settings(**_BOOK_SETTINGS)
    request = replace(make_request(options), rate_for=format.choose_sample_rate)
    markdown = request.input_format in (InputFormat.AUTO, InputFormat.MARKDOWN)
    headings = () if request.markup else tuple(find_headings(request.text, markdown=markdown))
    with exit_on_sigterm():
        pipeline = load_pipeline(chosen, request.voice)
        _speak(pipeline, request, options, format, headings)
    return 0


def _speak(
    pipeline: Pipeline,
    request: SpeechRequest,
    options: argparse.Namespace,
    format: AudioFormat,
    headings: Sequence[Heading],
) -> None:
    """Write or play the audio, and show the plan."""
    rendering = pipeline.render(request, with_words=options.json)
    with tempfile.TemporaryDirectory() as folder:
        # Players require a seekable file.
        path = options.output or Path(folder) / "speech.wav"
        pieces = _track_progress(rendering, len(request.text))
        done = save_book(path, format.name, rendering, pieces, headings if options.output else ())
        plan = pipeline.complete_plan(rendering)
        if options.json:
            write_json(plan_to_dict(plan))
        else:
            show = show_plan if len(plan.utterances) <= _LONG_PLAN else show_summary
            show(plan, to_stderr=path == STDOUT)
        if not options.output:
            play(path)
        elif path != STDOUT and not options.json:
            sys.stdout.write(f"{done}\n")


def choose_format(output: Path | None, name: str | None) -> AudioFormat:
    """Return the format with that name, else the one of the output's extension, else the default.

    Raise `UsageError` before anything is loaded if the format is unknown or contradicts the extension, or if the output
    cannot be written.
    """
    by_ending = {name: format for format in FORMATS.values() for name in (*format.endings, *format.aliases)}
    ending = output.suffix.lstrip(".").lower() if output else ""
    format_name = (name or ending or DEFAULT_FORMAT).lower()
    if format_name not in by_ending:
        raise UsageError(f"The format {format_name!r} is unknown.", hint=f"Choose --format {' or '.join(FORMATS)}.")
    format = by_ending[format_name]
    if output is None:
        if name is not None:
            raise UsageError("--format is the format of a file.", hint="Name the file: -o FILE.")
        return FORMATS[DEFAULT_FORMAT]  # every player knows WAV
    if by_ending.get(ending, format) is not format:
        raise UsageError(
            f"--format {name} contradicts the ending of {output}.", hint=f"Leave out --format, or write .{format_name}."
        )
    _check_output(output)
    return format


def _check_output(output: Path) -> None:
    """Raise `UsageError` if the audio cannot be written there."""
    if output == STDOUT:
        if sys.stdout.isatty():
            raise UsageError("Standard output is a terminal, which cannot play sound.", hint="Redirect it: > FILE.")
    elif output.is_dir():
        raise UsageError(f"{output} is a folder.", hint="Name a file in it.")
    elif not output.parent.is_dir():
        raise UsageError(f"There is no folder {output.parent}.", hint="Make it first.")
    elif is_replaceable(output) and not os.access(folder := resolve_links(output).parent, os.W_OK):
        if output.is_symlink():
            raise UsageError(f"{output} leads to {folder}, which is not a writable folder.", hint="Choose another one.")
        raise UsageError(f"The folder {folder} cannot be written to.", hint="Choose another one.")


def _track_progress(rendering: SynthesisStream, characters: int) -> Iterator[Samples]:
    """Yield the samples, with a progress bar on standard error for a long text."""
    console = Console(stderr=True)
    columns = ("speaking", BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    shown = console.is_terminal and characters >= _LONG_TEXT
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task("speaking", total=characters)
        for number, samples in enumerate(rendering, 1):
            yield samples
            if number % _PIECES_PER_TRIM == 0:
                trim_heap()
            bar.update(task, completed=next((one.span[1] for one in reversed(rendering.spoken) if one.span), 0))
