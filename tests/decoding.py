"""What other programs hear in the files and streams that are made here."""

from __future__ import annotations

import io

import av
import numpy as np
import numpy.typing as npt
import soxr

from app.audio.encode import FORMATS

Heard = npt.NDArray[np.float32]

ALL_RATES = (8000, 11025, 12000, 12345, 16000, 22050, 24000, 32000, 44100, 48000)
"""Of a format that has every rate."""
EVERY_RATE = [(name, rate) for name, format in FORMATS.items() for rate in format.rates or ALL_RATES]
"""Each format at each of its rates."""

LIBAV_NAMES = {"wav": "wav", "flac": "flac", "mp3": "mp3", "opus": "ogg", "aac": "aac"}


def heard(data: bytes, name: str, rate: int, told: bool = False) -> Heard:
    """The samples of a file or a stream, decoded by libav, at the rate that it was made for.

    `told`: libav is told the format; else it finds out, which takes more than a few milliseconds of sound.
    """
    if name == "pcm":
        return np.frombuffer(data, "<i2").astype(np.float32) / 32767
    with av.open(io.BytesIO(data), format=LIBAV_NAMES[name] if told else None) as file:
        (stream,) = file.streams.audio
        own = stream.rate
        assert stream.channels == 1 and own == (48_000 if name == "opus" else rate)
        frames = [as_float(frame) for frame in file.decode(stream)]
    samples = np.concatenate([np.zeros(0, np.float32), *frames])
    return samples if own == rate else soxr.resample(samples, own, rate)


def as_float(frame: av.AudioFrame) -> Heard:
    samples = frame.to_ndarray()[0]
    return samples / np.float32(32768) if samples.dtype == np.int16 else samples


def tone(rate: int, seconds: float, hertz: float = 1000) -> Heard:
    """A sine wave whose ends are soft, as those of speech are."""
    place = np.arange(round(rate * seconds))
    ramp = np.minimum(1, np.minimum(place, place[::-1]) / (0.02 * rate))
    return (0.25 * ramp * np.sin(2 * np.pi * hertz * place / rate)).astype(np.float32)


def streamed(samples: Heard, name: str, rate: int, piece: int = 10**9) -> bytes:
    """A stream of pieces of so many samples."""
    encoder = FORMATS[name].stream(rate)
    pieces = [samples[start : start + piece] for start in range(0, len(samples), piece)]
    return b"".join([*(encoder.push(one) for one in pieces), encoder.end()])
