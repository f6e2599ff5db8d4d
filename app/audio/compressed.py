"""MP3, Opus in Ogg and AAC in ADTS, with libav (through PyAV).

A codec's output begins with its delay and ends at a full frame. Opus and a whole MP3 file tell the decoder how much of
both to leave out, so what is decoded is as long as what was given, to the sample. An MP3 stream has no place for that,
AAC in ADTS has none at all: they are trimmed in whole frames, those of which more than half lies outside the sound.
Their durations are therefore right to half a frame, and the first frame that is kept fades in, for it lacks the one
that it overlaps with. From 22 kHz on that falls into the silence before speech; at 8 kHz it softens the first sound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import av
import numpy as np

from app.audio.writers import OutputFile, bounded
from app.types import Samples

MPEG_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""Hertz."""
OPUS_RATES = (8000, 12000, 16000, 24000, 48000)


@dataclass(frozen=True, slots=True)
class Codec:
    """How libav is asked for a format."""

    encoder: Literal["libmp3lame", "libopus", "aac"]
    container: Literal["mp3", "ogg", "adts"]
    bit_rate: int
    """Bits per second."""
    exact_files: bool
    """Whether a file says where in its frames the sound begins and ends."""
    exact_streams: bool
    least_trimmed: int
    """Frames, of which decoders want so many where nothing says how long the sound is."""
    encoding: Mapping[str, str]
    """Options of the encoder."""
    packing: Mapping[str, str]
    """Options of the container."""


MP3 = Codec(
    encoder="libmp3lame",
    container="mp3",
    bit_rate=64_000,
    exact_files=True,
    exact_streams=False,
    least_trimmed=2,
    # Each frame stands alone, so that a stream may begin with any.
    encoding={"reservoir": "0"},
    packing={"id3v2_version": "0"},
)
"""Constant bit rate, so that players can tell the duration even of a stream; up to 16 kHz pass."""

OPUS = Codec(
    encoder="libopus",
    container="ogg",
    bit_rate=48_000,
    exact_files=True,
    exact_streams=True,
    least_trimmed=1,
    encoding={"application": "audio"},
    # A page (microseconds) leaves when the next one is full.
    packing={"page_duration": "40000"},
)

AAC = Codec(
    encoder="aac",
    container="adts",
    bit_rate=64_000,
    exact_files=False,
    exact_streams=False,
    least_trimmed=1,
    encoding={},
    packing={},
)
"""Half a frame of 1024 samples is 11 ms at 48 kHz, 21 ms at 24 kHz, 64 ms at 8 kHz."""

_STEADY = {"fflags": "+bitexact", "flush_packets": "1"}
"""Options of every container: nothing random, such as the serial number of an Ogg stream; and nothing waits."""


class CompressedWriter:
    """Writes one file or stream of a codec. What is shorter than it can be ends with silence."""

    def __init__(self, codec: Codec, file: OutputFile, sample_rate: int) -> None:
        self._exact = codec.exact_files if file.seekable() else codec.exact_streams
        self._least_frames = 1 if self._exact else codec.least_trimmed
        self._rate = sample_rate
        self._count = 0
        """Samples that were taken."""
        self._container = av.open(file, "w", format=codec.container, options={**_STEADY, **codec.packing})
        self._stream = self._container.add_stream(
            codec.encoder, sample_rate, options=dict(codec.encoding), bit_rate=codec.bit_rate, layout="mono"
        )

    def push(self, samples: Samples) -> None:
        if len(samples):
            self._write(self._frame(samples))

    def end(self) -> None:
        self._container.start_encoding()  # the size of a frame is known from here on
        self.push(np.zeros(max(0, self._least_frames * self._stream.frame_size - self._count), np.float32))
        self._write(None)
        self._container.close()

    def __del__(self) -> None:
        """Frees an abandoned stream at once: PyAV's container and stream hold each other until one is closed."""
        self._container.close()

    def _frame(self, samples: Samples) -> av.AudioFrame:
        """The next samples as libav takes them; it cuts them into the frames of the codec itself."""
        frame = av.AudioFrame.from_ndarray(bounded(samples)[np.newaxis], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = self._rate, Fraction(1, self._rate), self._count
        self._count += len(samples)
        return frame

    def _write(self, frame: av.AudioFrame | None) -> None:
        """Write what is ready with this frame; with None, all that is left."""
        for packet in self._stream.encode(frame):
            assert packet.pts is not None and packet.duration is not None
            if self._is_heard(packet.pts, packet.duration):
                self._container.mux(packet)

    def _is_heard(self, start: int, duration: int) -> bool:
        """Whether a frame holds sound; where nothing tells how much of it, whether at least half of it does."""
        if self._exact:
            return duration > 0
        return 0 <= start + self._stream.frame_size / 2 <= self._count
