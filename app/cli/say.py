"""`intone say`: speak a text, into a file or through the speakers."""

from __future__ import annotations

import argparse
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

from app.audio.chapters import MOST_CHAPTERS, save_with_chapters
from app.audio.encode import DEFAULT_FORMAT, FORMATS, AudioFormat, save
from app.cli.flags import settings
from app.cli.output import show_plan, show_summary, write_json
from app.cli.parser import UsageError
from app.errors import IntoneError
from app.memory import trim_heap
from app.planning.serialize import plan_to_dict
from app.text.segment import Book, Heading, read_book
from app.types import Plan, Samples

if TYPE_CHECKING:
    from app.synthesis.stream import SynthesisStream
    from app.types import SpeechRequest


def read_source(source: str) -> str:
    """`-` is standard input, the name of a file is its text, everything else is the text itself."""
    if source == "-":
        return _decode(sys.stdin.buffer.read(), "standard input")
    path = Path(source)
    return _decode(path.read_bytes(), source) if _is_file(path) else source


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False  # a text longer than a file's name may be, or with a NUL


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"Byte {error.start} of {name} is not UTF-8.", hint="Convert it, as with iconv.") from None


def speech_request(options: argparse.Namespace) -> SpeechRequest:
    """What the flags ask for."""
    text = read_source(options.source)
    from app.emotion import parse_emotion_spec
    from app.types import SpeechRequest, StrengthMode

    return SpeechRequest(
        text=text,
        voice=options.voice,
        emotion=parse_emotion_spec(options.emotion),
        degree=options.degree,
        strength=StrengthMode(options.strength) if options.strength else None,
        expressiveness=options.expressiveness,
        context=tuple(options.context),
        speed=options.speed,
        seed=getattr(options, "seed", None),
        strict=options.strict,
        markup=options.ssml,
    )


PLAYERS: tuple[tuple[str, ...], ...] = (
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("afplay",),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
)
"""Tried in this order."""


def find_player() -> list[str] | None:
    """The command that plays a file, if there is one."""
    return next(([path, *rest] for name, *rest in PLAYERS if (path := shutil.which(name))), None)


def play(player: list[str], wav: Path) -> bool:
    """Whether the sound was played to its end."""
    return subprocess.run([*player, str(wav)], check=False).returncode == 0


def save_book(
    path: Path, format: str, rendering: SynthesisStream, pieces: Iterable[Samples], headings: Sequence[Heading]
) -> str:
    """Write the pieces of a rendering at its rate (Hertz); what was done, for people."""
    rate, kept = rendering.cast.sample_rate, headings[:MOST_CHAPTERS]
    if not kept:
        save(path, format, rate, pieces)
        return summary(path, rendering, "")
    titles = [heading.title for heading in kept]
    place = save_with_chapters(path, format, rate, pieces, titles, lambda: starts(rendering, kept))
    return summary(path, rendering, told(path, place, len(kept), len(headings)))


def starts(rendering: SynthesisStream, headings: Sequence[Heading]) -> list[float]:
    """When each heading is spoken, in seconds; what was not reached begins at the end."""
    coming = iter(rendering.spoken)
    times, here = [], next(coming, None)
    for heading in headings:
        while here is not None and ends_before(here.span, heading.start):
            here = next(coming, None)
        times.append(rendering.seconds if here is None or here.start is None else here.start)
    return times


def ends_before(span: tuple[int, int] | None, place: int) -> bool:
    """Whether an utterance lies before a place in the text."""
    return span is None or span[1] <= place


def told(path: Path, place: Path | None, kept: int, found: int) -> str:
    """Where the chapters are."""
    count = f"{kept} chapter{'s' if kept != 1 else ''}"
    if kept < found:
        count = f"the first {count} of {found}"
    if place is None:
        return f", without its {count}: a pipe or device holds none"
    return f", {count}" if place == path else f", {count} in {place}"


def summary(path: Path, rendering: SynthesisStream, chapters: str) -> str:
    """`book.flac: 1:02:03, 12 chapters`."""
    return f"{path}: {timedelta(seconds=round(rendering.seconds))}{chapters}"


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
    from app.synthesis.pipeline import Pipeline

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


def _with_progress(rendering: SynthesisStream, characters: int) -> Iterator[Samples]:
    """The samples; a bar on standard error follows them, if there is much to speak."""
    console = Console(stderr=True)
    columns = ("speaking", BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    shown = console.is_terminal and characters >= _LONG_TEXT
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task("speaking", total=characters)
        for number, samples in enumerate(rendering, 1):
            yield samples
            if number % _PIECES == 0:
                trim_heap()
            bar.update(task, completed=_reached(rendering))


def _reached(rendering: SynthesisStream) -> int:
    """Characters of the text that were spoken until now."""
    return next((one.span[1] for one in reversed(rendering.spoken) if one.span), 0)
