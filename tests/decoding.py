"""Decode files and streams of the project with another program."""

from __future__ import annotations

import io

import av
import numpy as np
import numpy.typing as npt
import soxr

from app.audio.encode import FORMATS

Samples = npt.NDArray[np.float32]

ALL_RATES = (8000, 11025, 12000, 12345, 16000, 22050, 24000, 32000, 44100, 48000)
"""Sample rates for a format that supports any."""
EVERY_RATE = [(name, rate) for name, format in FORMATS.items() for rate in format.rates or ALL_RATES]
"""Each format with each of its sample rates."""

LIBAV_NAMES = {"wav": "wav", "flac": "flac", "mp3": "mp3", "opus": "ogg", "aac": "aac", "m4b": "mp4"}
G711_CODECS = {"ulaw": "pcm_mulaw", "alaw": "pcm_alaw"}
"""libav's codecs of the formats of telephones."""


def decode(data: bytes, name: str, rate: int, format_given: bool = False) -> Samples:
    """Decode a file or a stream with libav, and resample it to the rate that it was encoded from.

    `format_given`: whether libav receives the format; else it probes, which needs some milliseconds of sound.
    """
    if name == "pcm":
        return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32767)
    if name in G711_CODECS:
        return decode_g711(data, name)
    with av.open(io.BytesIO(data), format=LIBAV_NAMES[name] if format_given else None) as file:
        (stream,) = file.streams.audio
        own = stream.rate
        assert stream.channels == 1 and own == (48_000 if name == "opus" else rate)
        frames = [convert_to_float(frame) for frame in file.decode(stream)]
    samples = np.concatenate([np.zeros(0, np.float32), *frames])
    return samples if own == rate else soxr.resample(samples, own, rate)


def decode_g711(data: bytes, name: str) -> Samples:
    """Decode samples of 8 bits with libav's codec, because such a stream names neither its law nor its rate."""
    codec = av.CodecContext.create(G711_CODECS[name], "r")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout = 8000, "mono"
    frames = [convert_to_float(frame) for frame in codec.decode(av.Packet(data))] if data else []
    return np.concatenate([np.zeros(0, np.float32), *frames])


def convert_to_float(frame: av.AudioFrame) -> Samples:
    samples = frame.to_ndarray()[0]
    return samples / np.float32(32768) if samples.dtype == np.int16 else samples


def make_tone(rate: int, seconds: float, hertz: float = 1000) -> Samples:
    """Generate a sine wave that fades in and out, as speech does."""
    place = np.arange(round(rate * seconds))
    ramp = np.minimum(1, np.minimum(place, place[::-1]) / (0.02 * rate))
    return (0.25 * ramp * np.sin(2 * np.pi * hertz * place / rate)).astype(np.float32)


def encode_stream(samples: Samples, name: str, rate: int, piece: int = 10**9) -> bytes:
    """Encode a stream in pieces of `piece` samples."""
    encoder = FORMATS[name].stream(rate)
    pieces = [samples[start : start + piece] for start in range(0, len(samples), piece)]
    return b"".join([*(encoder.push(one) for one in pieces), encoder.end()])
