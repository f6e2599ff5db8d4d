"""Read the text that `say` and `analyze` get, make the request that their flags describe, and load its models."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from app.cli.flags import find_voices
from app.cli.parser import UsageError
from app.memory import pause_collection
from app.settings import Settings
from app.types import SpeechRequest

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline


TEXT_ENDINGS = frozenset(
    ".txt .text .md .markdown .rst .html .htm .xhtml .ssml .xml .json .csv .tsv .epub .pdf .doc .docx .odt .rtf".split()
)
"""Endings of file names; a word with one of them is the name of a file."""
_PATH_START = re.compile(r"\.{0,2}/|~")
_LETTER = re.compile(r"[^\W\d_]")
_PIPE_HINT = "To speak these words themselves, send them to standard input: echo … | intone say -"


def read_source(source: str) -> str:
    """Return the text: standard input for `-`, the content of a file of that name, or else `source` itself.

    Raise `UsageError` for a folder, and for the name of a file that does not exist.
    """
    if source == "-":
        return _decode(sys.stdin.buffer.read(), "standard input")
    if not source:
        return source  # its path would be the working folder
    path = Path(source)
    try:
        if path.is_dir():
            raise UsageError(f"{source} is a folder.", hint=f"Name a file. {_PIPE_HINT}")
        exists = path.exists()
    except (OSError, ValueError):  # a text that is too long for a file name, or that contains a NUL
        return source
    if exists:
        return _decode(path.read_bytes(), source)
    if is_file_name(source):
        raise UsageError(f"There is no file {source}.", hint=_PIPE_HINT)
    return source


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


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"Byte {error.start} of {name} is not UTF-8.", hint="Convert it, as with iconv.") from None


def make_request(options: argparse.Namespace) -> SpeechRequest:
    """Make the speech request that the flags describe."""
    text = read_source(options.source)
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
    return SpeechRequest(
        **{"tags": True, **chosen.collect_given()},
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
