"""Apply an emotion's expression to the pitch and the spectrum of an utterance, before it is vocoded.

A vocoder with a harmonic source makes its own pulses, so that the pitch can follow any contour. The acoustic model's
contour is split into declination, a straight line, melody, the movement slower than a syllable, accents, the movement
within one, and the rest, which would sound rough if it grew (Fujisaki and Hirose 1984, doi 10.1250/ast.5.233, separate
phrase and accent components alike). Melody and accents are scaled, then slope, ending and tremor are added.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from app.inference import Array
from app.voices.manifest import EXPRESSION_BANDS, EXPRESSION_LIMITS, NO_EXPRESSION, Expression

SEMITONES_PER_OCTAVE = 12
NEPERS_PER_DECIBEL = math.log(10) / 20
MELODY_SECONDS = 0.25
"""Length of the window that separates melody from accents: about a syllable of slow speech."""
ACCENT_SECONDS = 0.08
"""Length of the window that separates accents from faster movement."""
SHORT_SECONDS = 1.0
"""Below this length an utterance has less room for a slope and an ending, which shrink in proportion."""
ENDING = (0.65, 0.9)
"""Fractions of the utterance between which the pitch moves to that of its ending."""
TREMOR_HZ = 5.0
"""Rate of a vocal tremor, 4 to 6 Hz in fear and sadness."""
MIN_LOG_PITCH, MAX_LOG_PITCH = math.log2(0.65), math.log2(7.0)
"""65 to 700 Hz, in octaves above 100 Hz: from a low male voice to a woman's scream."""
MIN_VOICED_FRAMES = 4
LOW_BAND_HZ = 1000.0
LOW_BAND_RANGE = 2.6
"""Nepers, 23 dB, below the loudest frame of an utterance in the band below `LOW_BAND_HZ`; fricatives are lower."""
VOICING_FRAMES = 5
"""Frames over which a change of the spectrum fades in and out beside unvoiced sounds, which keep theirs."""
MAX_LEVEL = 12.0
"""Maximum decibels of a band in a mixture, beyond which the vocoder would clip."""
FACTORS = ("pitch_range", "accents", "speed")
"""Fields that are factors, so that shares are exponents."""

Track = npt.NDArray[np.float64]
"""A value for each frame, (T,)."""
Values = npt.NDArray[np.float64]
"""The values of an expression, (fields,)."""


def mix_expressions(shares: Iterable[tuple[Mapping[float, Expression], float]]) -> Expression:
    """Return the expression of a mixture of emotions, given by degree, with shares that may be negative or above 1.

    Neutral has none, so half an emotion has half its semitones and decibels, and the square root of its factors, unless
    it has an expression for a degree of 0.5.
    """
    total = sum((interpolate_degree(by_degree, share) for by_degree, share in shares), read_values(NO_EXPRESSION))
    mixed = dict(zip(EXPRESSION_LIMITS, total.tolist(), strict=False))
    limited = {name: limit(name, math.exp(value) if name in FACTORS else value) for name, value in mixed.items()}
    bands = np.clip(total[len(mixed) :], -MAX_LEVEL, MAX_LEVEL)
    return Expression(**limited, bands=tuple(bands.tolist()))


def interpolate_degree(by_degree: Mapping[float, Expression], degree: float) -> Values:
    """Return the values of an emotion's expression at a degree, on straight lines from none at 0."""
    known = sorted((*by_degree.items(), (0.0, NO_EXPRESSION)), key=lambda pair: pair[0])
    if len(known) == 1:
        return read_values(NO_EXPRESSION)
    after = next((place for place, (at, _) in enumerate(known) if place and degree <= at), len(known) - 1)
    (begin, before), (end, next_one) = known[after - 1 : after + 1]
    share = (degree - begin) / (end - begin)
    return (1 - share) * read_values(before) + share * read_values(next_one)


def read_values(expression: Expression) -> Values:
    """Return all values of an expression, logarithms of factors; bands last."""
    values = [(name, getattr(expression, name)) for name in EXPRESSION_LIMITS]
    return np.array([*(math.log(value) if name in FACTORS else value for name, value in values), *expression.bands])


def limit(name: str, value: float) -> float:
    """Limit a field of a mixture to the range of a manifest, which a degree of 2 can exceed."""
    lowest, highest = EXPRESSION_LIMITS[name]
    return min(max(value, lowest), highest)


def cut_expression(expression: Expression, start: int, end: int, frames: int) -> Expression:
    """Return the expression of the frames `start` to `end` of an utterance, so that its parts continue each other."""
    middle, share = (start + end) / 2 / frames, (end - start) / frames
    return expression.model_copy(
        update={
            "pitch": expression.pitch + expression.slope * (middle - 0.5),
            "slope": expression.slope * share,
            "ending": expression.ending if end == frames else 0.0,
        }
    )


def apply_expression(
    mel: Array, pitch: Array, voicing: Array, expression: Expression, centres: Array, frame_rate: float
) -> tuple[Array, Array]:
    """Return the mel spectrogram (1, n_mels, T) and the pitch (T,) of an utterance with an emotion's expression.

    `pitch` is log2(F0 / 100 Hz), `voicing` 0 or 1, (T,) each; `centres` (n_mels,) are the middle frequencies of the
    mel bands in hertz, and `frame_rate` is in frames per second.
    """
    if expression == NO_EXPRESSION.model_copy(update={"pitch": expression.pitch}):
        return mel, pitch + expression.pitch / SEMITONES_PER_OCTAVE if expression.pitch else pitch
    voiced = find_voiced(mel, voicing, centres)
    return shape_spectrum(mel, voiced, expression, centres), shape_pitch(pitch, voiced, expression, frame_rate)


def find_voiced(mel: Array, voicing: Array, centres: Array) -> Array:
    """Return the voicing (T,) of the frames whose pitch can be trusted: those with energy at low frequencies.

    The pitch network takes parts of fricatives for voiced, above all at the start of an utterance, with any pitch.
    """
    level = mel[0, centres < LOW_BAND_HZ].mean(0)
    trusted: Array = voicing * (level > level.max() - LOW_BAND_RANGE)
    return trusted


def shape_pitch(pitch: Array, voicing: Array, expression: Expression, frame_rate: float) -> Array:
    """Return the pitch of an utterance with an emotion's expression; both are log2(F0 / 100 Hz), (T,).

    `voicing` is 0 or 1, (T,), and `frame_rate` in frames per second.
    """
    voiced = np.flatnonzero(voicing)
    contour = SEMITONES_PER_OCTAVE * pitch.astype(np.float64)
    if len(voiced) >= MIN_VOICED_FRAMES:
        contour = shape_contour(contour, voiced, expression, frame_rate)
    shaped = (contour + expression.pitch) / SEMITONES_PER_OCTAVE
    return np.clip(shaped, MIN_LOG_PITCH, MAX_LOG_PITCH).astype(pitch.dtype)


def shape_contour(contour: Track, voiced: npt.NDArray[np.intp], expression: Expression, frame_rate: float) -> Track:
    """Return a contour in semitones with scaled movement, slope, ending and tremor.

    Frames between and after the voiced ones move with them. Those before stay, since what the pitch network takes for
    voice there is at most breath.
    """
    first, last = voiced[0], voiced[-1]
    frames = np.arange(first, last + 1)
    pitch = np.interp(frames, voiced, contour[voiced])
    melody, accented = (smooth(pitch, round(window * frame_rate)) for window in (MELODY_SECONDS, ACCENT_SECONDS))
    line = np.polyval(np.polyfit(frames, melody, 1), frames)
    time = (frames - first) / max(1, last - first)
    room = min(1.0, len(frames) / frame_rate / SHORT_SECONDS)
    final = np.clip((time - ENDING[0]) / (ENDING[1] - ENDING[0]), 0, 1)
    tremor = np.sin(2 * math.pi * TREMOR_HZ * frames / frame_rate)
    moved = expression.pitch_range * (melody - line) + expression.accents * (accented - melody) + pitch - accented
    added = room * (expression.slope * (time - 0.5) + expression.ending * final) + expression.tremor * tremor
    difference = line + moved + added - pitch
    return np.asarray(contour + np.pad(np.pad(difference, (0, len(contour) - 1 - last), mode="edge"), (first, 0)))


def smooth(track: Track, frames: int) -> Track:
    """Return the moving average of a track over a Hann window; odd reflection keeps a slope straight at both ends."""
    half = min(frames // 2, len(track) - 1)
    window = np.hanning(2 * half + 3)[1:-1]
    padded = np.pad(track, half, mode="reflect", reflect_type="odd")
    return np.convolve(padded, window / window.sum(), mode="valid")


def shape_spectrum(mel: Array, voicing: Array, expression: Expression, centres: Array) -> Array:
    """Return a mel spectrogram (1, n_mels, T) with the expression's levels in its voiced frames.

    `voicing` is 0 or 1, (T,); `centres` (n_mels,) are the middle frequencies of its bands in hertz.
    """
    if not any(expression.bands):
        return mel
    levels = np.interp(np.log(centres), np.log(EXPRESSION_BANDS), expression.bands)
    gain = (NEPERS_PER_DECIBEL * levels).astype(mel.dtype)
    window, half = np.ones(VOICING_FRAMES, mel.dtype), VOICING_FRAMES // 2
    frames = np.convolve(np.ones_like(voicing), window)[half:-half]
    share = np.convolve(voicing, window)[half:-half] / frames
    return mel + gain[:, None] * share
