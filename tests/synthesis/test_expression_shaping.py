"""Expression: the shaping of pitch contours and spectra, and mixtures of expressions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.synthesis.expression import (
    apply_expression,
    cut_expression,
    find_voiced,
    mix_expressions,
    shape_pitch,
    shape_spectrum,
)
from app.synthesis.mel import compute_mel_centres
from app.synthesis.noise import draw_noise
from app.voices.manifest import NO_EXPRESSION, Expression

RATE = 80.0
"""Frames per second."""
FRAMES = 240
TIME = np.arange(FRAMES) / RATE
SYLLABLES = 0.5 * np.sin(2 * np.pi * 6 * TIME)
ROUGHNESS = 0.2 * np.sin(2 * np.pi * 25 * TIME)
MELODY = 2 * np.sin(2 * np.pi * 0.7 * TIME)
VOICED = slice(20, 220)
CENTRES = compute_mel_centres(80, 0, 8000)


def shape_contour(contour: np.ndarray[Any, Any] = MELODY + SYLLABLES, frames: int = FRAMES, **values: Any) -> Any:
    """Apply an expression to a contour in semitones above 200 Hz."""
    voicing = np.zeros(len(contour), np.float32)
    voicing[VOICED if frames == FRAMES else slice(0, frames)] = 1
    pitch = (1 + contour / 12).astype(np.float32)
    changed = shape_pitch(pitch, voicing, Expression(**values), RATE)
    return (12 * (changed.astype(np.float64) - 1))[: len(contour)]


def measure_spread(contour: np.ndarray[Any, Any]) -> float:
    return float(np.std(contour[VOICED]))


def test_no_expression_returns_its_input() -> None:
    pitch, voicing, mel = draw_noise(1, 50), np.ones(50, np.float32), draw_noise(0, 1, 80, 50)
    expressed = apply_expression(mel, pitch, voicing, NO_EXPRESSION, CENTRES, RATE)
    assert expressed[0] is mel and expressed[1] is pitch


def test_pitch_shifts_every_voiced_frame_equally() -> None:
    np.testing.assert_allclose(shape_contour(pitch=3.0)[VOICED], (MELODY + SYLLABLES)[VOICED] + 3, atol=1e-4)


def test_the_range_scales_melody_and_accents_scale_syllables() -> None:
    assert measure_spread(shape_contour(MELODY, pitch_range=2.0)) == pytest.approx(2 * measure_spread(MELODY), rel=0.1)
    assert measure_spread(shape_contour(MELODY, accents=2.0)) == pytest.approx(measure_spread(MELODY), rel=0.1)
    assert measure_spread(shape_contour(SYLLABLES, accents=2.0)) > 1.4 * measure_spread(SYLLABLES)
    assert measure_spread(shape_contour(SYLLABLES, pitch_range=2.0)) < 1.2 * measure_spread(SYLLABLES)
    assert measure_spread(shape_contour(ROUGHNESS, accents=2.0, pitch_range=2.0)) == pytest.approx(
        measure_spread(ROUGHNESS), rel=0.1
    )


def test_the_range_keeps_the_declination() -> None:
    falling = -2 * TIME
    np.testing.assert_allclose(shape_contour(falling, pitch_range=2.0)[VOICED], falling[VOICED], atol=1e-3)


def test_the_range_and_accents_keep_the_mean_pitch() -> None:
    changed = shape_contour(pitch_range=2.0, accents=1.5)
    assert changed[VOICED].mean() == pytest.approx((MELODY + SYLLABLES)[VOICED].mean(), abs=0.1)


def test_a_slope_rises_over_the_voiced_frames_and_an_ending_at_their_end() -> None:
    flat = np.zeros(FRAMES)
    slope, ending = shape_contour(flat, slope=4.0), shape_contour(flat, ending=2.0)
    assert slope[20] == pytest.approx(-2, abs=0.01) and slope[219] == pytest.approx(2, abs=0.01)
    assert ending[20:140] == pytest.approx(0, abs=0.01) and ending[205:220] == pytest.approx(2, abs=0.01)


def test_a_short_utterance_has_less_slope() -> None:
    half = shape_contour(np.zeros(41), frames=41, slope=4.0)
    assert half[40] - half[0] == pytest.approx(2, abs=0.1)


def test_a_tremor_oscillates_at_5_hz() -> None:
    trembling = shape_contour(np.zeros(FRAMES), tremor=0.5)
    spectrum = np.abs(np.fft.rfft(trembling))
    assert np.fft.rfftfreq(FRAMES, 1 / RATE)[spectrum.argmax()] == pytest.approx(5, abs=0.4)
    assert trembling.max() == pytest.approx(0.5, abs=0.02)


def test_the_pitch_of_unvoiced_frames_is_ignored() -> None:
    contour = (MELODY + SYLLABLES).copy()
    contour[:20], contour[220:] = 40, -40
    values = {"pitch_range": 1.5, "accents": 1.5, "slope": 2.0}
    np.testing.assert_allclose(shape_contour(contour, **values)[VOICED], shape_contour(**values)[VOICED], atol=1e-4)


@pytest.mark.parametrize("frames", [1, 3, 5])
def test_the_shortest_utterances_are_shaped(frames: int) -> None:
    assert np.isfinite(shape_contour(np.zeros(frames), frames=frames, pitch_range=2.0, slope=3.0, tremor=0.2)).all()


def test_the_pitch_is_limited_to_the_range_of_voices() -> None:
    lowest, highest = (
        shape_contour(np.full(FRAMES, -12.0), pitch=-12.0, accents=1.1),
        shape_contour(np.full(FRAMES, 20.0), pitch=12.0, accents=1.1),
    )
    assert 200 * 2 ** (lowest[100] / 12) == pytest.approx(65, rel=0.01)
    assert 200 * 2 ** (highest[100] / 12) == pytest.approx(700, rel=0.01)


def test_band_levels_change_voiced_frames_at_their_frequencies() -> None:
    mel, voicing = np.zeros((1, 80, 40), np.float32), np.zeros(40, np.float32)
    voicing[10:30] = 1
    changed = shape_spectrum(mel, voicing, Expression(bands=(0, 0, 0, 6, 0, 0, 0)), CENTRES)
    decibels = changed[0] * 20 / np.log(10)
    nearest = int(np.abs(CENTRES - 2000).argmin())
    assert decibels[nearest, 20] == pytest.approx(6, abs=0.3)
    assert not decibels[:, :7].any() and not decibels[:, 33:].any()
    assert not decibels[CENTRES < 1000].any() and not decibels[CENTRES > 3000].any()


def test_a_mixture_adds_semitones_and_multiplies_factors() -> None:
    joy = {1.0: Expression(pitch=4.0, pitch_range=1.44, speed=1.21, bands=(2, 0, 0, 0, 0, 0, 0))}
    fear = {1.0: Expression(pitch=2.0, slope=3.0)}
    half = mix_expressions([({}, 0.5), (joy, 0.5)])
    assert (half.pitch, half.pitch_range, half.speed, half.bands[0]) == pytest.approx((2.0, 1.2, 1.1, 1.0))
    twice = mix_expressions([({}, -1.0), (joy, 2.0)])
    assert (twice.pitch, twice.pitch_range) == pytest.approx((8.0, 1.44**2))
    both = mix_expressions([(joy, 0.5), (fear, 0.5)])
    assert (both.pitch, both.slope, both.pitch_range) == pytest.approx((3.0, 1.5, 1.2))
    assert mix_expressions([({}, 1.0)]) == NO_EXPRESSION


def test_expressions_at_several_degrees_are_interpolated() -> None:
    joy = {1.0: Expression(pitch=4.0, speed=1.21), 0.5: Expression(pitch=1.0), 1.5: Expression(pitch=5.0)}
    degrees = (-0.5, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
    pitches = [mix_expressions([(joy, degree)]).pitch for degree in degrees]
    assert pitches == pytest.approx([-1.0, 0.5, 1.0, 2.5, 4.0, 5.0, 6.0])
    assert mix_expressions([(joy, 0.75)]).speed == pytest.approx(1.1)


def test_a_mixture_stays_within_the_ranges_of_a_manifest() -> None:
    strong = Expression(pitch=9, pitch_range=2, accents=0.3, slope=-9, tremor=1.5, speed=0.6, bands=(15,) * 7)
    for share in (2.0, -1.0, 1.0):
        mixed = mix_expressions([({}, 1 - share), ({1.0: strong}, share)])
        assert Expression.model_validate(mixed.model_dump()) == mixed
    twice = mix_expressions([({}, -1.0), ({1.0: strong}, 2.0)])
    assert (twice.pitch, twice.pitch_range, twice.accents, twice.slope, twice.bands[0]) == (12, 2.5, 0.25, -12, 12)


def test_the_parts_of_an_utterance_continue_each_other() -> None:
    flat, voiced = np.ones(FRAMES, np.float32), np.ones(FRAMES, np.float32)
    whole = Expression(pitch=1, slope=6, ending=2)
    parts = [(0, 100), (100, FRAMES)]
    cut = [
        shape_pitch(flat[start:end], voiced[start:end], cut_expression(whole, start, end, FRAMES), RATE)
        for start, end in parts
    ]
    expected = shape_pitch(flat, voiced, whole.model_copy(update={"ending": 0.0}), RATE)
    joined = np.concatenate(cut)
    np.testing.assert_allclose(joined[:150], expected[:150], atol=0.01)
    assert 12 * float(joined[-1] - expected[-1]) == pytest.approx(2, abs=0.1)


def test_markup_alone_shifts_a_low_voice_without_a_limit() -> None:
    pitch, voicing, mel = np.full(50, -0.2, np.float32), np.ones(50, np.float32), draw_noise(0, 1, 80, 50)
    same, lower = apply_expression(mel, pitch, voicing, Expression(pitch=-8), CENTRES, RATE)
    assert same is mel
    np.testing.assert_allclose(lower, pitch - 8 / 12, rtol=1e-5)


def test_a_fricative_that_the_pitch_network_takes_for_voiced_is_not_trusted() -> None:
    mel, voicing = np.full((1, 80, 40), -8.0, np.float32), np.ones(40, np.float32)
    mel[:, CENTRES > 3000, :10] = -2.0
    mel[:, CENTRES < 3000, 10:] = -2.0
    voicing[30:] = 0
    assert find_voiced(mel, voicing, CENTRES).tolist() == [0.0] * 10 + [1.0] * 20 + [0.0] * 10


def test_frames_after_the_voiced_ones_move_with_them_and_those_before_stay() -> None:
    wild = (MELODY + SYLLABLES).copy()
    wild[:20], wild[220:] = -15, 10
    moved = shape_contour(wild, pitch_range=2.0, accents=2.0, slope=4.0) - wild
    assert moved[:20] == pytest.approx(0, abs=1e-3)
    assert moved[220:] == pytest.approx(moved[219], abs=1e-3)
