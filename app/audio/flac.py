"""FLAC, with libsndfile."""

from __future__ import annotations

import struct

import soundfile

from app.audio.samples import Samples, to_int16
from app.audio.writing import OutputFile

_BITS_PER_SAMPLE = 16
_BLOCK = 4096
"""Samples."""


class FlacWriter:
    """FLAC block by block; the head of a stream says that the number of samples is unknown."""

    def __init__(self, file: OutputFile, sample_rate: int, comment: str = "") -> None:
        self._file = file
        self._rate = sample_rate
        self._flac = soundfile.SoundFile(file, "w", sample_rate, channels=1, format="FLAC", subtype="PCM_16")
        if comment:
            self._flac.comment = comment
        self._begun = False

    def push(self, samples: Samples) -> None:
        if len(samples):
            self._flac.write(to_int16(samples))
            self._begun = True

    def end(self) -> None:
        self._flac.close()
        if not self._begun:
            self._file.write(_empty(self._rate))


def _empty(sample_rate: int) -> bytes:
    """The mark and STREAMINFO alone: libsndfile writes nothing at all, which no decoder opens, for no samples.

    What the zeros leave open (sizes of frames, number of samples, checksum) may be open in any FLAC.
    """
    kind_and_last = 0x80
    form = sample_rate << 44 | (_BITS_PER_SAMPLE - 1) << 36
    return b"fLaC" + struct.pack(">BxHHH6xQ16x", kind_and_last, 34, _BLOCK, _BLOCK, form)
