"""Samples, resampled and written as they are: the writers of pcm, wav and flac."""

from __future__ import annotations

import io
import struct
from typing import Protocol

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from app.types import Samples

_FULL_SCALE = 32767


def bounded(samples: Samples) -> Samples:
    """What lies outside -1..1 is clipped; what is no number is silence."""
    return np.clip(np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)


def to_int16(samples: Samples) -> npt.NDArray[np.int16]:
    """16-bit samples, rounded to the nearest; what lies outside -1..1 is clipped, for it would wrap around."""
    return np.rint(bounded(samples) * _FULL_SCALE).astype("<i2")


QUALITY = "HQ"
"""Of soxr: what it adds lies below the noise of 16 bits."""


class Resampler:
    """Resamples one stream with soxr; equal rates (Hertz) pass through untouched.

    However the stream is cut, it gives the samples that it would give at once, to the bit; there are `to_rate /
    from_rate` times as many. Some 40 ms are held back until what follows is there. A sound near full scale can leave
    -1..1 a little: filters ring.
    """

    def __init__(self, from_rate: int, to_rate: int) -> None:
        same = from_rate == to_rate
        self._soxr = None if same else soxr.ResampleStream(from_rate, to_rate, 1, "float32", QUALITY)

    def push(self, samples: Samples) -> Samples:
        """Take the next samples; give those that can be told now, perhaps none."""
        return samples if self._soxr is None else self._resampled(self._soxr, samples, last=False)

    def end(self) -> Samples:
        """Give what is left, once."""
        nothing = np.zeros(0, np.float32)
        return nothing if self._soxr is None else self._resampled(self._soxr, nothing, last=True)

    @staticmethod
    def _resampled(stream: soxr.ResampleStream, samples: Samples, last: bool) -> Samples:
        resampled: Samples = stream.resample_chunk(samples, last=last)
        return resampled


class OutputFile(Protocol):
    """A file of bytes, on disk, in memory, or a `StreamBuffer`."""

    def write(self, data: bytes, /) -> int: ...

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int: ...

    def tell(self) -> int: ...

    def seekable(self) -> bool:
        """Whether what was written can be changed, so that the head may tell what is known at the end."""
        ...


class Writer(Protocol):
    """Writes one file; samples may come in pieces of any length, which change no byte of it."""

    def push(self, samples: Samples) -> None:
        """Take the next samples, as many as there are."""

    def end(self) -> None:
        """Write what is left, once; the file itself is left open. Without any sample before, it is valid and empty."""


class StreamBuffer:
    """A file whose bytes are handed out while it is written: holds only those that were not taken yet.

    Some writers go back at the end, to write into the head what they know by then. That head was sent with the first
    samples and cannot be changed any more: what is written over taken bytes is dropped.
    """

    def __init__(self) -> None:
        self.taken = 0
        """Bytes that were handed out."""
        self._waiting = bytearray()
        self._position = 0

    def take(self) -> bytes:
        """The bytes since the last time."""
        waiting, self._waiting = bytes(self._waiting), bytearray()
        self.taken += len(waiting)
        return waiting

    def write(self, data: bytes, /) -> int:
        place = self._position - self.taken
        kept = data[max(0, -place) :]
        place = max(0, place)
        self._waiting[place : place + len(kept)] = kept
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.taken + len(self._waiting)}
        self._position = origin[whence] + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def seekable(self) -> bool:
        """False, though libsndfile must be let move about: what was taken is gone."""
        return False


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


_BITS_PER_SAMPLE = 16
_BLOCK = 4096
"""Samples."""


class FlacWriter:
    """FLAC block by block; the head of a stream says that the number of samples is unknown."""

    def __init__(self, file: OutputFile, sample_rate: int) -> None:
        self._file = file
        self._rate = sample_rate
        self._flac = soundfile.SoundFile(file, "w", sample_rate, channels=1, format="FLAC", subtype="PCM_16")
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
