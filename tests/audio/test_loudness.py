"""Loudness, levels and the limiter: values of EBU Tech 3341, and rules that hold for any sound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audio.limiter import Limiter
from app.audio.loudness import LevelMeter
from app.audio.writers import Resampler
from app.types import Samples


def make_sine(rate: int, seconds: float, decibels: float, hertz: float = 1000) -> Samples:
    time = np.arange(round(rate * seconds)) / rate
    return (10 ** (decibels / 20) * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def make_noise(rate: int, seconds: float) -> Samples:
    noise = np.random.default_rng(1).standard_normal(round(rate * seconds)).astype(np.float32)
    return noise * np.float32(0.3)


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 44_100, 48_000])
def test_the_loudness_of_tones_is_that_of_the_standard(rate: int) -> None:
    # Tech 3341, case 1 has -23 LUFS in two channels; in one channel, a tone has 3.01 LU less.
    for level in (-23.0, -33.0):
        meter = LevelMeter(rate)
        meter.push(make_sine(rate, 20, level))
        assert meter.loudness == pytest.approx(level - 3.01, abs=0.1)
        assert meter.rms == pytest.approx(level - 3.01, abs=0.02)
        assert meter.peak == pytest.approx(level, abs=0.1)


def test_silence_and_soft_parts_do_not_count_for_loudness() -> None:
    rate = 24_000
    silence = np.zeros(20 * rate, np.float32)
    parts = [make_sine(rate, 10, -36), make_sine(rate, 60, -23), make_sine(rate, 10, -36), silence]
    meter = LevelMeter(rate)
    for part in parts:
        meter.push(part)
    assert meter.loudness == pytest.approx(-26.0, abs=0.1)  # Tech 3341, case 3, in one channel
    assert meter.floor == -120
    head, tail = meter.measure_quiet_ends(-60)
    assert head == 0 and tail == pytest.approx(20, abs=0.2)


def test_silence_alone_has_the_least_loudness() -> None:
    meter = LevelMeter(24_000)
    meter.push(np.zeros(50_000, np.float32))
    assert meter.loudness <= -70 and meter.rms == -120


@pytest.mark.parametrize("rate", [24_000, 44_100])
def test_the_limiter_keeps_true_peaks_below_its_ceiling(rate: int) -> None:
    sound = make_noise(rate, 4)
    limiter = Limiter(rate, 0.5, gain=2.0)
    limited = np.concatenate([limiter.push(sound), limiter.end()])
    assert len(limited) == len(sound)
    oversampler = Resampler(rate, 4 * rate)  # BS.1770-5, annex 2
    peaks = np.concatenate([oversampler.push(limited), oversampler.end()])
    assert np.abs(peaks).max() < 0.5 * 10 ** (0.05 / 20)


def test_the_limiter_leaves_soft_sounds_as_they_are() -> None:
    sound = make_sine(24_000, 3, -20)
    limiter = Limiter(24_000, 0.5, gain=2.0)
    assert np.array_equal(np.concatenate([limiter.push(sound), limiter.end()]), sound * np.float32(2))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 60_000), max_size=6).map(sorted))
def test_pieces_do_not_change_what_is_limited(cuts: list[int]) -> None:
    sound = make_noise(24_000, 2.5)
    whole, divided = (Limiter(24_000, 0.4) for _ in range(2))
    expected = np.concatenate([whole.push(sound), whole.end()])
    pieces = [divided.push(piece) for piece in np.split(sound, cuts)]
    assert np.array_equal(np.concatenate([*pieces, divided.end()]), expected)
