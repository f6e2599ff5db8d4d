"""One sentence as sound: spoken by a voice, or read from a file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from app.errors import SetupError
from app.evaluation.wording import normalized

Samples = npt.NDArray[np.float32]
"""Mono, (samples,), within -1..1."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A sentence and its sound."""

    group: str
    """Figures are made of the recordings of a group: an emotion, or whatever a list of recordings says."""
    text: str
    samples: Samples
    sample_rate: int
    """Hertz."""
    computing_seconds: float | None = None
    """Time that it took to speak it; None where that is not known."""

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.samples) / self.sample_rate


def read_recordings(path: Path, limit: int | None = None) -> list[Recording]:
    """Recordings of a list: group, tab, wav or flac (relative to the list), tab, text; at most `limit` of a group."""
    count: Counter[str] = Counter()
    found = []
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        parts = line.split("\t")
        if len(parts) != 3 or not normalized(parts[2]):
            raise SetupError(f"Line {number} of {path} is not: group, tab, sound file, tab, text.")
        group, file, text = parts
        if limit is None or count[group] < limit:
            found.append(Recording(group, text, *_read_sound(path.parent / file)))
            count[group] += 1
    if not found:
        raise SetupError(f"{path} names no recordings.")
    return found


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise SetupError(f"{path} is not UTF-8.") from None


def _read_sound(path: Path) -> tuple[Samples, int]:
    """Samples (channels are averaged) and sample rate."""
    try:
        samples, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise SetupError(f"{path} cannot be read as sound: {error.error_string}") from None
    if not len(samples):
        raise SetupError(f"{path} holds no sound.")
    return samples.mean(axis=1), sample_rate
