"""Every format at every sample rate, decoded by other programs."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from app.audio.encode import FORMATS, encode
from tests.decoding import EVERY_RATE, Samples, decode, encode_stream, make_tone
from tests.tables import check_rows

COMPRESSED = ("mp3", "opus", "aac", "m4b")
SECONDS = (1.0, 1.277, 1.5237)
"""Durations with and without a partial frame at the end."""
MAX_ERROR = 0.02
"""Seconds by which a duration may be wrong."""
AFTER_END = 10 ** (-50 / 20)


def get_frame_size(name: str, rate: int) -> int:
    """Return the samples in a frame of a format that is trimmed only by whole frames."""
    return 1024 if name in ("aac", "m4b") else 576 if rate <= 24_000 else 1152


def compute_tolerance(name: str, rate: int, stream: bool) -> float:
    """Return the tolerated error in seconds: some formats cannot begin or end the sound within a frame."""
    in_frames = name in ("aac", "m4b") or (name == "mp3" and stream)
    return max(MAX_ERROR, (get_frame_size(name, rate) / 2 + 47) / rate) if in_frames else 1 / rate


def compute_level(samples: Samples) -> float:
    """Return the RMS in decibels."""
    return float(10 * np.log10(np.mean(samples.astype(float) ** 2)))


def compute_pitch(samples: Samples, rate: int) -> float:
    """Return the frequency of the spectral peak in hertz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate / len(samples)


@check_rows(("name", "rate"), EVERY_RATE)
@check_rows("stream", [False, True])
@check_rows("seconds", SECONDS)
def test_encoding_preserves_duration_level_and_pitch(name: str, rate: int, stream: bool, seconds: float) -> None:
    sound = make_tone(rate, seconds)
    data = encode_stream(sound, name, rate, piece=rate // 7) if stream else encode(sound, rate, name)
    decoded = decode(data, name, rate)
    assert len(decoded) == pytest.approx(len(sound), abs=compute_tolerance(name, rate, stream) * rate)
    assert compute_level(decoded) == pytest.approx(compute_level(sound), abs=1)
    assert np.abs(decoded[len(sound) :]).max(initial=0) < AFTER_END
    assert compute_pitch(decoded, rate) == pytest.approx(1000, abs=4)


@check_rows(("name", "rate"), EVERY_RATE)
def test_a_stream_has_the_content_of_the_file(name: str, rate: int) -> None:
    sound = make_tone(rate, 0.6)
    stream, file = encode_stream(sound, name, rate, piece=1000), encode(sound, rate, name)
    if name == "mp3":
        assert stream in file
    elif name in COMPRESSED and name != "m4b":
        assert stream == file
    else:
        assert np.array_equal(decode(stream, name, rate), decode(file, name, rate))


@check_rows(("name", "rate"), EVERY_RATE)
def test_encoding_is_deterministic_for_any_chunk_size(name: str, rate: int) -> None:
    sound = make_tone(rate, 0.3)
    assert encode(sound, rate, name) == encode(sound, rate, name)
    assert len({encode_stream(sound, name, rate, piece) for piece in (10**9, 10**9, 77, 1024, 1025)}) == 1


@pytest.mark.parametrize("name", ["mp3", "opus"])
@pytest.mark.parametrize("samples", [576, 577, 623, 624, 1151, 10_000])
def test_mp3_files_and_opus_have_the_exact_number_of_samples(name: str, samples: int) -> None:
    data = encode(make_tone(24_000, 1)[:samples], 24_000, name)
    assert len(decode(data, name, 24_000)) == samples
    assert soundfile.info(io.BytesIO(data)).frames == samples


@pytest.mark.parametrize(("name", "rate"), [case for case in EVERY_RATE if case[0] in ("mp3", "aac")])
@pytest.mark.parametrize("beyond", [-1, 1])
def test_formats_trimmed_by_frame_are_accurate_to_half_a_frame(name: str, rate: int, beyond: int) -> None:
    frame = get_frame_size(name, rate)
    sound = make_tone(rate, 1)[: 6 * frame + frame // 2 + beyond]
    decoded = decode(encode_stream(sound, name, rate), name, rate)
    assert len(decoded) % frame == 0
    assert abs(len(decoded) - len(sound)) <= frame / 2 + 48


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("rate", [8000, 24_000, 48_000])
def test_no_samples_give_at_most_two_frames_of_silence(name: str, rate: int) -> None:
    empty = np.zeros(0, np.float32)
    for data in (encode(empty, rate, name), encode_stream(empty, name, rate)):
        decoded = decode(data, name, rate)
        assert len(decoded) <= (2 * get_frame_size(name, rate) if name in COMPRESSED else 0)
        assert np.abs(decoded).max(initial=0) < AFTER_END


@check_rows(("name", "rate"), EVERY_RATE)
@check_rows("samples", [1, 100, 600])
def test_a_few_samples_make_a_valid_file_and_stream(name: str, rate: int, samples: int) -> None:
    sound = make_tone(rate, 1)[:samples]
    for data in (encode(sound, rate, name), encode_stream(sound, name, rate)):
        assert len(decode(data, name, rate, format_given=True)) >= samples


@check_rows(("name", "rate"), EVERY_RATE)
def test_a_tenth_of_a_second_keeps_its_length(name: str, rate: int) -> None:
    silence = np.zeros(rate // 10, np.float32)
    for data in (encode(silence, rate, name), encode_stream(silence, name, rate)):
        assert len(decode(data, name, rate)) == pytest.approx(rate / 10, abs=rate / 20)


@pytest.mark.parametrize("name", FORMATS)
def test_the_start_of_a_stream_can_be_decoded_before_its_end(name: str) -> None:
    encoder = FORMATS[name].stream(24_000)
    sent = b"".join(encoder.push(piece) for piece in np.split(make_tone(24_000, 0.3), 30))
    assert len(decode(sent, name, 24_000)) >= 0.1 * 24_000


@pytest.mark.parametrize("name", FORMATS)
def test_samples_that_are_not_finite_or_too_loud_are_encoded(name: str) -> None:
    samples = np.tile(np.array([1.5, np.nan, -np.inf, -7, np.inf], np.float32), 2000)
    assert np.abs(decode(encode(samples, 24_000, name), name, 24_000)).max() < 2


@pytest.mark.parametrize("name", FORMATS)
def test_threads_encode_independently(name: str) -> None:
    sounds = [make_tone(24_000, 0.5, hertz) for hertz in (300, 400, 500, 600)] * 4
    with ThreadPoolExecutor(4) as threads:
        concurrent = list(threads.map(lambda sound: encode_stream(sound, name, 24_000, 500), sounds))
    assert concurrent == [encode_stream(sound, name, 24_000) for sound in sounds]


@pytest.mark.parametrize(
    ("name", "own", "rate"),
    [
        ("opus", 22_050, 24_000),
        ("opus", 24_000, 24_000),
        ("opus", 44_100, 48_000),
        ("mp3", 22_050, 22_050),
        ("aac", 12_345, 16_000),
        ("aac", 96_000, 48_000),
        ("wav", 12_345, 12_345),
        ("pcm", 96_000, 96_000),
        ("ulaw", 24_000, 8000),
        ("alaw", 8000, 8000),
    ],
)
def test_rate_at_least_returns_the_next_supported_rate(name: str, own: int, rate: int) -> None:
    assert FORMATS[name].choose_sample_rate(own) == rate
