"""The files of a folder that may be coqui-tts's: configs, with what they say they are, and the rest."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

from app.errors import InvalidVoice
from app.voices.config_file import read_config
from app.voices.manifest import FILE_NAME


class Kind(StrEnum):
    """What a network is for."""

    ACOUSTIC = "acoustic model"
    VOCODER = "vocoder"


SUPPORTED = {
    Kind.ACOUSTIC: ("glow_tts", "tacotron", "tacotron2"),
    Kind.VOCODER: ("hifigan", "hifigan_source", "vocos_source"),
}
MOST_FILES = 10_000
"""More are not the folder of one voice."""
LARGEST_CONFIG = 10_000_000
"""Bytes; a larger JSON file is something else."""
D_VECTORS = ("use_d_vector_file", "use_external_speaker_embedding_file")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A config that was found."""

    path: PurePosixPath
    """Relative to the voice's folder."""
    kind: Kind
    architecture: str
    values: Mapping[str, Any] = field(compare=False, repr=False)

    @property
    def problem(self) -> str:
        """Why it cannot be spoken with; empty where it can."""
        if self.architecture not in SUPPORTED[self.kind]:
            return f"{self.path} is a {self.architecture}, which is not supported"
        if any(self.values.get(name) for name in D_VECTORS):
            return f"{self.path} takes its speakers from a file of vectors (d-vectors), which is not supported"
        return ""


def files_in(folder: Path) -> Iterator[PurePosixPath]:
    """The files of a folder and of those in it, relative to it, in order; hidden ones are passed over."""
    count = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inner = PurePosixPath(Path(place).relative_to(folder).as_posix())
        if FILE_NAME in names and Path(place) != folder:
            raise InvalidVoice(f"{place} has a {FILE_NAME} of its own.", hint="Name the folder of one voice.")
        yield from (inner / name for name in sorted(names) if not name.startswith("."))
        count += len(names)
        if count > MOST_FILES:
            raise InvalidVoice(
                f"There are more than {MOST_FILES} files in {folder}.", hint="Name the folder of one voice."
            )


def configs_in(folder: Path, files: Sequence[PurePosixPath]) -> list[ConfigFile]:
    """Those of its files that are configs of coqui-tts, or of this project's own vocoders."""
    found = (as_config(folder, path) for path in files if path.suffix == ".json" and path.name != FILE_NAME)
    return [config for config in found if config is not None]


def as_config(folder: Path, path: PurePosixPath) -> ConfigFile | None:
    """What a JSON file says it is; None where it is no config. One that is named so must be readable."""
    if (folder / path).stat().st_size > LARGEST_CONFIG:
        return None
    try:
        values = read_config(folder / path)
    except InvalidVoice:
        if "config" in path.name:
            raise
        return None
    named = values.get("architecture") or values.get("generator_model") or values.get("model")
    if not isinstance(named, str) or not isinstance(values.get("audio"), dict):
        return None
    architecture = named.lower().removesuffix("_generator")
    vocoder = "generator_model" in values or architecture in SUPPORTED[Kind.VOCODER]
    return ConfigFile(path, Kind.VOCODER if vocoder else Kind.ACOUSTIC, architecture, values)
