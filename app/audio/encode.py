"""Samples -> the bytes of a file. The formats are a table: a new one is a new row."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.float32]
"""Mono, (samples,), within -1..1."""

_FULL_SCALE = 32767
_BYTES_PER_SAMPLE = 2


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

    @property
    def accepted(self) -> tuple[str, ...]:
        """Every media type that stands for this format, the one we answer with first."""
        return (self.content_type, *self.also_accepted)


def encode(samples: Samples, sample_rate: int, format: str) -> bytes:
    """The whole file in the format of that name (a key of FORMATS)."""
    return FORMATS[format].encode(samples, sample_rate)


def to_int16(samples: Samples) -> npt.NDArray[np.int16]:
    """16-bit samples, rounded to the nearest; what lies outside -1..1 is clipped, for it would wrap around."""
    scaled = np.rint(np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0) * _FULL_SCALE)
    return np.clip(scaled, -_FULL_SCALE, _FULL_SCALE).astype("<i2")


def _wav(samples: Samples, sample_rate: int) -> bytes:
    """The plain header of 44 bytes and nothing after the samples: some players speak whatever follows."""
    data = to_int16(samples).tobytes()
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + len(data), b"WAVE",
        b"fmt ", 16, 1, 1, sample_rate, sample_rate * _BYTES_PER_SAMPLE, _BYTES_PER_SAMPLE, 8 * _BYTES_PER_SAMPLE,
        b"data", len(data),
    )  # fmt: skip
    return header + data


def _flac(samples: Samples, sample_rate: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, to_int16(samples), sample_rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


FORMATS: dict[str, AudioFormat] = {
    row.name: row
    for row in (
        AudioFormat("wav", "audio/wav", ("audio/x-wav", "audio/wave"), "wav", _wav),
        AudioFormat("flac", "audio/flac", ("audio/x-flac",), "flac", _flac),
    )
}
"""Every format by name; the first is the default."""

DEFAULT_FORMAT = next(iter(FORMATS))
