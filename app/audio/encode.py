"""Samples -> a file on disk, piece by piece: a book takes no more memory than a sentence."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from app.audio.compressed import AAC, MP3, MPEG_RATES, OPUS, OPUS_RATES, CompressedWriter
from app.audio.writers import (
    BYTES_PER_SAMPLE,
    FlacWriter,
    OutputFile,
    PcmWriter,
    StreamBuffer,
    WavWriter,
    Writer,
    to_int16,
)
from app.types import Samples

__all__ = ["DEFAULT_FORMAT", "FORMATS", "AudioFormat", "Encoder", "encode", "in_pieces", "to_int16"]

_PIECE = 16_384
"""Samples that a writer is given at a time: it copies them, and an hour of them takes memory."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """One kind of file that can be made."""

    name: str
    content_type: str
    also_accepted: tuple[str, ...]
    """Other names of the media type, as clients write it in `Accept`."""
    extension: str
    """Ending of a file's name, without the dot."""
    writer: Callable[[OutputFile, int], Writer]
    """File and sample rate (Hertz) -> what writes it."""
    rates: tuple[int, ...] = ()
    """Sample rates (Hertz) that it has, in rising order; empty: all."""
    also_ending: tuple[str, ...] = ()
    """Other endings of a file's name."""
    bytes_per_sample: int = 0
    """Where all samples take the same; 0 where that depends on the sound."""
    bare: bool = False
    """Whether the bytes do not tell the sample rate, so that the content type must."""

    @property
    def accepted(self) -> tuple[str, ...]:
        """Every media type that stands for this format, without parameters, the one we answer with first."""
        return (self.content_type.partition(";")[0], *self.also_accepted)

    @property
    def endings(self) -> tuple[str, ...]:
        """Every ending of a file's name, the one that we give first."""
        return (self.extension, *self.also_ending)

    def content_type_at(self, sample_rate: int) -> str:
        """The content type of an answer."""
        return f"{self.content_type};rate={sample_rate}" if self.bare else self.content_type

    def rate_at_least(self, own: int) -> int:
        """A voice's own sample rate (Hertz) if the format has it, else the next higher one, else its highest."""
        return next((rate for rate in self.rates if rate >= own), self.rates[-1]) if self.rates else own

    def stream(self, sample_rate: int) -> Encoder:
        """The encoder of one stream at that rate (Hertz)."""
        return Encoder(self.writer, sample_rate)


class Encoder:
    """Makes one stream; the bytes in their order, put together, decode to the samples in theirs."""

    def __init__(self, writer: Callable[[OutputFile, int], Writer], sample_rate: int) -> None:
        self._sink = StreamBuffer()
        self._writer = writer(self._sink, sample_rate)

    def push(self, samples: Samples) -> bytes:
        """Take the next samples, as many as there are; give the bytes that can be sent now, perhaps none."""
        self._writer.push(samples)
        return self._sink.take()

    def end(self) -> bytes:
        """Give what is left, once: without any sample before, a valid stream that is empty, or as short as can be."""
        self._writer.end()
        return self._sink.take()


def encode(samples: Samples, sample_rate: int, format: str) -> bytes:
    """The whole file in the format of that name (a key of FORMATS)."""
    file = io.BytesIO()
    writer = FORMATS[format].writer(file, sample_rate)
    for piece in in_pieces(samples):
        writer.push(piece)
    writer.end()
    return file.getvalue()


def in_pieces(samples: Samples) -> Iterator[Samples]:
    """The samples in pieces of a size that a writer may copy."""
    for start in range(0, len(samples), _PIECE):
        yield samples[start : start + _PIECE]


FORMATS: dict[str, AudioFormat] = {
    row.name: row
    for row in (
        AudioFormat(
            name="wav",
            content_type="audio/wav",
            also_accepted=("audio/x-wav", "audio/wave"),
            extension="wav",
            writer=WavWriter,
            bytes_per_sample=BYTES_PER_SAMPLE,
        ),
        AudioFormat(
            name="flac",
            content_type="audio/flac",
            also_accepted=("audio/x-flac",),
            extension="flac",
            writer=FlacWriter,
        ),
        AudioFormat(
            name="mp3",
            content_type="audio/mpeg",
            also_accepted=("audio/mp3",),
            extension="mp3",
            writer=partial(CompressedWriter, MP3),
            rates=MPEG_RATES,
        ),
        AudioFormat(
            name="opus",
            content_type="audio/ogg; codecs=opus",
            also_accepted=("audio/opus",),
            extension="opus",
            writer=partial(CompressedWriter, OPUS),
            rates=OPUS_RATES,
            also_ending=("ogg",),
        ),
        AudioFormat(
            name="aac",
            content_type="audio/aac",
            also_accepted=(),
            extension="aac",
            writer=partial(CompressedWriter, AAC),
            rates=MPEG_RATES,
        ),
        AudioFormat(
            name="pcm",
            content_type="audio/pcm",
            also_accepted=(),
            extension="pcm",
            writer=PcmWriter,
            bytes_per_sample=BYTES_PER_SAMPLE,
            bare=True,
        ),
    )
}
"""Every format by name; the first is the default."""

DEFAULT_FORMAT = next(iter(FORMATS))


def save(path: Path, format: str, sample_rate: int, pieces: Iterable[Samples]) -> float:
    """Write the file and return its seconds. What was written before an error is a whole, shorter file.

    `format` is a key of FORMATS that has this sample rate (Hertz). A pipe gets a stream.
    """
    row, count = FORMATS[format], 0
    with path.open("wb") as file:
        writer = row.writer(file, sample_rate) if file.seekable() else _Forward(row, file, sample_rate)
        try:
            for samples in pieces:
                writer.push(samples)
                count += len(samples)
        finally:
            writer.end()
    return count / sample_rate


class _Forward(Writer):
    """Sends a stream on as it is made."""

    def __init__(self, format: AudioFormat, file: BinaryIO, sample_rate: int) -> None:
        self._encoder = format.stream(sample_rate)
        self._file = file

    def push(self, samples: Samples) -> None:
        self._file.write(self._encoder.push(samples))
        self._file.flush()

    def end(self) -> None:
        self._file.write(self._encoder.end())
