"""Define the audio formats, and encode samples as bytes, a stream or a file.

Files are written piece by piece, so that a book takes no more memory than a sentence.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from app.audio.compressed import AAC, M4B, MP3, MPEG_RATES, OPUS, OPUS_RATES, CompressedWriter
from app.audio.files import STDOUT, open_output
from app.audio.writers import (
    BYTES_PER_SAMPLE,
    FlacWriter,
    G711Writer,
    OutputFile,
    PcmWriter,
    StreamBuffer,
    WavWriter,
    Writer,
    to_int16,
)
from app.errors import InvalidRequest
from app.types import Samples

__all__ = ["DEFAULT_FORMAT", "FORMATS", "AudioFormat", "Encoder", "encode", "find_format", "split_pieces", "to_int16"]

TELEPHONE_RATES = (8000,)
"""Sample rate of G.711, in Hertz."""

_PIECE_SAMPLES = 16_384
"""Samples that a writer gets at a time: it copies them, which would take much memory for an hour of audio."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """Audio format that the service can produce."""

    name: str
    """Name in requests, and the extension of files, without the dot."""
    content_type: str
    also_accepted: tuple[str, ...]
    """Other names of the media type that clients use in `Accept`."""
    writer: Callable[[OutputFile, int], Writer]
    """Function that creates a writer from a file and a sample rate (Hertz)."""
    rates: tuple[int, ...] = ()
    """Supported sample rates (Hertz) in ascending order; empty if all are supported."""
    also_ending: tuple[str, ...] = ()
    """Other file name extensions."""
    bytes_per_sample: int = 0
    """Bytes of each sample; 0 if they depend on the audio."""
    aliases: tuple[str, ...] = ()
    """Other names of the format that clients use in requests."""
    bare: bool = False
    """Whether the bytes have no header with the sample rate, so that the content type must contain it."""

    @property
    def accepted(self) -> tuple[str, ...]:
        """All media types of the format without parameters; the first is that of responses."""
        return (self.content_type.partition(";")[0], *self.also_accepted)

    @property
    def endings(self) -> tuple[str, ...]:
        """All file name extensions of the format; the first is the default."""
        return (self.name, *self.also_ending)

    def format_content_type(self, sample_rate: int) -> str:
        """Return the content type of a response."""
        return f"{self.content_type};rate={sample_rate}" if self.bare else self.content_type

    def choose_sample_rate(self, own: int) -> int:
        """Return the voice's own sample rate (Hertz) if supported, else the next higher one, else the highest."""
        return next((rate for rate in self.rates if rate >= own), self.rates[-1]) if self.rates else own

    def stream(self, sample_rate: int) -> Encoder:
        """Create an encoder for a stream at that sample rate (Hertz)."""
        return Encoder(self.writer, sample_rate)


class Encoder:
    """Encoder of a stream; the concatenated bytes decode to the concatenated samples."""

    def __init__(self, writer: Callable[[OutputFile, int], Writer], sample_rate: int) -> None:
        self._sink = StreamBuffer()
        self._writer = writer(self._sink, sample_rate)

    def push(self, samples: Samples) -> bytes:
        """Encode any number of samples; return the bytes that are ready to send, possibly none."""
        self._writer.push(samples)
        return self._sink.take()

    def end(self) -> bytes:
        """Return the remaining bytes; call this once.

        Without any samples, the result is a valid stream that is empty or as short as the format allows.
        """
        self._writer.end()
        return self._sink.take()


def encode(samples: Samples, sample_rate: int, format: str) -> bytes:
    """Return the complete file; `format` is a key of FORMATS."""
    file = io.BytesIO()
    writer = FORMATS[format].writer(file, sample_rate)
    for piece in split_pieces(samples):
        writer.push(piece)
    writer.end()
    return file.getvalue()


def split_pieces(samples: Samples) -> Iterator[Samples]:
    """Yield the samples in pieces small enough for a writer to copy."""
    for start in range(0, len(samples), _PIECE_SAMPLES):
        yield samples[start : start + _PIECE_SAMPLES]


_SAMPLED = partial(AudioFormat, bytes_per_sample=BYTES_PER_SAMPLE)
_COMPRESSED = partial(AudioFormat, rates=MPEG_RATES)
_TELEPHONE = partial(AudioFormat, rates=TELEPHONE_RATES, bytes_per_sample=1)
_CODECS = {"mp3": MP3, "opus": OPUS, "aac": AAC, "m4b": M4B}
_MP3, _OPUS, _AAC, _M4B = (partial(CompressedWriter, codec) for codec in _CODECS.values())
_ULAW, _ALAW = partial(G711Writer, "ULAW"), partial(G711Writer, "ALAW")
_ROWS = (
    _SAMPLED("wav", "audio/wav", ("audio/x-wav", "audio/wave"), WavWriter),
    AudioFormat("flac", "audio/flac", ("audio/x-flac",), FlacWriter),
    _COMPRESSED("mp3", "audio/mpeg", ("audio/mp3",), _MP3),
    AudioFormat("opus", "audio/ogg; codecs=opus", ("audio/opus",), _OPUS, OPUS_RATES, ("ogg",)),
    _COMPRESSED("aac", "audio/aac", (), _AAC),
    _COMPRESSED("m4b", "audio/mp4", ("audio/x-m4b", "audio/m4b", "audio/x-m4a"), _M4B, also_ending=("m4a",)),
    _SAMPLED("pcm", "audio/pcm", (), PcmWriter, bare=True),
    # RFC 2046 (4.3) defines the type as mu-law at 8000 Hz, so it needs no rate.
    _TELEPHONE(
        "ulaw",
        "audio/basic",
        ("audio/pcmu", "audio/x-mulaw"),
        _ULAW,
        also_ending=("ul",),
        aliases=("ulaw_8000", "mulaw"),
    ),
    _TELEPHONE("alaw", "audio/pcma", ("audio/x-alaw",), _ALAW, also_ending=("al",), aliases=("alaw_8000",), bare=True),
)
FORMATS = {row.name: row for row in _ROWS}
"""Formats by name; the first is the default."""

DEFAULT_FORMAT = next(iter(FORMATS))


def find_format(name: str) -> AudioFormat | None:
    """Return the format with that name or alias, in upper or lower case; None if there is none."""
    wanted = name.lower()
    return next((row for row in FORMATS.values() if wanted in (row.name, *row.aliases)), None)


MIN_BIT_RATE, MAX_BIT_RATE = 16_000, 320_000


def choose_writer(format: str, bit_rate: int | None = None) -> Callable[[OutputFile, int], Writer]:
    """Return the function that creates a format's writer; raise `InvalidRequest` if it has no such bit rate (bit/s)."""
    if bit_rate is None:
        return FORMATS[format].writer
    if format not in _CODECS:
        raise InvalidRequest(f"The format {format} has no bit rate.", hint=f"Choose one of {', '.join(_CODECS)}.")
    if not MIN_BIT_RATE <= bit_rate <= MAX_BIT_RATE:
        raise InvalidRequest(f"A bit rate is {MIN_BIT_RATE // 1000} to {MAX_BIT_RATE // 1000} kbit/s.")
    return partial(CompressedWriter, replace(_CODECS[format], bit_rate=bit_rate))


def save(path: Path, format: str, sample_rate: int, pieces: Iterable[Samples]) -> float:
    """Write the file, or a stream to a pipe or standard output; return the seconds of audio.

    `format` is a key of FORMATS that supports the sample rate (Hertz). An error leaves no new file.
    """
    row, count = FORMATS[format], 0
    with open_output(path) as file:
        is_stream = path == STDOUT or not file.seekable()
        writer = _StreamWriter(row, file, sample_rate) if is_stream else row.writer(file, sample_rate)
        try:
            for samples in pieces:
                writer.push(samples)
                count += len(samples)
        finally:
            writer.end()
    return count / sample_rate


class _StreamWriter(Writer):
    """Writer that sends a stream to a pipe as it is encoded."""

    def __init__(self, format: AudioFormat, file: BinaryIO, sample_rate: int) -> None:
        self._encoder = format.stream(sample_rate)
        self._file = file

    def push(self, samples: Samples) -> None:
        self._file.write(self._encoder.push(samples))
        self._file.flush()

    def end(self) -> None:
        self._file.write(self._encoder.end())
