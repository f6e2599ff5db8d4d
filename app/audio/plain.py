"""Samples as they are: bare (pcm), or behind the head of a WAV file."""

from __future__ import annotations

import struct

from app.audio.samples import Samples, to_int16
from app.audio.writing import OutputFile

BYTES_PER_SAMPLE = 2
_HEAD_AFTER_SIZE = 36
"""Bytes of the head that its first size counts in."""
_UNKNOWN_SIZE = 0xFFFFFFFF
"""What follows goes on as long as it goes on."""


class PcmWriter:
    """16-bit little-endian samples and nothing else."""

    def __init__(self, file: OutputFile, sample_rate: int) -> None:
        self._file = file

    def push(self, samples: Samples) -> None:
        self._file.write(to_int16(samples).tobytes())

    def end(self) -> None:
        """Nothing is left."""


class WavWriter:
    """The head, which says that the size is unknown until the end is there, and the samples."""

    def __init__(self, file: OutputFile, sample_rate: int) -> None:
        self._file = file
        self._rate = sample_rate
        self._size = 0
        self._begun = False

    def push(self, samples: Samples) -> None:
        if not len(samples):
            return
        data = to_int16(samples).tobytes()
        self._begin()
        self._file.write(data)
        self._size += len(data)

    def end(self) -> None:
        """Over 4 GiB the head goes on saying that the size is unknown."""
        self._begin()
        if self._size + _HEAD_AFTER_SIZE < _UNKNOWN_SIZE:
            self._file.seek(0)
            self._file.write(_head(self._rate, self._size + _HEAD_AFTER_SIZE, self._size))

    def _begin(self) -> None:
        if not self._begun:
            self._file.write(_head(self._rate, _UNKNOWN_SIZE, _UNKNOWN_SIZE))
        self._begun = True


def _head(sample_rate: int, riff_size: int, data_size: int) -> bytes:
    """The plain one of 44 bytes; nothing comes after the samples, for some players speak whatever follows."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", riff_size, b"WAVE",
        b"fmt ", 16, 1, 1, sample_rate, sample_rate * BYTES_PER_SAMPLE, BYTES_PER_SAMPLE, 8 * BYTES_PER_SAMPLE,
        b"data", data_size,
    )  # fmt: skip
