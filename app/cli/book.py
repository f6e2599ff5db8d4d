"""Make files for listeners from a document or a plan: a book with chapters, files of chapters, subtitles."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

from app.audio.chapters import MAX_CHAPTERS, Tags, save_with_chapters
from app.audio.encode import AudioFormat, choose_writer
from app.cli.output import show_plan, show_summary, write_json
from app.cli.parser import UsageError
from app.cli.source import Source
from app.errors import IntoneError
from app.images import IMAGE_STARTS
from app.packages import version
from app.planning.serialize import plan_to_dict
from app.types import Plan, PlanWarning, Samples, SpeechRequest

if TYPE_CHECKING:
    from app.production.mastering import Mastering, Target
    from app.production.narrate import Line, Narration
    from app.production.store import Store
    from app.synthesis.pipeline import Pipeline

LONG_TEXT = 2000
"""Minimum characters of a text for a progress bar, and for keeping what was spoken until the file is complete."""
LONG_PLAN = 200
"""Maximum utterances of a plan that is shown in full instead of summarized."""
_UNSAFE = re.compile(r"[^\w .,'’()&-]+")


@dataclass(frozen=True, slots=True)
class Book:
    """What is to be made of a text."""

    path: Path
    format: AudioFormat
    tags: Tags
    target: Target | None
    bit_rate: int | None
    dynamics: float
    subtitles: tuple[Path, ...]
    by_word: bool
    chapter_files: bool
    keep: bool
    """Whether to keep the recordings after the book is complete."""
    retakes: frozenset[int]
    """Numbers of utterances that get a new take, from 1."""

    @property
    def folder(self) -> Path:
        """Folder of the recordings."""
        return self.path.with_name(f"{self.path.name}.parts")


@dataclass(frozen=True, slots=True)
class Part:
    """File of the book: all of it, or a chapter."""

    path: Path
    lines: Sequence[Line]
    chapters: Sequence[tuple[str, int]]
    """Title, and number of its first line, of each chapter."""
    tags: Tags


def make_comment(voice: str) -> str:
    """Return the mark of synthetic speech that files bear (Regulation (EU) 2024/1689, article 50)."""
    return f"Synthetic speech by Intone {version()}, voice {voice}."


def make_book(options: argparse.Namespace, source: Source, format: AudioFormat) -> Book:
    """Return what the flags describe; raise `UsageError` or `InvalidRequest` before anything is loaded."""
    document = source.document
    target = read_target(options)
    if target and target.bit_rate and format.name != "mp3":
        raise UsageError(f"ACX takes MP3, not {format.name}.", hint="Name the file .mp3.")
    bit_rate = options.bitrate * 1000 if options.bitrate else target.bit_rate if target else None
    choose_writer(format.name, bit_rate)
    subtitles = tuple(options.subtitles or ())
    if options.subtitles_by and not subtitles:
        raise UsageError("--subtitles-by has no effect without subtitles.", hint="Name them: --subtitles FILE.")
    cover = read_cover(options.cover) if options.cover else document.cover if document else None
    tags = Tags(
        title=options.title or (document.title if document else ""),
        author=options.author or (document.author if document else ""),
        cover=cover,
    )
    return Book(
        path=options.output,
        format=format,
        tags=tags,
        target=target,
        bit_rate=bit_rate,
        dynamics=1.0 if options.dynamics is None else options.dynamics,
        subtitles=subtitles,
        by_word=options.subtitles_by == "word",
        chapter_files=options.chapter_files,
        keep=options.keep or bool(options.retake) or bool(options.plan),
        retakes=frozenset(options.retake or ()),
    )


def read_target(options: argparse.Namespace) -> Target | None:
    """Return the loudness that the flags name."""
    if options.loudness is None:
        return None
    from app.production.mastering import parse_loudness  # scipy takes some time to import

    return parse_loudness(options.loudness)


def check_rate(rate: int | None, format: AudioFormat) -> None:
    """Raise `UsageError` if a format does not have a sample rate."""
    if rate and format.rates and rate not in format.rates:
        raise UsageError(f"The format {format.name} has no sample rate of {rate} Hz.")


def read_cover(path: Path) -> bytes:
    """Return a picture; raise `UsageError` unless it is JPEG or PNG."""
    data = path.read_bytes()
    if not data.startswith(IMAGE_STARTS):
        raise UsageError(f"{path} is neither JPEG nor PNG.", hint="Convert the cover to one of them.")
    return data


def write_book(
    pipeline: Pipeline,
    request: SpeechRequest,
    source: Source,
    book: Book,
    chapters: Sequence[tuple[str, int]] | None,
    as_json: bool,
) -> None:
    """Speak what was not spoken before, and write all files; `chapters` are those of a plan, with numbers of lines."""
    from app.production.narrate import narrate, place_lines
    from app.production.plan_file import find_chapters
    from app.production.store import open_store, remove_store
    from app.synthesis import never_cancelled

    if book.retakes and request.edited is None:
        _, planned = pipeline.plan_request(request, never_cancelled)
        check_retakes(book.retakes, sum(1 for _ in islice(planned.drain(), max(book.retakes))))
    with open_store(book.folder) as (store, takes):
        try:
            with _report_progress(len(request.text)) as report:
                narration = narrate(pipeline, request, store, takes, book.retakes, report)
        except (KeyboardInterrupt, SystemExit):
            if len(store):
                sys.stderr.write(f"intone: What was spoken is in {book.folder}; the same command continues.\n")
            raise
        if chapters is None:
            chapters = find_chapters([line.utterance for line in narration.lines], source.headings)
        book = replace(book, tags=replace(book.tags, comment=make_comment(narration.selection.voice.name)))
        mastering, places = write_files(book, narration, store, chapters, request.rate_for)
        placed, seconds = place_lines(narration.lines, store, narration.selection.sample_rate, mastering.lead)
    warnings = [*(source.document.warnings if source.document else ()), *narration.warnings]
    warnings += check_language(source, narration)
    plan = pipeline.make_plan(narration.selection, placed, warnings)
    show_result(plan, book, places, chapters, seconds, as_json)
    if not book.keep:
        remove_store(book.folder)


def check_retakes(retakes: Collection[int], count: int) -> None:
    """Raise `UsageError` for numbers beyond the utterances of a text."""
    if beyond := [number for number in retakes if number > count]:
        raise UsageError(f"--retake {min(beyond)}: the text has {count} utterances.")


def check_language(source: Source, narration: Narration) -> Iterator[PlanWarning]:
    """Yield a warning if the document is in another language than that of the voice."""
    language = source.document.language if source.document else ""
    spoken = narration.selection.voice.abilities.language
    if language and language.partition("-")[0].lower() != spoken.partition("-")[0].lower():
        detail = f"The document is in {language}, and the voice {narration.selection.voice.name} speaks {spoken}."
        yield PlanWarning("language_mismatch", detail)


def split_book(book: Book, lines: Sequence[Line], chapters: Sequence[tuple[str, int]]) -> list[Part]:
    """Return the files of a book: one, or one for each chapter in a folder that has the name of the book."""
    if not book.chapter_files:
        return [Part(book.path, lines, chapters, book.tags)]
    starts = [*chapters]
    if not starts or starts[0][1] > 0:
        starts.insert(0, (book.tags.title or "Beginning", 0))
    folder = book.path.with_suffix("")
    parts = []
    for number, ((title, start), (_, end)) in enumerate(pairwise([*starts, ("", len(lines))]), 1):
        name = " ".join(_UNSAFE.sub(" ", title).split())[:80].strip(" .")
        path = folder / f"{number:0{len(str(len(starts)))}} {name}{book.path.suffix}"
        tags = replace(book.tags, title=title, album=book.tags.title, track=f"{number}/{len(starts)}")
        if start < end:
            last = replace(lines[end - 1], utterance=replace(lines[end - 1].utterance, pause_after=0.0))
            parts.append(Part(path, [*lines[start : end - 1], last], [(title, 0)], tags))
    return parts


def write_files(
    book: Book,
    narration: Narration,
    store: Store,
    chapters: Sequence[tuple[str, int]],
    rate_for: Callable[[int], int],
) -> tuple[Mastering, list[Path]]:
    """Write the audio and the subtitles; return how it was made, and the paths that contain the chapters."""
    from app.production.mastering import make_mastering
    from app.production.narrate import place_lines
    from app.production.subtitles import save_subtitles

    rate = narration.selection.sample_rate
    alone = book.chapter_files and book.target is not None and book.target.is_rms
    whole_target = None if alone else book.target  # each file alone is measured later
    mastering = make_mastering(narration.lines, store, (rate, rate_for(rate)), whole_target, book.dynamics)
    mastering = replace(mastering, target=book.target)
    parts, stopped = split_book(book, narration.lines, chapters), Event()
    if book.chapter_files:
        book.path.with_suffix("").mkdir(exist_ok=True)

    def render(part: Part) -> Iterator[Samples]:
        own = mastering.fit(part.lines, store) if alone else mastering
        for samples in own.render(part.lines, store):
            if stopped.is_set():
                raise CancelledError
            yield samples

    def write_part(part: Part) -> Path:
        placed, seconds = place_lines(part.lines, store, rate, mastering.lead)
        kept = part.chapters[:MAX_CHAPTERS]
        starts = [placed[place].start or 0.0 if place < len(placed) else seconds for _, place in kept]
        titles = [title for title, _ in kept]
        place = save_with_chapters(
            *(part.path, book.format.name, mastering.output_rate, render(part), titles, partial(list, starts)),
            *(part.tags, book.bit_rate),
        )
        for path in book.subtitles:
            beside = part.path.with_suffix(path.suffix) if book.chapter_files else path
            save_subtitles(beside, placed, book.by_word, part.tags.comment)
        return place or part.path

    with ThreadPoolExecutor(os.cpu_count()) as executor:  # encoding takes longer than everything else
        try:
            return mastering, list(executor.map(write_part, parts))
        except BaseException:
            stopped.set()
            raise


def show_result(
    plan: Plan, book: Book, places: Sequence[Path], chapters: Sequence[tuple[str, int]], seconds: float, as_json: bool
) -> None:
    """Show the plan, where everything is, and the report of ACX."""
    if as_json:
        write_json(plan_to_dict(plan))
    else:
        (show_plan if len(plan.utterances) <= LONG_PLAN else show_summary)(plan)
        length = timedelta(seconds=round(seconds))
        if book.chapter_files:
            sys.stdout.write(f"{book.path.with_suffix('')}: {length}, {len(places)} files\n")
        else:
            kept, found = min(len(chapters), MAX_CHAPTERS), len(chapters)
            about = describe_chapters(book.path, places[0], kept, found) if found else ""
            sys.stdout.write(f"{book.path}: {length}{about}\n")
    if book.target and book.target.name == "acx":
        paths = [path for path in places if path.suffix != ".cue"] or [book.path]
        if not report_acx(paths, sys.stderr.write if as_json else sys.stdout.write):
            raise IntoneError("The files do not satisfy ACX.", hint="The report says which rules failed.")


def report_acx(paths: Sequence[Path], write: Callable[[str], object]) -> bool:
    """Print the result of every rule of ACX for each file, and return whether all pass."""
    from app.production.acx import check_acx

    failures = 0
    with ThreadPoolExecutor(os.cpu_count()) as executor:
        results = list(executor.map(check_acx, paths))
    for path, checks in zip(paths, results, strict=True):
        for check in checks:
            write(f"{'pass' if check.passed else 'FAIL'}  {check.name:17} {check.value:20} ({check.rule})\n")
        passed = all(check.passed for check in checks)
        write(f"ACX: {path.name} {'passes' if passed else 'fails'}\n")
        failures += not passed
    return not failures


def describe_chapters(path: Path, place: Path | None, kept: int, found: int) -> str:
    """Return the part of the summary about the chapters."""
    count = f"{kept} chapter{'s' if kept != 1 else ''}"
    if kept < found:
        count = f"the first {count} of {found}"
    if place is None:
        return f", without its {count}: a pipe or device holds none"
    return f", {count}" if place == path else f", {count} in {place}"


@contextmanager
def _report_progress(characters: int) -> Iterator[Callable[[Line], None]]:
    """Show a progress bar on standard error for a long text; yield the function that is called with each line."""
    console = Console(stderr=True)
    columns = ("speaking", BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    shown = console.is_terminal and characters >= LONG_TEXT
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task("speaking", total=characters)

        def report(line: Line) -> None:
            if line.utterance.span:
                bar.update(task, completed=line.utterance.span[1])

        yield report
