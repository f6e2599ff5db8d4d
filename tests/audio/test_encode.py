"""Encoding of samples to files and streams: headers, sample values and formats."""

from __future__ import annotations

import gc
import io
import struct
import wave
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from av.container import OutputContainer
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from app.audio.encode import DEFAULT_FORMAT, FORMATS, encode, find_format, to_int16
from app.audio.writers import StreamBuffer
from tests.decoding import decode_g711

NAMES = list(FORMATS)
LOSSLESS = ["wav", "flac", "pcm"]


class ForwardOnly(soundfile.SoundFile):
    """Reader of a file of unknown length: soundfile seeks after each read, which fails at the end of such a file."""

    def seekable(self) -> bool:
        return False


def make_tone(samples: int = 2205) -> np.ndarray:
    return (0.5 * np.sin(np.arange(samples) * 0.05)).astype(np.float32)


def make_noise(samples: int = 30000) -> np.ndarray:
    """Return compressible noise, by default long enough for several blocks."""
    rough = np.random.default_rng(samples).standard_normal(samples)
    return (0.1 * np.convolve(rough, np.ones(20) / 4, "same")).astype(np.float32)


def decode(data: bytes, name: str, rate: int) -> np.ndarray:
    """Return the 16-bit samples of a file or a stream, whose sample rate must be `rate`."""
    raw = {"format": "RAW", "subtype": "PCM_16", "endian": "LITTLE", "samplerate": rate, "channels": 1}
    with ForwardOnly(io.BytesIO(data), **(raw if name == "pcm" else {})) as file:
        assert (file.samplerate, file.channels, file.subtype) == (rate, 1, "PCM_16")
        return file.read(10**6, dtype="int16")


def encode_stream(samples: np.ndarray, name: str, cuts: list[int], rate: int = 24000) -> bytes:
    encoder = FORMATS[name].stream(rate)
    return b"".join([*(encoder.push(chunk) for chunk in np.split(samples, cuts)), encoder.end()])


def read_flac_frames(data: bytes) -> bytes:
    """Return the frames without the header."""
    position, last = 4, False
    while not last:
        last = bool(data[position] & 0x80)
        position += 4 + int.from_bytes(data[position + 1 : position + 4], "big")
    return data[position:]


def read_flac_total(data: bytes) -> int:
    """Return the number of samples in STREAMINFO; 0 if unknown."""
    assert data[:4] == b"fLaC" and data[4] & 0x7F == 0
    return int.from_bytes(data[21:26], "big") & (2**36 - 1)


def test_wav_has_a_header_of_44_bytes_and_nothing_after_the_samples() -> None:
    data = encode(make_tone(1001), 22050, "wav")
    assert len(data) == 44 + 2 * 1001
    assert data[:4] == b"RIFF" and data[8:16] == b"WAVEfmt " and data[36:40] == b"data"
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    assert struct.unpack("<I", data[40:44])[0] == len(data) - 44


def test_the_wave_module_reads_16_bit_mono() -> None:
    with wave.open(io.BytesIO(encode(make_tone(), 16000, "wav"))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16000)
        assert file.getnframes() == 2205


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("rate", [8000, 22050, 48000])
def test_lossless_formats_preserve_the_samples(name: str, rate: int) -> None:
    assert np.array_equal(decode(encode(make_tone(), rate, name), name, rate), to_int16(make_tone()))


@pytest.mark.parametrize("name", ["wav", "flac"])
def test_file_headers_contain_the_length(name: str) -> None:
    info = soundfile.info(io.BytesIO(encode(make_tone(), 22050, name)))
    assert (info.frames, info.samplerate) == (2205, 22050)


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("rate", [8000, 24000])
def test_no_samples_make_a_valid_empty_file_and_stream(name: str, rate: int) -> None:
    empty = np.zeros(0, np.float32)
    for data in (
        encode(empty, rate, name),
        encode_stream(empty, name, [0, 0], rate),
        encode_stream(empty, name, [], rate),
    ):
        assert len(decode(data, name, rate)) == 0


@pytest.mark.parametrize("name", NAMES)
@given(st.integers(1, 30000), st.lists(st.integers(0, 30000), max_size=12).map(sorted))
def test_a_stream_does_not_depend_on_chunk_boundaries(name: str, length: int, cuts: list[int]) -> None:
    samples = make_noise()[:length]
    data = encode_stream(samples, name, cuts)
    assert data == encode_stream(samples, name, [])
    if name in LOSSLESS:
        assert np.array_equal(decode(data, name, 24000), to_int16(samples))


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_is_returned_incrementally(name: str) -> None:
    encoder = FORMATS[name].stream(24000)
    sent = [len(encoder.push(chunk)) for chunk in np.split(make_noise(), 5)]
    assert all(size > 0 for size in sent[1:])
    assert len(encoder.end()) < sum(sent) / 2


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_returns_nothing_before_its_first_samples(name: str) -> None:
    assert FORMATS[name].stream(24000).push(np.zeros(0, np.float32)) == b""


def test_a_wav_stream_differs_from_a_file_only_in_its_sizes() -> None:
    encoder = FORMATS["wav"].stream(22050)
    assert encoder.push(np.zeros(0, np.float32)) == b""
    first, second, rest = encoder.push(make_tone(100)), encoder.push(make_tone(50)), encoder.end()
    assert (len(first), len(second), rest) == (44 + 200, 100, b"")
    assert first[4:8] == first[40:44] == b"\xff\xff\xff\xff"
    file = encode(np.concatenate([make_tone(100), make_tone(50)]), 22050, "wav")
    stream = first + second
    assert stream[:4] + stream[8:40] + stream[44:] == file[:4] + file[8:40] + file[44:]


def test_an_empty_wav_stream_is_only_a_header() -> None:
    assert len(FORMATS["wav"].stream(22050).end()) == 44


def test_a_flac_stream_differs_from_a_file_only_in_its_header() -> None:
    file, stream = encode(make_noise(), 24000, "flac"), encode_stream(make_noise(), "flac", [1, 1000, 9000])
    assert read_flac_frames(stream) == read_flac_frames(file)
    assert len(stream) == len(file)
    assert (read_flac_total(file), read_flac_total(stream)) == (30000, 0)
    assert stream[26:42] == bytes(16), "the checksum of later samples is unknown"


def test_pcm_is_16_bit_little_endian_in_files_and_streams() -> None:
    steps = np.array([1, -2, 300], np.float32) / 32767
    assert encode(steps, 24000, "pcm") == b"\x01\x00\xfe\xff\x2c\x01"
    assert encode(make_noise(), 24000, "pcm") == encode_stream(make_noise(), "pcm", [5, 17000])


@pytest.mark.parametrize(("name", "silence", "largest"), [("ulaw", 0xFF, 0x80), ("alaw", 0xD5, 0xAA)])
def test_g711_has_its_code_words_and_one_byte_a_sample(name: str, silence: int, largest: int) -> None:
    data = encode(np.array([0, 1, -1], np.float32), 8000, name)
    assert list(data) == [silence, largest, largest & 0x7F]


@pytest.mark.parametrize("name", ["ulaw", "alaw"])
def test_g711_preserves_every_level_to_its_own_precision(name: str) -> None:
    levels = np.arange(-32_767, 32_768) / np.float32(32_767)
    decoded = decode_g711(encode(levels, 8000, name), name)
    # A segment has steps of a 16th of its lowest level, so an error is at most half of that; the first has even steps.
    # The encoder drops the two lowest bits.
    assert np.all(np.abs(decoded - levels) <= np.maximum(np.abs(levels) / 31, 16 / 32_767) + 4 / 32_767)


def test_the_buffer_holds_only_bytes_not_yet_taken() -> None:
    buffer = StreamBuffer()
    for _ in range(1000):
        assert buffer.write(bytes(100)) == 100
        assert buffer.tell() == buffer.taken + len(buffer._waiting)
        assert len(buffer._waiting) == 100
        assert len(buffer.take()) == 100


def test_the_buffer_drops_writes_over_taken_bytes() -> None:
    buffer = StreamBuffer()
    buffer.write(b"head")
    assert buffer.take() == b"head"
    buffer.write(b"body")
    assert buffer.seek(2) == 2
    assert buffer.write(b"ADBO") == 4
    assert buffer.seek(0, io.SEEK_END) == 8
    buffer.write(b"!")
    assert buffer.take() == b"BOdy!"
    assert buffer.take() == b""


@pytest.mark.parametrize("name", NAMES)
def test_an_unfinished_stream_is_freed_at_once(name: str) -> None:
    gc.collect()
    gc.disable()
    try:
        encoder = FORMATS[name].stream(24000)
        assert encoder.push(make_noise())
        del encoder
        assert not [item for item in gc.get_objects() if type(item) in (StreamBuffer, OutputContainer)]
    finally:
        gc.enable()


def test_simultaneous_streams_do_not_mix() -> None:
    first, second = (FORMATS["flac"].stream(24000) for _ in range(2))
    data = [b"", b""]
    for start, stop in pairwise([0, 7000, 20000, 30000]):
        data[0] += first.push(make_noise()[start:stop])
        data[1] += second.push(-make_noise()[start:stop])
    assert np.array_equal(decode(data[0] + first.end(), "flac", 24000), to_int16(make_noise()))
    assert np.array_equal(decode(data[1] + second.end(), "flac", 24000), to_int16(-make_noise()))


def test_encoding_is_deterministic() -> None:
    for name in NAMES:
        assert encode(make_tone(), 24000, name) == encode(make_tone(), 24000, name)


def test_loud_samples_are_clipped_instead_of_wrapping_around() -> None:
    loud = np.array([1.0, 1.5, -1.0, -7.0, np.inf, -np.inf, np.nan], np.float32)
    assert to_int16(loud).tolist() == [32767, 32767, -32767, -32767, 32767, -32767, 0]


def test_samples_are_rounded_to_the_nearest_integer() -> None:
    assert to_int16(np.array([0.6, -0.6, 0.4, 1.4], np.float32) / 32767).tolist() == [1, -1, 0, 1]


@given(hnp.arrays(np.float32, st.integers(0, 50), elements=st.floats(-1, 1, width=32)))
def test_no_sample_moves_by_more_than_half_a_step(samples: np.ndarray) -> None:
    assert np.all(np.abs(to_int16(samples) / 32767 - samples) <= 0.5 / 32767 + 1e-6)


def test_each_media_type_stands_for_one_format() -> None:
    accepted = [name for row in FORMATS.values() for name in row.accepted]
    assert len(accepted) == len(set(accepted))


def test_each_name_and_alias_stands_for_one_format() -> None:
    names = [name for row in FORMATS.values() for name in (row.name, *row.aliases)]
    assert len(names) == len(set(names))
    found = [find_format(name) for name in ("ULAW_8000", "mulaw", "alaw_8000", "pcm", "gsm")]
    assert [row and row.name for row in found] == ["ulaw", "ulaw", "alaw", "pcm", None]


def test_only_headerless_formats_need_the_rate_in_their_content_type() -> None:
    types = {name: row.format_content_type(24000) for name, row in FORMATS.items()}
    assert types == {
        "wav": "audio/wav",
        "flac": "audio/flac",
        "mp3": "audio/mpeg",
        "opus": "audio/ogg; codecs=opus",
        "aac": "audio/aac",
        "m4b": "audio/mp4",
        "pcm": "audio/pcm;rate=24000",
        "ulaw": "audio/basic",
        "alaw": "audio/pcma;rate=24000",
    }
    assert FORMATS["pcm"].accepted == ("audio/pcm",)


def test_accepted_media_types_have_no_parameters() -> None:
    assert FORMATS["opus"].accepted == ("audio/ogg", "audio/opus")


def test_wav_is_the_default_format() -> None:
    assert DEFAULT_FORMAT == "wav"
