"""Resampling in pieces: the same samples as at once, the correct length, and no aliasing."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st

from app.audio.writers import Resampler
from tests.decoding import Samples, make_tone

RATES = [(22_050, 24_000), (22_050, 48_000), (24_000, 11_025), (48_000, 8000), (22_050, 12_345)]


def resample_in_pieces(sound: Samples, rates: tuple[int, int], cuts: list[int]) -> Samples:
    resampler = Resampler(*rates)
    return np.concatenate([*(resampler.push(piece) for piece in np.split(sound, cuts)), resampler.end()])


@pytest.mark.parametrize("rates", RATES)
@given(st.integers(0, 20_000), st.lists(st.integers(0, 20_000), max_size=8).map(sorted))
def test_resampling_in_pieces_equals_resampling_at_once(rates: tuple[int, int], length: int, cuts: list[int]) -> None:
    sound = np.random.default_rng(length).uniform(-1, 1, length).astype(np.float32)
    pieces = resample_in_pieces(sound, rates, cuts)
    assert pieces.dtype == np.float32
    assert np.array_equal(pieces, resample_in_pieces(sound, rates, []))
    assert abs(len(pieces) - length * rates[1] / rates[0]) <= 1
    assert np.allclose(pieces, soxr.resample(sound, *rates, quality="HQ"), atol=1e-6)


@pytest.mark.parametrize("rates", RATES)
def test_a_tone_is_preserved(rates: tuple[int, int]) -> None:
    resampled = resample_in_pieces(make_tone(rates[0], 1), rates, list(range(1000, 22_000, 1000)))
    assert np.abs(resampled - make_tone(rates[1], 1)).max() < 0.002


def test_frequencies_above_the_new_nyquist_frequency_are_removed() -> None:
    resampled = resample_in_pieces(make_tone(48_000, 1, hertz=5000), (48_000, 8000), [])
    assert np.abs(resampled[1000:-1000]).max() < 1e-4


def test_samples_are_returned_before_the_end() -> None:
    resampler = Resampler(22_050, 24_000)
    assert len(resampler.push(make_tone(22_050, 0.1))) > 0.05 * 24_000


def test_equal_rates_return_the_samples_unchanged() -> None:
    resampler, sound = Resampler(24_000, 24_000), make_tone(24_000, 0.1)
    assert resampler.push(sound) is sound
    assert len(resampler.end()) == 0
