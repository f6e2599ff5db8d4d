"""Samples -> the bytes of a file, or of a stream that leaves while it grows. A new format is a new row of a table."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.float32]
"""Mono, (samples,), within -1..1."""

_FULL_SCALE = 32767
_BYTES_PER_SAMPLE = 2
_UNKNOWN_SIZE = 0xFFFFFFFF
"""In a WAV header: what follows goes on as long as it goes on."""
_FLAC_BLOCK = 4096


class Encoder(Protocol):
    """Makes one stream; the bytes in their order, put together, decode to the samples in theirs."""

    def push(self, samples: Samples) -> bytes:
        """Take the next samples, as many as there are; give the bytes that can be sent now, perhaps none."""

    def end(self) -> bytes:
        """Give what is left, once: without any sample before, a valid stream that is empty."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """One kind of file that can be made."""

    name: str
    content_type: str
    also_accepted: tuple[str, ...]
    """Other names of the content type, as clients write it in `Accept`."""
    extension: str
    """Ending of a file's name, without the dot."""
    encode: Callable[[Samples, int], bytes]
    """Samples and sample rate (Hertz) -> the whole file."""
    stream: Callable[[int], Encoder]
    """Sample rate (Hertz) -> the encoder of one stream."""
    bare: bool = False
    """Whether the bytes do not tell the sample rate, so that the content type must."""

    @property
    def accepted(self) -> tuple[str, ...]:
        """Every media type that stands for this format, the one we answer with first."""
        return (self.content_type, *self.also_accepted)

    def content_type_at(self, sample_rate: int) -> str:
        """The content type of an answer."""
        return f"{self.content_type};rate={sample_rate}" if self.bare else self.content_type


def encode(samples: Samples, sample_rate: int, format: str) -> bytes:
    """The whole file in the format of that name (a key of FORMATS)."""
    return FORMATS[format].encode(samples, sample_rate)


def to_int16(samples: Samples) -> npt.NDArray[np.int16]:
    """16-bit samples, rounded to the nearest; what lies outside -1..1 is clipped, for it would wrap around."""
    scaled = np.rint(np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0) * _FULL_SCALE)
    return np.clip(scaled, -_FULL_SCALE, _FULL_SCALE).astype("<i2")


def _pcm(samples: Samples, sample_rate: int) -> bytes:
    return to_int16(samples).tobytes()


def _wav(samples: Samples, sample_rate: int) -> bytes:
    data = _pcm(samples, sample_rate)
    return _wav_header(sample_rate, 36 + len(data), len(data)) + data


def _wav_header(sample_rate: int, riff_size: int, data_size: int) -> bytes:
    """The plain header of 44 bytes and nothing after the samples: some players speak whatever follows."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", riff_size, b"WAVE",
        b"fmt ", 16, 1, 1, sample_rate, sample_rate * _BYTES_PER_SAMPLE, _BYTES_PER_SAMPLE, 8 * _BYTES_PER_SAMPLE,
        b"data", data_size,
    )  # fmt: skip


def _flac(samples: Samples, sample_rate: int) -> bytes:
    if not len(samples):
        return _empty_flac(sample_rate)
    file = io.BytesIO()
    soundfile.write(file, to_int16(samples), sample_rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def _empty_flac(sample_rate: int) -> bytes:
    """The mark and STREAMINFO alone: libsndfile writes nothing at all, which no decoder opens, for no samples.

    What the zeros leave open (sizes of frames, number of samples, checksum) may be open in any FLAC.
    """
    kind_and_last = 0x80
    form = sample_rate << 44 | (8 * _BYTES_PER_SAMPLE - 1) << 36
    return b"fLaC" + struct.pack(">BxHHH6xQ16x", kind_and_last, 34, _FLAC_BLOCK, _FLAC_BLOCK, form)


class _PlainStream:
    """A head, if any, and the samples as they are. The head waits for the first samples, or for the end."""

    def __init__(self, head: bytes) -> None:
        self._head = head

    def push(self, samples: Samples) -> bytes:
        return self._take_head() + to_int16(samples).tobytes() if len(samples) else b""

    def end(self) -> bytes:
        return self._take_head()

    def _take_head(self) -> bytes:
        head, self._head = self._head, b""
        return head


class _FlacStream:
    """FLAC frame by frame; the head says that the number of samples is unknown."""

    def __init__(self, sample_rate: int) -> None:
        self._empty = _empty_flac(sample_rate)
        self._sink = _Sink()
        self._file = soundfile.SoundFile(self._sink, "w", sample_rate, channels=1, format="FLAC", subtype="PCM_16")

    def push(self, samples: Samples) -> bytes:
        if len(samples):
            self._file.write(to_int16(samples))
        return self._sink.take()

    def end(self) -> bytes:
        self._file.close()
        return self._sink.take() if self._sink.taken else self._empty


class _Sink:
    """What libsndfile takes for a file: holds only the bytes that were not taken yet.

    On closing, libsndfile goes back to write into the head what it knows by then. That head was sent with the first
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

    def write(self, data: bytes) -> int:
        place = self._position - self.taken
        kept = data[max(0, -place) :]
        place = max(0, place)
        self._waiting[place : place + len(kept)] = kept
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.taken + len(self._waiting)}
        self._position = origin[whence] + offset
        return self._position

    def tell(self) -> int:
        return self._position


FORMATS: dict[str, AudioFormat] = {
    row.name: row
    for row in (
        AudioFormat(
            name="wav",
            content_type="audio/wav",
            also_accepted=("audio/x-wav", "audio/wave"),
            extension="wav",
            encode=_wav,
            stream=lambda sample_rate: _PlainStream(_wav_header(sample_rate, _UNKNOWN_SIZE, _UNKNOWN_SIZE)),
        ),
        AudioFormat(
            name="flac",
            content_type="audio/flac",
            also_accepted=("audio/x-flac",),
            extension="flac",
            encode=_flac,
            stream=_FlacStream,
        ),
        AudioFormat(
            name="pcm",
            content_type="audio/pcm",
            also_accepted=(),
            extension="pcm",
            encode=_pcm,
            stream=lambda sample_rate: _PlainStream(b""),
            bare=True,
        ),
    )
}
"""Every format by name; the first is the default."""

DEFAULT_FORMAT = next(iter(FORMATS))
