"""Read what `say` and `analyze` get, make the request that their flags describe, and load its models."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from app.cli.flags import find_voices
from app.cli.parser import UsageError
from app.documents.document import Document
from app.documents.read import is_bare_text, read_document
from app.documents.text import decode
from app.memory import pause_collection
from app.settings import Settings
from app.text.headings import Heading
from app.types import SpeechRequest

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline


TEXT_ENDINGS = frozenset(
    ".txt .text .md .markdown .rst .html .htm .xhtml .ssml .xml .json .csv .tsv .epub .pdf .doc .docx .odt .rtf".split()
)
"""Endings of file names; a word with one of them is the name of a file."""
_PATH_START = re.compile(r"\.{0,2}/|~")
_LETTER = re.compile(r"[^\W\d_]")
BOOK_SETTINGS = {"max_chars": sys.maxsize, "max_audio_seconds": float(sys.maxsize), "cache_mb": 0, "batch_size": 1}
"""Settings without the limits that protect a service from its clients. A book hardly repeats a sentence, so there is no
cache; its sentences keep all cores busy one by one, so a batch would only take more memory."""
_CHAPTER_SEPARATOR = "\n\n"
_PIPE_HINT = "To speak these words themselves, send them to standard input: echo … | intone say -"


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be spoken: a text, or a document of an author."""

    text: str
    headings: tuple[Heading, ...] = ()
    """Beginnings of chapters in the text, in order."""
    document: Document | None = None
    """None for a text that is read as it is."""


def read_source(source: str, *, ssml: bool = False) -> Source:
    """Return the text: standard input for `-`, the content of a file of that name, or else `source` itself.

    Raise `UsageError` for a folder, and for the name of a file that does not exist; `UnreadableDocument` for a file
    that contains no text.
    """
    if source == "-":
        return _read_bytes(sys.stdin.buffer.read(), "", ssml)
    if not source:
        return Source(source)  # its path would be the working folder
    path = Path(source)
    try:
        if path.is_dir():
            raise UsageError(f"{source} is a folder.", hint=f"Name a file. {_PIPE_HINT}")
        exists = path.exists()
    except (OSError, ValueError):  # a text that is too long for a file name, or that contains a NUL
        return Source(source)
    if exists:
        return _read_bytes(path.read_bytes(), source, ssml)
    if is_file_name(source):
        raise UsageError(f"There is no file {source}.", hint=_PIPE_HINT)
    return Source(source)


def _read_bytes(data: bytes, name: str, ssml: bool) -> Source:
    """Read a file; SSML, and a text that is only a text, are read as they are."""
    if not data.strip():
        return Source("")
    document = None if ssml else read_document(data, name)
    if document is None or is_bare_text(document):
        text = decode(data, name or "Standard input").text
        return Source(text)
    headings, place = [], 0
    for chapter in document.chapters:
        if chapter.title:
            headings.append(Heading(chapter.title, place))
        place += len(chapter.text) + len(_CHAPTER_SEPARATOR)
    text = _CHAPTER_SEPARATOR.join(chapter.text for chapter in document.chapters)
    return Source(text, tuple(headings), document)


def is_file_name(source: str) -> bool:
    """Return whether an argument is meant as a file: by a slash or a known ending, if it is a single word.

    `3/4` and markup are texts. A path such as `./my story.txt` may contain spaces.
    """
    if "<" in source:
        return False
    known_ending = Path(source).suffix.lower() in TEXT_ENDINGS
    if len(source.split()) != 1:
        return known_ending and "\n" not in source and _PATH_START.match(source) is not None
    return known_ending or ("/" in source and _LETTER.search(source) is not None)


def make_request(options: argparse.Namespace, source: Source | None = None) -> SpeechRequest:
    """Make the speech request that the flags describe, for a source that was read or for that of the flags."""
    source = source or read_source(options.source, ssml=options.ssml)
    text = source.text
    if not text.strip():
        raise UsageError("The text is empty, or nothing but white space.", hint="Give some words, or a file.")
    from pydantic import ValidationError

    from app.emotion import AUTO, parse_emotion_spec
    from app.fields import SpeechOptions
    from app.text.lexicon_file import read_lexicon

    try:
        chosen = SpeechOptions.model_validate(
            {name: getattr(options, name, None) for name in SpeechOptions.model_fields if name != "lexicon"}
        )
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].removeprefix("Value error, ")
        flag = str(first["loc"][0]).replace("_", "-")
        raise UsageError(f"--{flag}: {message[:1].lower()}{message[1:]}.") from None
    if options.ssml and chosen.input_format is not None:
        raise UsageError("--input-format is the format of a text, but --ssml is given.")
    if options.ssml and chosen.tags:
        raise UsageError("--tags is about tags in a text, but --ssml is given.")
    given = {"tags": source.document is None, **chosen.collect_given()}
    if source.document is not None:
        given.setdefault("input_format", source.document.chapters[0].format)
    return SpeechRequest(
        **given,
        lexicon=read_lexicon(Path(options.lexicon)) if options.lexicon else None,
        text=text,
        voice=options.voice,
        emotion=parse_emotion_spec(options.emotion),
        has_emotion=options.emotion != AUTO,
        strict=options.strict,
        markup=options.ssml,
    )


def load_pipeline(settings: Settings, voice: str | None) -> Pipeline:
    """Load the models; raise `VoiceNotFound` before anything slow if there is no such voice."""
    registry = find_voices(settings)
    name = registry.get(voice).name
    console = Console(stderr=True)
    if console.is_terminal:
        from app.inference.graph_cache import has_graphs

        quick = settings.backend == "torch" or has_graphs(settings.graph_cache)
        wait = "" if quick else "; the first start converts networks, and takes longer"
        console.print(f"Loading the voice {name}{wait} …", style="dim", highlight=False)
    with pause_collection():
        from app.synthesis.pipeline import Pipeline

        return Pipeline.load(settings, registry=registry)
