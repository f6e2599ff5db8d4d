"""Parse the values of arguments; each function is an argparse type."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from app.audio.files import STDOUT


def parse_counts(value: str) -> list[int]:
    """Parse a comma-separated list of whole numbers that are at least 1."""
    return list(map(parse_count, value.split(",")))


def make_names_type(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Return an argparse type that parses a comma-separated list of known names."""

    def parse_names(value: str) -> list[str]:
        chosen = value.split(",")
        if unknown := [name for name in chosen if name not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
        return chosen

    return parse_names


def parse_count(value: str) -> int:
    """Parse a whole number that is at least 1."""
    try:
        count = int(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r} is not a whole number") from None
    if count < 1:
        raise argparse.ArgumentTypeError(f"{value} is not at least 1")
    return count


def parse_rate(value: str) -> int:
    """Parse a sample rate."""
    rate = parse_count(value)
    if not 8000 <= rate <= 96_000:
        raise argparse.ArgumentTypeError(f"{value} is not from 8000 to 96000")
    return rate


def parse_output(value: str) -> Path:
    """Parse the path of an output: only `-` itself is standard output, `./-` is a file."""
    path = Path(value)
    return path.absolute() if path == STDOUT and value != str(STDOUT) else path


def parse_folder(value: str) -> Path:
    """Parse the path of a folder, which must exist."""
    if not Path(value).is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {value}")
    return Path(value)


def parse_file(value: str) -> Path:
    """Parse the path of a file to write, whose folder must exist."""
    path = Path(value)
    return parse_folder(str(path.parent)) / path.name


def parse_subtitles(value: str) -> Path:
    """Parse the path of subtitles."""
    path = parse_file(value)
    if path.suffix.lower() not in (".srt", ".vtt"):
        raise argparse.ArgumentTypeError(f"{value} ends neither in .srt nor in .vtt")
    return path


def parse_dynamics(value: str) -> float:
    """Parse a factor from 0 to 2."""
    try:
        factor = float(value)
    except ValueError:
        factor = -1.0
    if not 0 <= factor <= 2:
        raise argparse.ArgumentTypeError(f"{value} is no number from 0 to 2")
    return factor
