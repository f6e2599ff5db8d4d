"""coqui's `config.json`: read as coqui reads it, and the speakers that it names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from typing import Any

from app.errors import InvalidVoice

COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*+"?)|//[^\n]*')
"""A string, which stays, or a comment: coqui released configs that explain themselves."""


def read_config(path: Path) -> dict[str, Any]:
    """Read a JSON object."""
    try:
        config = parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidVoice(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise InvalidVoice(f"{path} is not valid JSON: {error}.") from None
    if not isinstance(config, dict):
        raise InvalidVoice(f"{path} does not hold a JSON object.")
    return config


def parse(text: str) -> Any:
    """JSON, with or without comments."""
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(COMMENT.sub(lambda found: found[1] or "", text))


def config_speakers(path: Path, config: Mapping[str, Any]) -> list[str]:
    """The speakers of a config, in the order of their embeddings, as it says itself or in a JSON file beside it."""
    if not config.get("use_speaker_embedding"):
        return []
    if config.get("speakers"):
        return [str(name) for name in config["speakers"]]
    listed = speakers_file(config)
    if not listed.endswith(".json"):
        raise InvalidVoice(
            f"{path}: use_speaker_embedding is set, but speakers_file is {listed!r}.",
            hint='Name a JSON file, {"speaker": index, …}, relative to the config, or give `speakers` in voice.json.',
        )
    return numbered(read_config(inside(path.parent, listed)), path.parent / listed)


def speakers_file(config: Mapping[str, Any]) -> str:
    """Name of the file that numbers the speakers; coqui writes where it lay on the training machine, be it
    with slashes or backslashes."""
    listed = config.get("speakers_file") or config.get("speaker_file")
    return PureWindowsPath(listed).name if isinstance(listed, str) else ""


def numbered(ids: Mapping[str, Any], path: Path) -> list[str]:
    """`{"speaker": index, …}` -> the names by index."""
    numbers = [number for number in ids.values() if isinstance(number, int)]
    if sorted(numbers) != list(range(len(ids))):
        raise InvalidVoice(f"{path} does not number its speakers from 0 without a gap.")
    return sorted(ids, key=lambda name: int(ids[name]))


def inside(folder: Path, path: str) -> Path:
    """A file of a folder; links that lead out of it are refused."""
    resolved = (folder / path).resolve()
    if not resolved.is_relative_to(folder.resolve()):
        raise InvalidVoice(f"{path} leads out of {folder}.")
    if not resolved.is_file():
        raise InvalidVoice(f"{path} is missing in {folder}.")
    return resolved
