"""Check a file against the rules of ACX for audiobooks (help.acx.com, "ACX audio submission requirements")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container.input import InputContainer

from app.audio.loudness import LevelMeter
from app.types import Samples

_RATE = 44_100
_BIT_RATE = 192_000
_QUIET = -60.0
"""Level in dBFS below which the ends of a file count as room tone."""
_MAX_MINUTES = 120
_FRAMES = 100
"""Frames of libav that are measured at once: about three seconds."""


@dataclass(frozen=True, slots=True)
class Check:
    """Result of one rule."""

    name: str
    value: str
    rule: str
    passed: bool


def check_acx(path: Path) -> list[Check]:
    """Decode a file and return the result of every rule."""
    with av.open(path) as file:
        stream = file.streams.audio[0]
        rate, channels, codec = stream.rate or 0, stream.channels, stream.codec_context.name
        bit_rate = stream.bit_rate or file.bit_rate or 0
        meter = LevelMeter(rate)
        for samples in _decode(file, stream):
            meter.push(samples)
    head, tail = meter.measure_quiet_ends(_QUIET)
    return list(_judge(meter, rate, channels, codec, bit_rate, head, tail))


def _decode(file: InputContainer, stream: AudioStream) -> Iterator[Samples]:
    """Yield the mean of the channels in pieces of many frames, each of which takes longer to measure than to decode."""
    resampler = av.AudioResampler(format="flt", layout="mono")
    frames = chain.from_iterable(map(resampler.resample, file.decode(stream)))
    while held := [frame.to_ndarray()[0] for frame in islice(frames, _FRAMES)]:
        yield np.concatenate(held)


def _judge(
    meter: LevelMeter, rate: int, channels: int, codec: str, bit_rate: int, head: float, tail: float
) -> Iterator[Check]:
    yield Check("RMS level", f"{meter.rms:.1f} dB", "-23 to -18 dB", -23 <= meter.rms <= -18)
    yield Check("peak", f"{meter.peak:.1f} dB", "at most -3 dB", meter.peak <= -3)
    yield Check("noise floor", f"{meter.floor:.1f} dB", "at most -60 dB", meter.floor <= _QUIET)
    yield Check("room tone before", f"{head:.1f} s", "0.5 to 1 s", 0.5 <= round(head, 1) <= 1)
    yield Check("room tone after", f"{tail:.1f} s", "1 to 5 s", 1 <= round(tail, 1) <= 5)
    yield Check("length", f"{meter.seconds / 60:.0f} min", "at most 120 min", meter.seconds <= 60 * _MAX_MINUTES)
    yield Check("sample rate", f"{rate} Hz", "44100 Hz", rate == _RATE)
    yield Check("channels", str(channels), "1, as in all files", channels == 1)
    is_mp3 = codec.startswith("mp3")
    yield Check("format", f"{codec} {bit_rate // 1000} kbit/s", "MP3 of 192 kbit/s", is_mp3 and bit_rate >= _BIT_RATE)
