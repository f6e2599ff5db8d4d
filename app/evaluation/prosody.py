"""The prosody of a clip as the features that the judge of emotion compares between two readings of one text.

Each is measured so that a reading that differs in one respect, such as a higher pitch, differs in that feature alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from app.evaluation.measures import LEAST_VOICED, RATE, STEP, Contour, Samples, pitch_of, semitones
from app.evaluation.timbre import BANDS, band_levels, noise_share

Features = Mapping[str, float]
"""Name in `emotion_facts.tsv` -> value, or difference of two values; not a number where it could not be told."""

SMOOTHING_SECONDS = 0.25
"""About a syllable of slow speech: what the pitch does within it is fast movement, the rest is melody."""
MIDDLE, FINAL = (0.2, 0.8), (0.8, 1.0)
"""Shares of the utterance's time: the middle three fifths and the final fifth."""


def features_of(speech: Samples, contour: Contour) -> dict[str, float]:
    """Measure a clip (16 kHz, without silence around it) whose pitch is known.

    - pitch: median of the voiced frames, semitones over 100 Hz
    - range: from the 10th to the 90th percentile of the voiced frames, semitones
    - slope: of the regression line of pitch over time, times the length of the speech, semitones
    - ending: median of the final fifth of the time less median of the middle three fifths, semitones
    - fast movement: root mean square of what is left of the contour without its smoothed form, semitones
    - duration: natural logarithm of seconds
    - 250 Hz to 6000 Hz: level of the spectral envelope of voiced frames, dB less the mean of these seven levels
    - noise: natural logit of the share of the voiced frames' energy that does not repeat from period to period
    """
    pitch, pitch_range = pitch_of(contour)
    seconds = len(speech) / RATE
    levels = band_levels(speech, contour)
    return {
        "pitch": pitch,
        "range": pitch_range,
        "slope": slope_of(contour, seconds),
        "ending": ending_of(contour, seconds),
        "fast movement": fast_movement_of(contour),
        "duration": math.log(seconds),
        **{f"{band} Hz": level for band, level in zip(BANDS, levels, strict=True)},
        "noise": logit(noise_share(speech, contour)),
    }


def subtract_features(features: Features, neutral: Features) -> dict[str, float]:
    """Return by how much a reading differs from the neutral reading of the same text."""
    return {name: value - neutral[name] for name, value in features.items()}


def slope_of(contour: Contour, seconds: float) -> float:
    """Return how far the regression line of the pitch rises over the utterance."""
    voiced = np.flatnonzero(~np.isnan(contour))
    if len(voiced) < LEAST_VOICED:
        return math.nan
    rise, _ = np.polyfit(voiced * STEP / RATE, semitones(contour[voiced]), 1)
    return float(rise * seconds)


def ending_of(contour: Contour, seconds: float) -> float:
    """Return how far the final fifth lies above the middle three fifths."""
    shares = np.arange(len(contour)) * STEP / RATE / seconds
    middle, final = (pitch_within(contour, shares, part) for part in (MIDDLE, FINAL))
    return final - middle


def pitch_within(contour: Contour, shares: Contour, part: tuple[float, float]) -> float:
    """Return the median pitch of a part of the utterance."""
    begin, end = part
    return pitch_of(contour[(shares >= begin) & (shares < end)])[0]


def fast_movement_of(contour: Contour) -> float:
    """Return the root mean square of the pitch's distance from its moving average over a syllable.

    The pauses are bridged by straight lines and the ends prolonged by their mirror image turned upside down, so that a
    steady slope has no fast movement.
    """
    voiced = np.flatnonzero(~np.isnan(contour))
    half = round(SMOOTHING_SECONDS * RATE / STEP / 2)
    if len(voiced) < LEAST_VOICED or voiced[-1] - voiced[0] < half:
        return math.nan
    pitch = np.interp(np.arange(voiced[0], voiced[-1] + 1), voiced, semitones(contour[voiced]))
    window = np.hanning(2 * half + 3)[1:-1]  # its two ends are zero
    longer = np.pad(pitch, half, mode="reflect", reflect_type="odd")
    smooth = np.convolve(longer, window / window.sum(), mode="valid")
    return float(np.sqrt(np.mean((pitch - smooth)[voiced - voiced[0]] ** 2)))


def logit(share: float) -> float:
    """Stretch a share of 0 to 1 so that equal ratios are equal distances."""
    return math.log(share / (1 - share))
