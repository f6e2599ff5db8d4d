"""Encode MP3, Opus in Ogg, and AAC in ADTS or MP4 (M4B) with libav (through PyAV).

A codec's output begins with its delay and ends at a full frame. Opus and a complete MP3 file tell the decoder how much
of both to skip, so the decoded audio has exactly as many samples as the input. An MP3 stream cannot, and AAC
never does: they are trimmed by whole frames, those of which more than half lies outside the audio. Their durations are
therefore accurate to half a frame, and the first remaining frame fades in, because the frame that it overlaps with is
missing. From 22 kHz on, the fade falls into the silence before speech; at 8 kHz it softens the first sound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

import av
import numpy as np

from app.audio.writers import OutputFile, clip
from app.types import Samples

MPEG_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""Sample rates that all MPEG formats here support, in Hertz."""
OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
_FAST_AAC_BIT_RATE = 64_000
"""Bits per second of one channel from which libav's fast search is as good as the other one: below, it drops high
frequencies."""


@dataclass(frozen=True, slots=True)
class Codec:
    """Parameters with which libav encodes a format."""

    encoder: Literal["libmp3lame", "libopus", "aac"]
    container: Literal["mp3", "ogg", "adts", "mp4"]
    bit_rate: int
    """Bits per second."""
    exact_files: bool = False
    """Whether a file specifies where in its frames the audio begins and ends."""
    exact_streams: bool = False
    """Whether a stream specifies where in its frames the audio begins and ends."""
    least_trimmed: int = 1
    """Minimum number of frames that decoders require if nothing specifies the length of the audio."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Encoder options."""
    container_options: Mapping[str, str] = field(default_factory=dict)
    stream_options: Mapping[str, str] = field(default_factory=dict)
    """Options of the container of a stream, whose head cannot be completed at the end."""

    @property
    def encoder_options(self) -> dict[str, str]:
        """All options of the encoder; books have a search for quantizers that takes a third of the time."""
        is_fast = self.container == "mp4" and self.bit_rate >= _FAST_AAC_BIT_RATE
        return {**self.options, **({"aac_coder": "fast"} if is_fast else {})}


MP3 = Codec(
    "libmp3lame",
    "mp3",
    64_000,
    exact_files=True,
    least_trimmed=2,
    # Without the bit reservoir each frame is independent, so a stream may begin with any frame.
    options={"reservoir": "0"},
    container_options={"id3v2_version": "0"},
)
"""Constant bit rate, so that players can compute the duration even of a stream; frequencies up to 16 kHz pass."""

OPUS = Codec(
    "libopus",
    "ogg",
    48_000,
    exact_files=True,
    exact_streams=True,
    options={"application": "audio"},
    # In microseconds; libav sends a page when the next one is full.
    container_options={"page_duration": "40000"},
)

AAC = Codec("aac", "adts", 64_000)
"""The durations are accurate to half a frame of 1024 samples: 11 ms at 48 kHz, 21 ms at 24 kHz, 64 ms at 8 kHz."""

M4B = Codec(
    "aac",
    "mp4",
    64_000,
    container_options={"brand": "M4B "},
    # Each frame is a fragment, which players get at once, with a head of a hundred bytes.
    stream_options={"movflags": "empty_moov+default_base_moof+frag_every_frame"},
)
"""As accurate as AAC in ADTS. MP4 could specify where the audio begins and ends, but not all players read that."""

_CONTAINER_OPTIONS = {"fflags": "+bitexact", "flush_packets": "1"}
"""Options of every container: no random values, such as the serial number of an Ogg stream, and no buffering."""


class CompressedWriter:
    """Writer of a compressed file or stream, padded with silence if it is shorter than the format's minimum."""

    def __init__(self, codec: Codec, file: OutputFile, sample_rate: int) -> None:
        self._exact = codec.exact_files if file.seekable() else codec.exact_streams
        self._least_frames = 1 if self._exact else codec.least_trimmed
        self._rate = sample_rate
        self._count = 0
        """Number of samples encoded so far."""
        own_options = {**codec.container_options, **({} if file.seekable() else codec.stream_options)}
        self._container = av.open(file, "w", format=codec.container, options={**_CONTAINER_OPTIONS, **own_options})
        self._stream = self._container.add_stream(
            codec.encoder, sample_rate, options=codec.encoder_options, bit_rate=codec.bit_rate, layout="mono"
        )

    def push(self, samples: Samples) -> None:
        if len(samples):
            self._write(self._make_frame(samples))

    def end(self) -> None:
        self._container.start_encoding()  # the size of a frame is known from here on
        self.push(np.zeros(max(0, self._least_frames * self._stream.frame_size - self._count), np.float32))
        self._write(None)
        self._container.close()

    def __del__(self) -> None:
        """Free an abandoned stream at once; PyAV's container and stream reference each other until one is closed."""
        self._container.close()

    def _make_frame(self, samples: Samples) -> av.AudioFrame:
        """Return the next samples as a frame of libav, which splits it into frames of the codec itself."""
        frame = av.AudioFrame.from_ndarray(clip(samples)[np.newaxis], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = self._rate, Fraction(1, self._rate), self._count
        self._count += len(samples)
        return frame

    def _write(self, frame: av.AudioFrame | None) -> None:
        """Encode a frame and write the packets that are ready; with None, write all remaining packets."""
        for packet in self._stream.encode(frame):
            assert packet.pts is not None and packet.duration is not None
            if self._is_heard(packet.pts, packet.duration):
                self._container.mux(packet)

    def _is_heard(self, start: int, duration: int) -> bool:
        """Return whether a packet contains audio; in an inexact format, whether at least half of it does."""
        if self._exact:
            return duration > 0
        return 0 <= start + self._stream.frame_size / 2 <= self._count
