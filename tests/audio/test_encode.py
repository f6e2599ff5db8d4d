"""Samples to files and streams: the header, the numbers, the formats."""

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

from app.audio.encode import DEFAULT_FORMAT, FORMATS, encode, to_int16
from app.audio.writers import StreamBuffer

NAMES = list(FORMATS)
LOSSLESS = ["wav", "flac", "pcm"]


class ForwardOnly(soundfile.SoundFile):
    """Reads a file of unknown length: soundfile seeks after each reading, which the end of such a file refuses."""

    def seekable(self) -> bool:
        return False


def tone(samples: int = 2205) -> np.ndarray:
    return (0.5 * np.sin(np.arange(samples) * 0.05)).astype(np.float32)


def noise(samples: int = 30000) -> np.ndarray:
    """Worth compressing, and long enough for several blocks."""
    rough = np.random.default_rng(samples).standard_normal(samples)
    return (0.1 * np.convolve(rough, np.ones(20) / 4, "same")).astype(np.float32)


def decoded(data: bytes, name: str, rate: int) -> np.ndarray:
    """The 16-bit samples of a file or a stream; its rate must be `rate`."""
    bare = {"format": "RAW", "subtype": "PCM_16", "endian": "LITTLE", "samplerate": rate, "channels": 1}
    with ForwardOnly(io.BytesIO(data), **(bare if name == "pcm" else {})) as file:
        assert (file.samplerate, file.channels, file.subtype) == (rate, 1, "PCM_16")
        return file.read(10**6, dtype="int16")


def streamed(samples: np.ndarray, name: str, cuts: list[int], rate: int = 24000) -> bytes:
    encoder = FORMATS[name].stream(rate)
    return b"".join([*(encoder.push(chunk) for chunk in np.split(samples, cuts)), encoder.end()])


def flac_frames(data: bytes) -> bytes:
    """What is behind the head."""
    position, last = 4, False
    while not last:
        last = bool(data[position] & 0x80)
        position += 4 + int.from_bytes(data[position + 1 : position + 4], "big")
    return data[position:]


def flac_total(data: bytes) -> int:
    """Number of samples that STREAMINFO tells; 0 if unknown."""
    assert data[:4] == b"fLaC" and data[4] & 0x7F == 0
    return int.from_bytes(data[21:26], "big") & (2**36 - 1)


def test_wav_has_a_header_of_44_bytes_and_nothing_behind_the_samples() -> None:
    data = encode(tone(1001), 22050, "wav")
    assert len(data) == 44 + 2 * 1001
    assert data[:4] == b"RIFF" and data[8:16] == b"WAVEfmt " and data[36:40] == b"data"
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    assert struct.unpack("<I", data[40:44])[0] == len(data) - 44


def test_wav_is_16_bit_mono_for_the_standard_library() -> None:
    with wave.open(io.BytesIO(encode(tone(), 16000, "wav"))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16000)
        assert file.getnframes() == 2205


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("rate", [8000, 22050, 48000])
def test_every_lossless_format_gives_back_the_same_samples(name: str, rate: int) -> None:
    assert np.array_equal(decoded(encode(tone(), rate, name), name, rate), to_int16(tone()))


@pytest.mark.parametrize("name", ["wav", "flac"])
def test_files_tell_their_length(name: str) -> None:
    info = soundfile.info(io.BytesIO(encode(tone(), 22050, name)))
    assert (info.frames, info.samplerate) == (2205, 22050)


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("rate", [8000, 24000])
def test_no_samples_make_a_valid_empty_file_and_stream(name: str, rate: int) -> None:
    empty = np.zeros(0, np.float32)
    for data in (encode(empty, rate, name), streamed(empty, name, [0, 0], rate), streamed(empty, name, [], rate)):
        assert len(decoded(data, name, rate)) == 0


@pytest.mark.parametrize("name", NAMES)
@given(st.integers(1, 30000), st.lists(st.integers(0, 30000), max_size=12).map(sorted))
def test_a_stream_is_the_same_however_it_is_cut(name: str, length: int, cuts: list[int]) -> None:
    samples = noise()[:length]
    data = streamed(samples, name, cuts)
    assert data == streamed(samples, name, [])
    if name in LOSSLESS:
        assert np.array_equal(decoded(data, name, 24000), to_int16(samples))


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_leaves_while_it_is_made(name: str) -> None:
    encoder = FORMATS[name].stream(24000)
    sent = [len(encoder.push(chunk)) for chunk in np.split(noise(), 5)]
    assert all(size > 0 for size in sent[1:])
    assert len(encoder.end()) < sum(sent) / 2


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_says_nothing_before_its_first_samples(name: str) -> None:
    assert FORMATS[name].stream(24000).push(np.zeros(0, np.float32)) == b""


def test_a_wav_stream_differs_from_a_file_only_in_the_sizes_that_it_cannot_know() -> None:
    encoder = FORMATS["wav"].stream(22050)
    assert encoder.push(np.zeros(0, np.float32)) == b""
    first, second, rest = encoder.push(tone(100)), encoder.push(tone(50)), encoder.end()
    assert (len(first), len(second), rest) == (44 + 200, 100, b"")
    assert first[4:8] == first[40:44] == b"\xff\xff\xff\xff"
    file = encode(np.concatenate([tone(100), tone(50)]), 22050, "wav")
    stream = first + second
    assert stream[:4] + stream[8:40] + stream[44:] == file[:4] + file[8:40] + file[44:]


def test_an_empty_wav_stream_is_its_header() -> None:
    assert len(FORMATS["wav"].stream(22050).end()) == 44


def test_a_flac_stream_differs_from_a_file_only_in_its_head() -> None:
    file, stream = encode(noise(), 24000, "flac"), streamed(noise(), "flac", [1, 1000, 9000])
    assert flac_frames(stream) == flac_frames(file)
    assert len(stream) == len(file)
    assert (flac_total(file), flac_total(stream)) == (30000, 0)
    assert stream[26:42] == bytes(16), "the checksum of samples to come is unknown"


def test_pcm_is_16_bit_little_endian_and_the_same_in_both_forms() -> None:
    steps = np.array([1, -2, 300], np.float32) / 32767
    assert encode(steps, 24000, "pcm") == b"\x01\x00\xfe\xff\x2c\x01"
    assert encode(noise(), 24000, "pcm") == streamed(noise(), "pcm", [5, 17000])


def test_the_sink_holds_only_what_was_not_taken() -> None:
    sink = StreamBuffer()
    for _ in range(1000):
        assert sink.write(bytes(100)) == 100
        assert sink.tell() == sink.taken + len(sink._waiting)
        assert len(sink._waiting) == 100
        assert len(sink.take()) == 100


def test_the_sink_drops_what_is_written_over_taken_bytes() -> None:
    sink = StreamBuffer()
    sink.write(b"head")
    assert sink.take() == b"head"
    sink.write(b"body")
    assert sink.seek(2) == 2
    assert sink.write(b"ADBO") == 4
    assert sink.seek(0, io.SEEK_END) == 8
    sink.write(b"!")
    assert sink.take() == b"BOdy!"
    assert sink.take() == b""


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_that_nobody_ends_is_freed_at_once(name: str) -> None:
    gc.collect()
    gc.disable()
    try:
        encoder = FORMATS[name].stream(24000)
        assert encoder.push(noise())
        del encoder
        assert not [one for one in gc.get_objects() if type(one) in (StreamBuffer, OutputContainer)]
    finally:
        gc.enable()


def test_two_streams_at_a_time_do_not_mix() -> None:
    one, other = (FORMATS["flac"].stream(24000) for _ in range(2))
    data = [b"", b""]
    for start, stop in pairwise([0, 7000, 20000, 30000]):
        data[0] += one.push(noise()[start:stop])
        data[1] += other.push(-noise()[start:stop])
    assert np.array_equal(decoded(data[0] + one.end(), "flac", 24000), to_int16(noise()))
    assert np.array_equal(decoded(data[1] + other.end(), "flac", 24000), to_int16(-noise()))


def test_the_same_samples_make_the_same_bytes() -> None:
    for name in NAMES:
        assert encode(tone(), 24000, name) == encode(tone(), 24000, name)


def test_loud_samples_are_clipped_where_they_would_wrap_around() -> None:
    loud = np.array([1.0, 1.5, -1.0, -7.0, np.inf, -np.inf, np.nan], np.float32)
    assert to_int16(loud).tolist() == [32767, 32767, -32767, -32767, 32767, -32767, 0]


def test_samples_are_rounded_to_the_nearest() -> None:
    assert to_int16(np.array([0.6, -0.6, 0.4, 1.4], np.float32) / 32767).tolist() == [1, -1, 0, 1]


@given(hnp.arrays(np.float32, st.integers(0, 50), elements=st.floats(-1, 1, width=32)))
def test_no_sample_moves_by_more_than_half_a_step(samples: np.ndarray) -> None:
    assert np.all(np.abs(to_int16(samples) / 32767 - samples) <= 0.5 / 32767 + 1e-6)


def test_each_media_type_stands_for_one_format() -> None:
    accepted = [name for row in FORMATS.values() for name in row.accepted]
    assert len(accepted) == len(set(accepted))


def test_only_bytes_without_a_head_need_the_rate_in_their_content_type() -> None:
    types = {name: row.content_type_at(24000) for name, row in FORMATS.items()}
    assert types == {
        "wav": "audio/wav",
        "flac": "audio/flac",
        "mp3": "audio/mpeg",
        "opus": "audio/ogg; codecs=opus",
        "aac": "audio/aac",
        "pcm": "audio/pcm;rate=24000",
    }
    assert FORMATS["pcm"].accepted == ("audio/pcm",)


def test_what_is_accepted_has_no_parameters() -> None:
    assert FORMATS["opus"].accepted == ("audio/ogg", "audio/opus")


def test_wav_is_the_default() -> None:
    assert DEFAULT_FORMAT == "wav"
