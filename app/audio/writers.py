"""Resample audio, play it faster, and write PCM, G.711, WAV and FLAC."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from app.types import Samples

_FULL_SCALE = 32767


def clip(samples: Samples) -> Samples:
    """Clip samples to -1..1, and replace NaN by silence."""
    return np.clip(np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)


def to_int16(samples: Samples) -> npt.NDArray[np.int16]:
    """Round samples to 16 bits; values outside -1..1 are clipped, because they would wrap around."""
    return np.rint(clip(samples) * _FULL_SCALE).astype("<i2")


SOXR_QUALITY = "HQ"
"""Quality setting of soxr whose artifacts lie below the quantization noise of 16 bits."""


class Resampler:
    """Resampler of a stream with soxr; with equal rates (Hertz) the samples pass unchanged.

    The division of the stream into pieces does not change a bit of the output, which has `to_rate / from_rate` times as
    many samples as the input. About 40 ms are delayed until the next samples arrive. Audio near full scale can exceed
    -1..1 slightly, because filters ring.
    """

    def __init__(self, from_rate: float, to_rate: int) -> None:
        same = from_rate == to_rate
        self._soxr = None if same else soxr.ResampleStream(from_rate, to_rate, 1, "float32", SOXR_QUALITY)

    def push(self, samples: Samples) -> Samples:
        """Resample the next samples; return the output that is ready, possibly none."""
        return samples if self._soxr is None else self._resample(self._soxr, samples, last=False)

    def end(self) -> Samples:
        """Return the remaining samples; call this once."""
        nothing = np.zeros(0, np.float32)
        return nothing if self._soxr is None else self._resample(self._soxr, nothing, last=True)

    @staticmethod
    def _resample(stream: soxr.ResampleStream, samples: Samples, last: bool) -> Samples:
        resampled: Samples = stream.resample_chunk(samples, last=last)
        return resampled


class OutputFile(Protocol):
    """Binary file on disk or in memory, or a `StreamBuffer`."""

    def write(self, data: bytes, /) -> int: ...

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int: ...

    def tell(self) -> int: ...

    def seekable(self) -> bool:
        """Return whether written bytes can be overwritten, so that the header can be completed at the end."""
        ...


class Writer(Protocol):
    """Writer of a file; the division of the samples into pieces does not change a byte of it."""

    def push(self, samples: Samples) -> None:
        """Write any number of samples."""

    def end(self) -> None:
        """Write the remaining bytes and leave the file open; call this once.

        Without any samples, the file is valid and empty.
        """


class StreamBuffer:
    """File whose bytes can be taken while it is written; it holds only those not taken yet.

    Some writers seek back at the end to complete the header. The header was sent with the first samples and cannot be
    changed, so writes over taken bytes are discarded.
    """

    def __init__(self) -> None:
        self.taken = 0
        """Number of bytes taken so far."""
        self._waiting = bytearray()
        self._position = 0

    def take(self) -> bytes:
        """Return the bytes written since the last call."""
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
        """Return False because taken bytes are gone, even though libsndfile requires `seek` to work."""
        return False


BYTES_PER_SAMPLE = 2
_HEAD_AFTER_SIZE = 36
"""Bytes of the WAV header that the RIFF chunk's size includes."""
_UNKNOWN_SIZE = 0xFFFFFFFF
"""Size in the WAV header of a stream whose length is unknown."""


class PcmWriter:
    """Writer of 16-bit little-endian samples without a header."""

    def __init__(self, file: OutputFile, sample_rate: int) -> None:
        self._file = file

    def push(self, samples: Samples) -> None:
        self._file.write(to_int16(samples).tobytes())

    def end(self) -> None:
        """Do nothing; no bytes remain."""


class G711Writer:
    """Writer of logarithmic samples of 8 bits without a header (ITU-T G.711)."""

    def __init__(self, law: Literal["ULAW", "ALAW"], file: OutputFile, sample_rate: int) -> None:
        self._raw = soundfile.SoundFile(file, "w", sample_rate, channels=1, format="RAW", subtype=law)

    def push(self, samples: Samples) -> None:
        if len(samples):
            self._raw.write(to_int16(samples))

    def end(self) -> None:
        self._raw.close()


class WavWriter:
    """Writer of WAV, whose header declares an unknown size until the end is known."""

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
        """Write the size into the header, unless it exceeds 4 GiB: then it remains unknown."""
        self._begin()
        if self._size + _HEAD_AFTER_SIZE < _UNKNOWN_SIZE:
            self._file.seek(0)
            self._file.write(_make_wav_header(self._rate, self._size + _HEAD_AFTER_SIZE, self._size))

    def _begin(self) -> None:
        if not self._begun:
            self._file.write(_make_wav_header(self._rate, _UNKNOWN_SIZE, _UNKNOWN_SIZE))
        self._begun = True


def _make_wav_header(sample_rate: int, riff_size: int, data_size: int) -> bytes:
    """Return the plain WAV header of 44 bytes. No chunk follows the samples, as some players would play it as audio."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", riff_size, b"WAVE",
        b"fmt ", 16, 1, 1, sample_rate, sample_rate * BYTES_PER_SAMPLE, BYTES_PER_SAMPLE, 8 * BYTES_PER_SAMPLE,
        b"data", data_size,
    )  # fmt: skip


_BITS_PER_SAMPLE = 16
_BLOCK_SAMPLES = 4096
"""Samples per block."""


class FlacWriter:
    """Writer of FLAC, block by block; the header of a stream declares an unknown number of samples."""

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
            self._file.write(_make_empty_flac(self._rate))


def _make_empty_flac(sample_rate: int) -> bytes:
    """Return an empty FLAC file: only the marker and STREAMINFO.

    Without samples, libsndfile writes no bytes at all, which no decoder opens. Zero means unknown for the sizes of
    frames, the number of samples and the checksum, which any FLAC file may leave unknown.
    """
    kind_and_last = 0x80
    form = sample_rate << 44 | (_BITS_PER_SAMPLE - 1) << 36
    return b"fLaC" + struct.pack(">BxHHH6xQ16x", kind_and_last, 34, _BLOCK_SAMPLES, _BLOCK_SAMPLES, form)


def play_faster(chunks: Iterable[Samples], ratio: float, sample_rate: int) -> Iterator[Samples]:
    """Yield samples at `ratio` times the rate and the pitch, of the same sample rate in hertz.

    The spectrum moves with the pitch: a shift of some semitones sounds like a smaller or a larger speaker, without the
    echoes of a phase vocoder.
    """
    if ratio == 1:
        yield from chunks
        return
    resampler = Resampler(ratio * sample_rate, sample_rate)
    for chunk in chunks:
        if len(samples := resampler.push(np.ascontiguousarray(chunk))):
            yield np.clip(samples, -1, 1)
    if len(samples := resampler.end()):
        yield np.clip(samples, -1, 1)
