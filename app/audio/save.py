"""Samples -> a file on disk, piece by piece: a book takes no more memory than a sentence."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import soundfile

from app.audio.encode import FORMATS, Samples, to_int16

_RIFF_SIZE, _DATA_SIZE, _HEADER = 4, 40, 44
"""Where a WAV file's header says how long it is, and how long the header is; bytes."""
_MOST = 0xFFFFFFFF


def save(path: Path, format: str, sample_rate: int, pieces: Iterable[Samples]) -> float:
    """Write the file and return its seconds. What was written before an error is a whole, shorter file."""
    count = 0
    with path.open("wb") as file:
        if format == "flac":
            with soundfile.SoundFile(file, "w", sample_rate, channels=1, format="FLAC", subtype="PCM_16") as flac:
                for samples in pieces:
                    flac.write(to_int16(samples))
                    count += len(samples)
            return count / sample_rate
        encoder = FORMATS[format].stream(sample_rate)
        try:
            for samples in pieces:
                file.write(encoder.push(samples))
                count += len(samples)
        finally:
            file.write(encoder.end())
            if format == "wav" and file.seekable():
                _write_sizes(file)
    return count / sample_rate


def _write_sizes(file: BinaryIO) -> None:
    """Tell the header what it could not know; over 4 GiB it goes on saying that the size is unknown."""
    size = file.tell()
    if _HEADER <= size <= _MOST:  # a device tells no size
        for place, value in ((_RIFF_SIZE, size - 8), (_DATA_SIZE, size - _HEADER)):
            file.seek(place)
            file.write(struct.pack("<I", value))
