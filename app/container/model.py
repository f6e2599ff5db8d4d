"""What SageMaker unpacked: one voice as it is, or several, each in a folder of its own."""

from __future__ import annotations

import json
from pathlib import Path

from app.errors import InvalidVoice
from app.voices import read_manifest
from app.voices.registry import voice_folders


def voices_of(model: Path) -> dict[str, str]:
    """Settings that have the folder's voices speak, the first of them by default; none where it is missing or empty."""
    if not model.is_dir() or not any(model.iterdir()):
        return {}
    names = names_in(model)
    return {"INTONE_VOICES": json.dumps([str(model)]), **({"INTONE_DEFAULT_VOICE": names[0]} if names else {})}


def names_in(model: Path) -> list[str]:
    """Names of the voices that can be read, in the order of their folders."""
    names = []
    for folder in voice_folders([model]):
        try:
            names.append(read_manifest(folder).name)
        except InvalidVoice:
            continue  # the service tells why
    return names
