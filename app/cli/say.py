"""Run `intone say`: synthesize a text into a file or play it."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from app.audio.chapters import TAGGED, Tags, save_with_chapters
from app.audio.encode import DEFAULT_FORMAT, FORMATS, AudioFormat
from app.audio.files import STDOUT, is_replaceable
from app.cli.book import LONG_PLAN, LONG_TEXT, check_rate, check_retakes, make_book, make_comment, write_book
from app.cli.flags import find_given, settings
from app.cli.output import check_output, exit_on_sigterm, show_plan, show_summary, write_json
from app.cli.parser import UsageError
from app.cli.source import BOOK_SETTINGS, Source, load_pipeline, make_request, read_source
from app.errors import IntoneError
from app.fields import SpeechOptions
from app.planning.serialize import plan_to_dict
from app.text.headings import find_heading_spans, find_headings
from app.types import InputFormat, SpeechRequest

if TYPE_CHECKING:
    from app.production.plan_file import PlanFile
    from app.synthesis.pipeline import Pipeline


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


_NEEDS_FILE = (
    *("plan", "bitrate", "loudness", "dynamics", "subtitles", "subtitles_by", "chapter_files", "keep", "retake"),
    *("cover", "title", "author"),
)
"""Flags that only files of a book have."""
_NOT_WITH_PLAN = ("lexicon", "ssml", *(name for name in SpeechOptions.model_fields if name != "seed"))
"""Flags about how a text becomes a plan."""


def run(options: argparse.Namespace) -> int:
    """Synthesize the text, write or play the audio, and show the plan."""
    from app.cli.script import is_script_output, run_script

    if is_script_output(options):
        return run_script(options)
    format = choose_format(options.output, options.format)
    if options.output == STDOUT and options.json:
        raise UsageError("--json and -o - both need standard output.", hint="Write the sound to a file.")
    is_file = options.output is not None and is_replaceable(options.output)
    flag = find_given(options, _NEEDS_FILE)
    if flag and not is_file:
        raise UsageError(f"{flag} needs a file.", hint="Name it: -o FILE.")
    chosen = settings(**BOOK_SETTINGS)
    plan = None
    if options.plan:
        from app.production.plan_file import read_plan_file

        plan = read_plan_file(options.plan)
        check_plan_flags(options, len(plan.utterances))
    if options.source is None and plan is None:
        raise UsageError("There is nothing to speak.", hint="Give a text, a file, - or --plan FILE.")
    source = read_source(options.source, ssml=options.ssml) if options.source is not None else Source("")
    book = make_book(options, source, format) if is_file else None
    rate = options.sample_rate or (book.target.sample_rate if book and book.target else None)
    check_rate(rate, format)
    request = make_plan_request(options, plan) if plan else make_request(options, source)
    request = replace(request, rate_for=lambda own: rate or format.choose_sample_rate(own))
    source, request = find_structure(source, request)
    with exit_on_sigterm():
        pipeline = load_pipeline(chosen, request.voice)
        if book and (flag or plan or source.document or len(source.text) >= LONG_TEXT or source.headings):
            chapters = plan.chapters if plan else None
            if plan and not source.document:
                tags = replace(book.tags, title=book.tags.title or plan.title, author=book.tags.author or plan.author)
                book = replace(book, tags=tags)
            write_book(pipeline, request, source, book, chapters, options.json)
        else:
            _speak(pipeline, request, options, format)
    return 0


def check_plan_flags(options: argparse.Namespace, count: int) -> None:
    """Raise `UsageError` for flags without effect on a plan of `count` utterances, before anything is loaded."""
    from app.emotion import AUTO

    flag = find_given(options, _NOT_WITH_PLAN) or ("--emotion" if options.emotion != AUTO else None)
    if flag:
        raise UsageError(f"{flag} has no effect on a plan.", hint="Edit the plan, or make another with intone analyze.")
    check_retakes(options.retake or (), count)


def make_plan_request(options: argparse.Namespace, plan: PlanFile) -> SpeechRequest:
    """Return the request to speak a plan that was read."""
    return SpeechRequest(
        text="", voice=options.voice or plan.voice, edited=plan.utterances, strict=options.strict, seed=options.seed
    )


def find_structure(source: Source, request: SpeechRequest) -> tuple[Source, SpeechRequest]:
    """Return the source with its headings, and the request with the pauses before and after them.

    The default pauses of a document are those of an audiobook, and those of a text those of an assistant.
    """
    from app.planning.pauses import PAUSE_RULES, Pauses

    if request.edited is not None:
        return source, request
    if source.document is None and not request.markup:
        markdown = request.input_format in (InputFormat.AUTO, InputFormat.MARKDOWN)
        source = replace(source, headings=tuple(find_headings(source.text, markdown=markdown)))
    pauses = request.pauses or Pauses(PAUSE_RULES["audiobook" if source.document else "assistant"])
    spans = find_heading_spans(source.text, source.headings)
    return source, replace(request, pauses=pauses._replace(headings=spans))


def _speak(pipeline: Pipeline, request: SpeechRequest, options: argparse.Namespace, format: AudioFormat) -> None:
    """Write or play the audio, and show the plan."""
    rendering = pipeline.render(request, with_words=options.json)
    with tempfile.TemporaryDirectory() as folder:
        # Players require a seekable file.
        path = options.output or Path(folder) / "speech.wav"
        # Formats that hold no tags would get a sheet beside the file, which is too much for a sentence.
        tags = Tags(comment=make_comment(rendering.selection.voice.name)) if format.name in TAGGED else None
        save_with_chapters(path, format.name, rendering.selection.sample_rate, rendering, (), tuple, tags)
        plan = pipeline.complete_plan(rendering)
        if options.json:
            write_json(plan_to_dict(plan))
        else:
            show = show_plan if len(plan.utterances) <= LONG_PLAN else show_summary
            show(plan, to_stderr=path == STDOUT)
        if not options.output:
            play(path)
        elif path != STDOUT and not options.json:
            sys.stdout.write(f"{path}: {timedelta(seconds=round(rendering.seconds))}\n")


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
    check_output(output)
    return format
