"""Read a folder of recordings in the layout of LJSpeech.

metadata.csv      name|text or name|text|text as it is read; an emotion may be the last column of either
wavs/NAME.wav     or NAME.flac, any sample rate
durations.jsonl   optional: {"name": …, "symbols": phonemes, "seconds": [one value per symbol]}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import librosa
import numpy as np
import numpy.typing as npt
import soundfile

from app.errors import SetupError
from app.types import Emotion

SUFFIXES = (".wav", ".flac")


class Fault(StrEnum):
    """Reason why a recording cannot be used for training."""

    COLUMNS = "wrong number of columns"
    EMOTION = "unknown emotion"
    DUPLICATE = "name given twice"
    MISSING = "file missing"
    UNREADABLE = "file unreadable"
    EMPTY = "empty transcript"
    ODD = "odd transcript"
    ALPHABET = "characters outside the alphabet"
    CLIPPED = "clipping"
    SILENT = "silence"
    SHORT = "too short"
    LONG = "too long"
    RATE = "sample rate too low"
    DURATIONS = "durations that do not fit"


@dataclass(frozen=True, slots=True)
class DatasetProblem:
    """A skipped recording and the reason."""

    name: str
    fault: Fault
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Durations:
    """Duration of each phoneme of a recording."""

    symbols: str
    seconds: tuple[float, ...]
    """One value per symbol."""


@dataclass(frozen=True, slots=True)
class DatasetRecording:
    """A recording and its transcript."""

    name: str
    text: str
    """The text as it is read aloud."""
    emotion: Emotion | None
    sound: Path
    durations: Durations | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """All rows of a folder."""

    folder: Path
    recordings: tuple[DatasetRecording, ...]
    problems: tuple[DatasetProblem, ...]
    """Rows that cannot be used."""
    sha256: str
    """Hash of the lists and of the names and sizes of the recordings."""

    def select_emotion(self, emotion: Emotion) -> Dataset:
        """Return the data set without recordings labelled with another emotion."""
        kept = tuple(each for each in self.recordings if each.emotion in (None, emotion))
        return replace(self, recordings=kept)

    def list_emotions(self, unlabelled: Emotion) -> set[Emotion]:
        """Return all emotions of the recordings; `unlabelled` is the emotion of those without a label."""
        return {each.emotion or unlabelled for each in self.recordings}


def read_dataset(folder: Path) -> Dataset:
    """Read the lists of a folder, but no sound."""
    path = folder / "metadata.csv"
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise SetupError(
            f"{path} cannot be read: {error.strerror}.", hint="Lay the folder out as LJSpeech is."
        ) from None
    except UnicodeDecodeError as error:
        raise SetupError(f"{path} is not UTF-8: {error.reason} at byte {error.start}.") from None
    files = {file.stem: file for file in sorted((folder / "wavs").glob("*")) if file.suffix.lower() in SUFFIXES}
    durations = dict(read_durations(folder / "durations.jsonl"))
    found: dict[str, DatasetRecording] = {}
    problems = []
    for line in filter(str.strip, lines):
        row = read_row(line, files, durations)
        if isinstance(row, DatasetRecording) and row.name in found:
            row = DatasetProblem(row.name, Fault.DUPLICATE)
        if isinstance(row, DatasetRecording):
            found[row.name] = row
        else:
            problems.append(row)
    return Dataset(folder, tuple(found.values()), tuple(problems), identify_dataset(folder, files))


def read_row(
    line: str, files: Mapping[str, Path], durations: Mapping[str, Durations]
) -> DatasetRecording | DatasetProblem:
    """Parse one line of metadata.csv."""
    name, *texts = (part.strip() for part in line.split("|"))
    emotion = None
    if len(texts) > 1 and texts[-1] in list(Emotion):
        emotion = Emotion(texts.pop())
    elif len(texts) == 3:
        return DatasetProblem(name, Fault.EMOTION, texts[-1])
    if not name or not 1 <= len(texts) <= 2:
        return DatasetProblem(name or line[:20], Fault.COLUMNS, f"{line.count('|') + 1}")
    if name not in files:
        return DatasetProblem(name, Fault.MISSING)
    return DatasetRecording(name, texts[-1], emotion, files[name], durations.get(name))


def read_durations(path: Path) -> Iterator[tuple[str, Durations]]:
    """Yield the names and durations of `durations.jsonl`, if the file exists."""
    if not path.exists():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            yield str(row["name"]), Durations(str(row["symbols"]), tuple(float(each) for each in row["seconds"]))
        except (ValueError, KeyError, TypeError) as error:
            raise SetupError(f"Line {number} of {path} is not as it should be: {error!r}.") from None


def identify_dataset(folder: Path, files: Mapping[str, Path]) -> str:
    """Return a SHA-256 that identifies the data. It uses file sizes, as hashing hours of sound would take minutes."""
    digest = hashlib.sha256()
    for name in ("metadata.csv", "durations.jsonl"):
        path = folder / name
        digest.update(path.read_bytes() if path.exists() else b"")
    for name, file in files.items():
        digest.update(f"{name} {file.stat().st_size}\n".encode())
    return digest.hexdigest()


def read_sound(path: Path, sample_rate: int) -> npt.NDArray[np.float32]:
    """Read a recording as mono samples (samples,), resampled to `sample_rate`."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono: npt.NDArray[np.float32] = samples.mean(axis=1)
    if rate != sample_rate:
        mono = librosa.resample(mono, orig_sr=rate, target_sr=sample_rate)
    return mono
