"""The features of prosody, on sounds that differ in one known respect."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from app.evaluation.emotion_judge import read_facts
from app.evaluation.manner import SAMPLE_RATE, measure_fast_movement, subtract_features
from tests.evaluation.voiced_sounds import Values, make_voiced_sound, measure_sound

NOT_NOISE = [name for name in read_facts().features if name != "noise"]


def melody(time: Values) -> Values:
    """Fall by three semitones, with five waves of two."""
    wave: Values = 2 * np.sin(2 * np.pi * 2.5 * time) - 3 * time
    return wave


@pytest.fixture(scope="module")
def base() -> dict[str, float]:
    return measure_sound(make_voiced_sound(melody))


def measure_differences(sound: np.typing.NDArray[np.float32], base: dict[str, float]) -> dict[str, float]:
    return subtract_features(measure_sound(sound), base)


def test_a_reading_does_not_differ_from_itself(base: dict[str, float]) -> None:
    assert set(measure_differences(make_voiced_sound(melody), base).values()) == {0.0}


def test_the_features_are_those_of_the_facts(base: dict[str, float]) -> None:
    assert tuple(base) == read_facts().features


def test_a_higher_pitch_changes_only_the_pitch(base: dict[str, float]) -> None:
    changed = measure_differences(make_voiced_sound(lambda time: melody(time) + 3), base)
    assert changed.pop("pitch") == pytest.approx(3, abs=0.1)
    assert all(abs(changed[name]) < 0.15 for name in NOT_NOISE if name != "pitch")


def test_a_slower_reading_changes_only_the_duration(base: dict[str, float]) -> None:
    changed = measure_differences(make_voiced_sound(melody, seconds=2.2), base)
    assert changed.pop("duration") == pytest.approx(math.log(1.1), abs=1e-3)
    assert all(abs(changed[name]) < 0.1 for name in NOT_NOISE if name != "duration")


@pytest.mark.parametrize("seconds", [1.0, 2.0])
def test_a_slope_is_measured_over_the_whole_utterance(seconds: float) -> None:
    flat = measure_sound(make_voiced_sound(melody, seconds))
    changed = measure_differences(make_voiced_sound(lambda time: melody(time) + 4 * time, seconds), flat)
    assert changed["slope"] == pytest.approx(4, abs=0.2)
    assert changed["fast movement"] == pytest.approx(0, abs=0.02)


def test_a_wider_melody_changes_the_range(base: dict[str, float]) -> None:
    changed = measure_differences(make_voiced_sound(lambda time: 1.5 * melody(time)), base)
    assert changed["range"] == pytest.approx(0.5 * base["range"], abs=0.2)


@pytest.mark.parametrize(("begin", "end", "expected"), [(0.8, 1.0, 2), (0.2, 0.8, -2), (0.0, 0.2, 0), (0.8, 0.85, 0)])
def test_the_ending_is_the_final_fifth_against_the_middle(begin: float, end: float, expected: float) -> None:
    def stepped(time: Values) -> Values:
        return np.where((time > begin) & (time < end), 2.0, 0.0)

    assert measure_sound(make_voiced_sound(stepped))["ending"] == pytest.approx(expected, abs=0.2)


@pytest.mark.parametrize("depth", [0.5, 1.0])
def test_fast_movement_includes_only_movement_faster_than_a_syllable(depth: float) -> None:
    frames = np.arange(125) * 256 / SAMPLE_RATE

    def contour(wave: Callable[[Values], Values]) -> Values:
        hertz: Values = 200 * 2 ** (wave(frames) / 12)
        return hertz

    fast = contour(lambda time: depth * np.sin(2 * np.pi * 8 * time))
    slow = contour(lambda time: depth * np.sin(2 * np.pi * 0.5 * time) + 5 * time)
    assert measure_fast_movement(fast) == pytest.approx(depth / math.sqrt(2), rel=0.15)
    assert measure_fast_movement(slow) < 0.03 * depth
    gap = fast.copy()
    gap[40:60] = math.nan
    assert measure_fast_movement(gap) == pytest.approx(measure_fast_movement(fast), rel=0.15)


def test_features_that_cannot_be_measured_are_nan() -> None:
    measured = measure_sound(np.random.default_rng(0).normal(0, 1e-3, SAMPLE_RATE // 20).astype(np.float32))
    assert math.isfinite(measured.pop("duration"))
    assert all(math.isnan(value) for value in measured.values())
