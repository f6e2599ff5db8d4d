"""`intone evaluate`: what a voice is worth."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import track

from app.cli.flags import settings
from app.cli.usage import UsageError

if TYPE_CHECKING:
    from app.evaluation import Recording

T = TypeVar("T")

_WIDTH = 140
"""Columns of the table; a narrower terminal folds its lines, which loses nothing."""


def run(options: argparse.Namespace) -> int:
    """Speak the sentences or read the recordings, listen to them, and report."""
    _check_use(options)
    from app.evaluation import Ears, Report, figures_table, listen, page

    ears = Ears(settings().threads)
    recordings = _recordings(options)
    heard = [listen(recording, ears) for recording in _progress(recordings, "listening", len(recordings))]
    report = Report(str(options.recordings or options.voice), heard)
    console = Console(highlight=False)
    console.width = max(console.width, _WIDTH)
    console.print(figures_table(report))
    if options.json:
        options.json.write_text(json.dumps(report.to_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if options.html:
        options.html.write_text(page(report), encoding="utf-8")
    return 0


def _check_use(options: argparse.Namespace) -> None:
    """Refuse wrong flags before minutes of work."""
    for file in (options.json, options.html):
        if file and not file.parent.is_dir():
            raise UsageError(f"There is no folder {file.parent}.", hint="Make it first.")
    for flag, chosen in (("--emotion", options.emotion), ("--degree", options.degree != 1)):
        if options.recordings and chosen:
            raise UsageError(f"{flag} is about what a voice speaks.", hint="Leave it out with --recordings.")


def _recordings(options: argparse.Namespace) -> list[Recording]:
    from app.evaluation import read_recordings

    return read_recordings(options.recordings, options.limit) if options.recordings else _speak(options)


def _speak(options: argparse.Namespace) -> list[Recording]:
    """The sentences, spoken by a voice: a folder with a voice.json, or the name of one that is installed."""
    from app.emotion import parse_emotion
    from app.evaluation import read_sentences, speak
    from app.pipeline import Pipeline
    from app.voices import open_voice

    emotions = [parse_emotion(name) for name in options.emotion or ()]
    folder = Path(options.voice)
    if folder.is_dir():
        name = open_voice(folder).name
        pipeline = Pipeline.load(settings(voices=[folder], default_voice=name))
    else:
        name = options.voice
        pipeline = Pipeline.load(settings())
    voice = pipeline.registry.get(name)
    sentences = read_sentences(emotions or list(voice.manifest.emotions), options.limit)
    return list(_progress(speak(pipeline, voice.name, sentences, options.degree), "speaking", len(sentences)))


def _progress(work: Iterable[T], what: str, total: int) -> Iterable[T]:
    """The same, with a bar on standard error where a person sees it."""
    console = Console(stderr=True)
    return track(work, what, total, console=console, transient=True, disable=not console.is_terminal)
