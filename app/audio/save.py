"""Samples -> a file on disk, piece by piece: a book takes no more memory than a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from app.audio.encode import FORMATS, AudioFormat, Samples
from app.audio.writing import Writer


def save(path: Path, format: str, sample_rate: int, pieces: Iterable[Samples]) -> float:
    """Write the file and return its seconds. What was written before an error is a whole, shorter file.

    `format` is a key of FORMATS that has this sample rate (Hertz). A pipe gets a stream.
    """
    row, count = FORMATS[format], 0
    with path.open("wb") as file:
        writer = row.writer(file, sample_rate) if file.seekable() else _Forward(row, file, sample_rate)
        try:
            for samples in pieces:
                writer.push(samples)
                count += len(samples)
        finally:
            writer.end()
    return count / sample_rate


class _Forward(Writer):
    """Sends a stream on as it is made."""

    def __init__(self, format: AudioFormat, file: BinaryIO, sample_rate: int) -> None:
        self._encoder = format.stream(sample_rate)
        self._file = file

    def push(self, samples: Samples) -> None:
        self._file.write(self._encoder.push(samples))
        self._file.flush()

    def end(self) -> None:
        self._file.write(self._encoder.end())
