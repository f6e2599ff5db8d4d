"""Voiced sounds of known pitch, spectrum and noise, for the tests of prosody."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from app.evaluation.manner import SAMPLE_RATE, measure_features, track_pitch

Values = npt.NDArray[np.float64]


def make_voiced_sound(
    melody: Callable[[Values], Values],
    seconds: float = 2.0,
    envelope: Callable[[Values], Values] = lambda hertz: 500 / (hertz + 500),
    noise: float = 0.0,
) -> npt.NDArray[np.float32]:
    """Synthesize a melody: share of the time -> semitones over 200 Hz; `envelope`: hertz -> amplitude of a harmonic.

    `noise` is the share of the energy that is white noise.
    """
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = 200 * 2 ** (melody(time / seconds) / 12)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    tones = np.zeros(len(time))
    for number in range(1, int(7900 / pitch.min())):
        hertz = number * pitch
        tones += np.where(hertz < 7900, envelope(hertz), 0) * np.sin(number * phase)
    hiss = np.random.default_rng(0).normal(size=len(time))
    hiss *= np.sqrt(np.mean(tones**2) / np.mean(hiss**2) * noise / (1 - noise))
    sound: Values = tones + hiss
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def measure_sound(sound: npt.NDArray[np.float32]) -> dict[str, float]:
    """Measure a sound that begins and ends voiced."""
    return measure_features(sound, track_pitch(sound))
