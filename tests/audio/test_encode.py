"""Samples to files: the header, the numbers, the formats."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from app.audio.encode import FORMATS, encode, to_int16


def tone(samples: int = 2205) -> np.ndarray:
    return (0.5 * np.sin(np.arange(samples) * 0.05)).astype(np.float32)


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


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("rate", [8000, 22050, 48000])
def test_every_lossless_format_gives_back_the_same_samples(name: str, rate: int) -> None:
    samples, read_rate = soundfile.read(io.BytesIO(encode(tone(), rate, name)), dtype="int16")
    assert read_rate == rate
    assert np.array_equal(samples, to_int16(tone()))


def test_no_samples_make_a_valid_empty_wav() -> None:
    assert soundfile.info(io.BytesIO(encode(np.zeros(0, np.float32), 22050, "wav"))).frames == 0


def test_the_same_samples_make_the_same_bytes() -> None:
    for name in FORMATS:
        assert encode(tone(), 22050, name) == encode(tone(), 22050, name)


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
