"""Levels of bands and the share of noise, on sounds of known spectrum and noise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.evaluation.manner import BANDS, measure_band_levels, measure_noise_share, track_pitch
from tests.evaluation.voiced_sounds import Values, make_voiced_sound


def measure_levels(sound: np.typing.NDArray[np.float32]) -> Values:
    return np.array(measure_band_levels(sound, track_pitch(sound)))


def hold_pitch(time: Values) -> Values:
    return np.zeros(len(time))


def test_a_tilt_of_3_db_per_octave_is_measured_in_every_band() -> None:
    flat = measure_levels(make_voiced_sound(hold_pitch, 0.5, envelope=np.ones_like))
    tilted = measure_levels(make_voiced_sound(hold_pitch, 0.5, envelope=lambda hertz: np.sqrt(hertz / 1000)))
    expected = 10 * np.log10(np.array(BANDS) / 1000)
    # Below the fundamental its own level counts, so that the first band measures slightly too high.
    assert tilted - flat == pytest.approx(expected - expected.mean(), abs=1.2)
    assert flat == pytest.approx(np.zeros(len(BANDS)), abs=1)


def test_a_formant_raises_only_its_band() -> None:
    flat = measure_levels(make_voiced_sound(hold_pitch, 0.5, envelope=np.ones_like))
    raised = measure_levels(
        make_voiced_sound(hold_pitch, 0.5, envelope=lambda hertz: np.where((hertz > 1500) & (hertz < 2350), 2.0, 1.0))
    )
    change = raised - flat
    place = BANDS.index(2000)
    assert change[place] - change[0] == pytest.approx(6, abs=1)
    assert np.delete(change, place) == pytest.approx(np.full(len(BANDS) - 1, change[0]), abs=1)


@pytest.mark.parametrize("semitones", [5, 12])
def test_another_pitch_or_level_changes_no_band(semitones: float) -> None:
    low = make_voiced_sound(hold_pitch, 0.5, envelope=np.ones_like)
    high = make_voiced_sound(lambda time: hold_pitch(time) + semitones, 0.5, envelope=np.ones_like)
    assert measure_levels(high) == pytest.approx(measure_levels(low), abs=1)
    assert measure_levels(low / 10) == pytest.approx(measure_levels(low), abs=0.01)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_the_share_of_noise_equals_the_added_share(share: float) -> None:
    sound = make_voiced_sound(hold_pitch, noise=share)
    assert measure_noise_share(sound, track_pitch(sound)) == pytest.approx(share, rel=0.15)


def test_a_tone_without_noise_has_nearly_no_share_of_noise() -> None:
    sound = make_voiced_sound(hold_pitch, 0.5)
    assert measure_noise_share(sound, track_pitch(sound)) < 0.005


def test_silence_has_neither_levels_nor_noise() -> None:
    silence, unvoiced = np.zeros(8000, np.float32), np.full(32, math.nan)
    assert all(math.isnan(level) for level in measure_band_levels(silence, unvoiced))
    assert math.isnan(measure_noise_share(silence, unvoiced))
