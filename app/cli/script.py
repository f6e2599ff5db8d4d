"""Speak the lines of a game or a film into a file each, in a folder or a zip archive."""

from __future__ import annotations

import argparse
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.audio.encode import FORMATS, AudioFormat, choose_writer
from app.audio.files import is_replaceable, open_output
from app.cli.book import check_rate, make_comment, read_target
from app.cli.flags import find_given, settings
from app.cli.output import check_output, exit_on_sigterm
from app.cli.parser import UsageError
from app.cli.source import BOOK_SETTINGS, Source, load_pipeline, make_request
from app.documents.read import SCREENPLAYS, TABLES
from app.documents.script import ScriptLine, read_lines
from app.documents.text import decode
from app.errors import UnknownEmotion
from app.planning.planner import CharacterVoices
from app.types import Clause, Emotion, PlanWarning, Role, Samples, SpeechRequest

if TYPE_CHECKING:
    from app.production.narrate import Line
    from app.production.store import Store
    from app.synthesis.pipeline import Pipeline

_DATE = (1980, 1, 1, 0, 0, 0)
"""Time of every entry of an archive, so that the same lines give the same bytes."""
MANIFEST = "lines.json"
_WITHOUT_EFFECT = ("plan", "retake", "subtitles", "subtitles_by", "chapter_files", "cover", "title", "author", "json")
"""Flags about books and plans."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Line whose utterances are in the store."""

    line: ScriptLine
    lines: list[Line]
    rates: tuple[int, int]
    """Sample rates of the recordings and of the file, in Hertz."""
    voice: str
    warnings: tuple[PlanWarning, ...]


def is_script_output(options: argparse.Namespace) -> bool:
    """Return whether a table or a screenplay is to be spoken into a file for each line."""
    if options.source is None or options.output is None:
        return False
    is_script = Path(options.source).suffix.lower() in TABLES | SCREENPLAYS and Path(options.source).is_file()
    named = options.output.suffix.lower() in ("", ".zip") and is_replaceable(options.output)
    return is_script and (named or options.output.is_dir())


def run_script(options: argparse.Namespace) -> int:
    """Speak every line, and write the files and a list of them; nothing is spoken again after an interruption."""
    from app.production.mastering import make_mastering
    from app.production.store import open_store, remove_store

    if flag := find_given(options, _WITHOUT_EFFECT):
        raise UsageError(f"{flag} has no effect on lines of a script.", hint="Leave it out.")
    if not options.output.is_dir():
        check_output(options.output)
        if options.output.exists() and not _is_archive(options.output):
            raise UsageError(f"{options.output} is a file, not a folder.", hint="Name a folder or a .zip archive.")
    decoded = decode(Path(options.source).read_bytes(), options.source)
    lines, warnings = read_lines(decoded)
    format = FORMATS.get((options.format or "wav").lower())
    if format is None:
        raise UsageError(f"The format {options.format!r} is unknown.", hint=f"Choose {' or '.join(FORMATS)}.")
    bit_rate = options.bitrate * 1000 if options.bitrate else None
    choose_writer(format.name, bit_rate)
    check_rate(options.sample_rate, format)
    requests = [make_line_request(options, line, format) for line in lines]
    target = read_target(options)
    if target and target.bit_rate:
        raise UsageError("--loudness acx is for books, not for lines.", hint="Choose podcast, or LUFS such as -18.")
    folder = options.output.with_name(f"{options.output.name}.parts")
    with exit_on_sigterm():
        pipeline = load_pipeline(settings(**BOOK_SETTINGS), options.voice)
        with open_store(folder) as (store, takes):
            spoken = [
                speak_line(pipeline, line, request, store, takes) for line, request in zip(lines, requests, strict=True)
            ]
            every = [one for row in spoken for one in row.lines]
            mastering = make_mastering(
                every, store, spoken[0].rates, target, 1.0 if options.dynamics is None else options.dynamics
            )
            bare = replace(mastering, target=replace(target, lead=0.0, tail=0.0) if target else None)

            def render(row: Spoken) -> Iterator[Samples]:
                return replace(bare, rate=row.rates[0], output_rate=row.rates[1]).render(row.lines, store)

            write_lines(options.output, spoken, format, bit_rate, render, store)
    if not options.keep:
        remove_store(folder)
    for warning in dict.fromkeys((*warnings, *(one for row in spoken for one in row.warnings))):
        sys.stderr.write(f"{warning.code}: {warning.detail}\n")
    sys.stdout.write(f"{options.output}: {len(lines)} lines\n")
    return 0


def make_line_request(options: argparse.Namespace, line: ScriptLine, format: AudioFormat) -> SpeechRequest:
    """Return the request for a line: the voice of its character, and its emotion if it names one."""
    from app.emotion import parse_emotion_spec

    request = make_request(options, Source(line.text))
    voice = CharacterVoices(request.voices).find(
        Clause(line.text, 0, len(line.text), line.text, role=Role.DIALOGUE, speaker=line.character or None)
    )
    emotion: Any = request.emotion
    if line.emotion:
        try:
            emotion = parse_emotion_spec(line.emotion)
        except UnknownEmotion as error:
            raise UsageError(f"Line {line.id}: {error.detail}", hint=error.hint) from None
    rate = options.sample_rate
    return replace(
        request,
        voice=voice or request.voice,
        voices={},
        emotion=emotion if isinstance(emotion, Emotion) or emotion else None,
        rate_for=lambda own: rate or format.choose_sample_rate(own),
    )


def speak_line(
    pipeline: Pipeline, line: ScriptLine, request: SpeechRequest, store: Store, takes: dict[str, int]
) -> Spoken:
    """Speak what the store lacks of a line."""
    from app.production.narrate import narrate

    narration = narrate(pipeline, request, store, takes)
    selection = narration.selection
    rates = (selection.sample_rate, request.rate_for(selection.sample_rate))
    return Spoken(line, narration.lines, rates, selection.voice.name, tuple(narration.warnings))


def write_lines(
    path: Path,
    spoken: list[Spoken],
    format: AudioFormat,
    bit_rate: int | None,
    render: Callable[[Spoken], Iterator[Samples]],
    store: Store,
) -> None:
    """Write a file for each line and the list of them, into a folder or an archive."""
    from app.production.narrate import place_lines

    make_writer = choose_writer(format.name, bit_rate)
    rows = []
    with _open_target(path) as write:
        for one in spoken:
            buffer = io.BytesIO()
            writer = make_writer(buffer, one.rates[1])
            for samples in render(one):
                writer.push(samples)
            writer.end()
            name = f"{one.line.id}.{format.name}"
            write(name, buffer.getvalue())
            placed, seconds = place_lines(one.lines, store, one.rates[0])
            rows.append(
                {
                    **{"id": one.line.id, "file": name, "character": one.line.character, "line": one.line.text},
                    **{"emotion": [utterance.emotion.value for utterance in placed], "seconds": round(seconds, 3)},
                    "words": [
                        {"text": word.text, "start": round(word.start, 3), "end": round(word.end, 3)}
                        for utterance in placed
                        for word in utterance.words
                    ],
                }
            )
        comment = make_comment(", ".join(dict.fromkeys(one.voice for one in spoken)))
        listed = json.dumps({"comment": comment, "lines": rows}, ensure_ascii=False, indent=1)
        write(MANIFEST, listed.encode())


def _is_archive(path: Path) -> bool:
    return path.suffix.lower() == ".zip" and not path.is_dir()


@contextmanager
def _open_target(path: Path) -> Iterator[Callable[[str, bytes], None]]:
    """Yield a function that writes a file into the archive or the folder."""
    if not _is_archive(path):
        path.mkdir(exist_ok=True)

        def write(name: str, data: bytes) -> None:
            with open_output(path / name) as file:
                file.write(data)

        yield write
        return
    with open_output(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        yield lambda name, data: archive.writestr(zipfile.ZipInfo(name, _DATE), data)
