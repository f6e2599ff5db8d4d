"""Where the text of a command comes from, and what is asked of the pipeline with it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.usage import UsageError

if TYPE_CHECKING:
    from app.request import SpeechRequest


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
    from app.emotion import parse_feeling
    from app.plan import StrengthMode
    from app.request import SpeechRequest

    return SpeechRequest(
        text=text,
        voice=options.voice,
        emotion=parse_feeling(options.emotion),
        degree=options.degree,
        strength=StrengthMode(options.strength) if options.strength else None,
        expressiveness=options.expressiveness,
        context=tuple(options.context),
        speed=options.speed,
        seed=getattr(options, "seed", None),
        strict=options.strict,
        markup=options.ssml,
    )
