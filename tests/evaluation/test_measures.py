"""The measures, on signals whose pitch, level and spectrum are known."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from app.evaluation.manner import (
    SAMPLE_RATE,
    measure_level,
    measure_manner,
    measure_pitch,
    measure_tilt,
    resample,
    track_pitch,
    trim_silence,
)

Samples = npt.NDArray[np.float32]


def make_tone(hertz: float, amplitude: float = 0.5, seconds: float = 1.0, rate: int = SAMPLE_RATE) -> Samples:
    """Return a sine."""
    time = np.arange(round(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


@pytest.mark.parametrize("hertz", [90, 220, 440])
def test_a_steady_tone_has_its_pitch_and_no_range(hertz: float) -> None:
    median, spread = measure_pitch(track_pitch(make_tone(hertz)))
    assert median == pytest.approx(12 * math.log2(hertz / 100), abs=0.1)
    assert spread < 0.2


def test_a_glide_over_an_octave_has_four_fifths_of_it_between_the_percentiles() -> None:
    octaves = np.linspace(0, 1, 3 * SAMPLE_RATE)
    glide = np.sin(2 * np.pi * np.cumsum(150 * 2**octaves) / SAMPLE_RATE).astype(np.float32)
    median, spread = measure_pitch(track_pitch(glide))
    assert median == pytest.approx(12 * math.log2(1.5) + 6, abs=0.3)
    assert spread == pytest.approx(0.8 * 12, abs=0.5)


def test_silence_has_no_pitch_but_a_level_and_a_tilt() -> None:
    silence = np.zeros(SAMPLE_RATE, np.float32)
    assert all(math.isnan(value) for value in measure_pitch(track_pitch(silence)))
    assert math.isfinite(measure_level(silence)) and measure_tilt(silence) == 0


@pytest.mark.parametrize("amplitude", [1.0, 0.1, 0.001])
def test_the_level_of_a_sine_is_3_db_below_its_peak(amplitude: float) -> None:
    assert measure_level(make_tone(200, amplitude)) == pytest.approx(20 * math.log10(amplitude) - 3.01, abs=0.01)


@pytest.mark.parametrize("decibels", [-20, 0, 6])
def test_the_tilt_is_the_ratio_of_the_bands(decibels: float) -> None:
    low, high = make_tone(500, 0.2), make_tone(2500, 0.2 * 10 ** (decibels / 20))
    assert measure_tilt(low + high) == pytest.approx(decibels, abs=0.2)


def test_the_tilt_leaves_out_hum_and_hiss() -> None:
    speech = make_tone(500, 0.2) + make_tone(2500, 0.2)
    assert measure_tilt(speech + make_tone(30, 0.4) + make_tone(7000, 0.4)) == pytest.approx(
        measure_tilt(speech), abs=0.2
    )


def test_the_rate_counts_the_vowel_groups_of_the_text() -> None:
    sound = make_tone(200, seconds=2)
    assert measure_manner(sound, track_pitch(sound), "Three blue seas, okay?").rate == pytest.approx(5 / 2)


def test_silence_around_speech_is_cut_and_silence_within_it_is_kept() -> None:
    gap = np.zeros(SAMPLE_RATE // 2, np.float32)
    speech = np.concatenate([gap, make_tone(200), gap, make_tone(200), gap])
    # The cut lies between frames: up to a frame of 128 ms stays.
    assert len(trim_silence(speech)) / SAMPLE_RATE == pytest.approx(2.5, abs=0.15)


def test_another_sample_rate_changes_neither_length_nor_pitch_nor_level() -> None:
    sound = resample(make_tone(220, rate=22050), 22050)
    assert len(sound) == SAMPLE_RATE
    assert measure_pitch(track_pitch(sound))[0] == pytest.approx(12 * math.log2(2.2), abs=0.1)
    assert measure_level(sound) == pytest.approx(measure_level(make_tone(220)), abs=0.1)
