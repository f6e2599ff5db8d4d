"""Levels of bands and the share of noise, on sounds that have been given them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.evaluation.manner import BANDS, measure_band_levels, measure_noise_share, track_pitch
from tests.evaluation.voicing import Values, voiced


def levels(sound: np.typing.NDArray[np.float32]) -> Values:
    return np.array(measure_band_levels(sound, track_pitch(sound)))


def still(time: Values) -> Values:
    return np.zeros(len(time))


def test_a_tilt_of_3_db_an_octave_is_told_in_every_band() -> None:
    flat = levels(voiced(still, 0.5, envelope=np.ones_like))
    tilted = levels(voiced(still, 0.5, envelope=lambda hertz: np.sqrt(hertz / 1000)))
    expected = 10 * np.log10(np.array(BANDS) / 1000)
    # Below the fundamental its own level is read, so that the first band is told a little too high.
    assert tilted - flat == pytest.approx(expected - expected.mean(), abs=1.2)
    assert flat == pytest.approx(np.zeros(len(BANDS)), abs=1)


def test_a_formant_raises_its_band_alone() -> None:
    flat = levels(voiced(still, 0.5, envelope=np.ones_like))
    raised = levels(voiced(still, 0.5, envelope=lambda hertz: np.where((hertz > 1500) & (hertz < 2350), 2.0, 1.0)))
    change = raised - flat
    place = BANDS.index(2000)
    assert change[place] - change[0] == pytest.approx(6, abs=1)
    assert np.delete(change, place) == pytest.approx(np.full(len(BANDS) - 1, change[0]), abs=1)


@pytest.mark.parametrize("semitones", [5, 12])
def test_another_pitch_or_level_changes_no_band(semitones: float) -> None:
    low = voiced(still, 0.5, envelope=np.ones_like)
    high = voiced(lambda time: still(time) + semitones, 0.5, envelope=np.ones_like)
    assert levels(high) == pytest.approx(levels(low), abs=1)
    assert levels(low / 10) == pytest.approx(levels(low), abs=0.01)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_the_share_of_noise_is_that_which_was_added(share: float) -> None:
    sound = voiced(still, noise=share)
    assert measure_noise_share(sound, track_pitch(sound)) == pytest.approx(share, rel=0.15)


def test_a_tone_without_noise_has_nearly_none() -> None:
    sound = voiced(still, 0.5)
    assert measure_noise_share(sound, track_pitch(sound)) < 0.005


def test_silence_has_neither() -> None:
    silence, unvoiced = np.zeros(8000, np.float32), np.full(32, math.nan)
    assert all(math.isnan(level) for level in measure_band_levels(silence, unvoiced))
    assert math.isnan(measure_noise_share(silence, unvoiced))
