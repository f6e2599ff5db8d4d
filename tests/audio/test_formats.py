"""Every format at every rate, as other programs hear it."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from app.audio.encode import FORMATS, encode
from tests.decoding import EVERY_RATE, Heard, heard, streamed, tone

COMPRESSED = ("mp3", "opus", "aac")
SECONDS = (1.0, 1.277, 1.5237)
"""Full frames of a codec, and not."""
CLOSE = 0.02
"""Seconds by which a duration may be wrong."""
AFTER_END = 10 ** (-50 / 20)


def frame_size(name: str, rate: int) -> int:
    """Samples of one frame of a codec whose sound is trimmed in whole frames."""
    return 1024 if name == "aac" else 576 if rate <= 24_000 else 1152


def tolerance(name: str, rate: int, stream: bool) -> float:
    """Seconds: none of these can say that the sound begins or ends within a frame."""
    in_frames = name == "aac" or (name == "mp3" and stream)
    return max(CLOSE, (frame_size(name, rate) / 2 + 47) / rate) if in_frames else 1 / rate


def level(samples: Heard) -> float:
    """RMS in decibels."""
    return float(10 * np.log10(np.mean(samples.astype(float) ** 2)))


def pitch(samples: Heard, rate: int) -> float:
    """Hertz of the loudest part of the spectrum."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * rate / len(samples)


@pytest.mark.parametrize(("name", "rate"), EVERY_RATE)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("seconds", SECONDS)
def test_a_tone_comes_back_as_long_as_loud_and_as_high(name: str, rate: int, stream: bool, seconds: float) -> None:
    sound = tone(rate, seconds)
    data = streamed(sound, name, rate, piece=rate // 7) if stream else encode(sound, rate, name)
    back = heard(data, name, rate)
    assert len(back) == pytest.approx(len(sound), abs=tolerance(name, rate, stream) * rate)
    assert level(back) == pytest.approx(level(sound), abs=1)
    assert np.abs(back[len(sound) :]).max(initial=0) < AFTER_END
    assert pitch(back, rate) == pytest.approx(1000, abs=4)


@pytest.mark.parametrize(("name", "rate"), EVERY_RATE)
def test_a_stream_has_the_content_of_the_file(name: str, rate: int) -> None:
    sound = tone(rate, 0.6)
    stream, file = streamed(sound, name, rate, piece=1000), encode(sound, rate, name)
    if name == "mp3":
        assert stream in file
    elif name in COMPRESSED:
        assert stream == file
    else:
        assert np.array_equal(heard(stream, name, rate), heard(file, name, rate))


@pytest.mark.parametrize(("name", "rate"), EVERY_RATE)
def test_the_same_samples_make_the_same_bytes_in_whatever_pieces(name: str, rate: int) -> None:
    sound = tone(rate, 0.3)
    assert encode(sound, rate, name) == encode(sound, rate, name)
    assert len({streamed(sound, name, rate, piece) for piece in (10**9, 10**9, 77, 1024, 1025)}) == 1


@pytest.mark.parametrize("name", ["mp3", "opus"])
@pytest.mark.parametrize("samples", [576, 577, 623, 624, 1151, 10_000])
def test_a_whole_mp3_and_any_opus_are_right_to_the_sample(name: str, samples: int) -> None:
    data = encode(tone(24_000, 1)[:samples], 24_000, name)
    assert len(heard(data, name, 24_000)) == samples
    assert soundfile.info(io.BytesIO(data)).frames == samples


@pytest.mark.parametrize(("name", "rate"), [case for case in EVERY_RATE if case[0] in ("mp3", "aac")])
@pytest.mark.parametrize("beyond", [-1, 1])
def test_what_is_trimmed_in_frames_is_right_to_half_a_frame(name: str, rate: int, beyond: int) -> None:
    frame = frame_size(name, rate)
    sound = tone(rate, 1)[: 6 * frame + frame // 2 + beyond]
    back = heard(streamed(sound, name, rate), name, rate)
    assert len(back) % frame == 0
    assert abs(len(back) - len(sound)) <= frame / 2 + 48


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("rate", [8000, 24_000, 48_000])
def test_what_has_no_samples_is_valid_and_at_most_two_frames_of_silence(name: str, rate: int) -> None:
    nothing = np.zeros(0, np.float32)
    for data in (encode(nothing, rate, name), streamed(nothing, name, rate)):
        back = heard(data, name, rate)
        assert len(back) <= (2 * frame_size(name, rate) if name in COMPRESSED else 0)
        assert np.abs(back).max(initial=0) < AFTER_END


@pytest.mark.parametrize(("name", "rate"), EVERY_RATE)
@pytest.mark.parametrize("samples", [1, 100, 600])
def test_even_a_few_samples_are_valid(name: str, rate: int, samples: int) -> None:
    sound = tone(rate, 1)[:samples]
    for data in (encode(sound, rate, name), streamed(sound, name, rate)):
        assert len(heard(data, name, rate, told=True)) >= samples


@pytest.mark.parametrize(("name", "rate"), EVERY_RATE)
def test_a_tenth_of_a_second_is_a_file_like_any_other(name: str, rate: int) -> None:
    silence = np.zeros(rate // 10, np.float32)
    for data in (encode(silence, rate, name), streamed(silence, name, rate)):
        assert len(heard(data, name, rate)) == pytest.approx(rate / 10, abs=rate / 20)


@pytest.mark.parametrize("name", FORMATS)
def test_the_start_of_a_stream_can_be_heard_while_it_is_made(name: str) -> None:
    encoder = FORMATS[name].stream(24_000)
    sent = b"".join(encoder.push(piece) for piece in np.split(tone(24_000, 0.25), 25))
    assert len(heard(sent, name, 24_000)) >= 0.1 * 24_000


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_no_number_or_too_loud_breaks_nothing(name: str) -> None:
    wild = np.tile(np.array([1.5, np.nan, -np.inf, -7, np.inf], np.float32), 2000)
    assert np.abs(heard(encode(wild, 24_000, name), name, 24_000)).max() < 2


@pytest.mark.parametrize("name", FORMATS)
def test_threads_encode_side_by_side(name: str) -> None:
    sounds = [tone(24_000, 0.5, hertz) for hertz in (300, 400, 500, 600)] * 4
    with ThreadPoolExecutor(4) as threads:
        side_by_side = list(threads.map(lambda sound: streamed(sound, name, 24_000, 500), sounds))
    assert side_by_side == [streamed(sound, name, 24_000) for sound in sounds]


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
    ],
)
def test_a_voice_is_brought_to_the_next_rate_that_the_format_has(name: str, own: int, rate: int) -> None:
    assert FORMATS[name].rate_at_least(own) == rate
