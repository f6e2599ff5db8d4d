"""What the timbre of voiced speech is, whatever its pitch: levels of the spectral envelope, and the share of noise."""

from __future__ import annotations

import math

import librosa
import numpy as np
import numpy.typing as npt

from app.evaluation.measures import FRAME, LEAST_VOICED, RATE, STEP, TINY, Contour, Samples

Values = npt.NDArray[np.float64]

BANDS = (250, 500, 1000, 2000, 3000, 4000, 6000)
"""Hertz at the middle of each band. A band reaches half way to its neighbours, on a logarithmic scale."""
POINTS = 8
"""Frequencies at which the envelope of a band is read."""
FINER = 4
"""Samples for one, where periods are compared: at 16 kHz a period of a high voice lies too far between samples."""
PERIODS = 2
"""So many periods are compared with those one period later: about the stretch over which a voice holds its pitch."""
SEARCH = 0.02
"""Share of the period, to both sides, within which the tracked period is refined."""
LEAST_SHARE = 1e-4
"""Less noise than this, -40 dB, cannot be told from the arithmetic."""


def band_levels(speech: Samples, contour: Contour) -> list[float]:
    """Return the level of each band in dB, less the mean of all: a long-term average over the voiced frames.

    Each point of the envelope is the energy within one pitch period's bandwidth around it. So wide a window always
    holds one harmonic, wherever the harmonics lie: another pitch alone changes nothing. Below the fundamental there is
    no envelope; the fundamental stands for it.
    """
    voiced = np.flatnonzero(~np.isnan(contour))
    if len(voiced) < LEAST_VOICED:
        return [math.nan] * len(BANDS)
    power = np.abs(librosa.stft(speech, n_fft=FRAME, hop_length=STEP)) ** 2
    edges = np.arange(FRAME // 2 + 2) * RATE / FRAME - RATE / FRAME / 2
    points = band_points()
    total = np.zeros(points.shape)
    for frame in voiced:
        pitch = contour[frame]
        below = np.concatenate([[0.0], np.cumsum(power[:, frame], dtype=np.float64)])
        middle = np.maximum(points, pitch)
        total += np.interp(middle + pitch / 2, edges, below) - np.interp(middle - pitch / 2, edges, below)
    levels = 10 * np.log10(total.mean(axis=1) + TINY)
    return [float(level) for level in levels - levels.mean()]


def band_points() -> Values:
    """Return the frequencies at which each band is read: (bands, points)."""
    middles = np.array(BANDS, np.float64)
    between = np.sqrt(middles[1:] * middles[:-1])
    low = np.concatenate([[middles[0] ** 2 / between[0]], between])
    high = np.concatenate([between, [middles[-1] ** 2 / between[-1]]])
    return np.array(np.geomspace(low, high, POINTS, axis=1))


def noise_share(speech: Samples, contour: Contour) -> float:
    """Return the share of the voiced frames' energy that is noise: what is not the same one period later.

    The correlation of a stretch with the next period's is the share of its periodic energy (Boersma 1993, Proceedings
    of the Institute of Phonetic Sciences Amsterdam 17, 97-110); frames count by their energy.
    """
    rate = FINER * RATE
    sound = librosa.resample(speech, orig_sr=RATE, target_sr=rate).astype(np.float64)
    noise = energy = 0.0
    voiced = 0
    for frame in np.flatnonzero(~np.isnan(contour)):
        period = rate / contour[frame]
        measured = repetition(sound, int(frame) * STEP * FINER, period)
        if measured:
            noise += (1 - measured[0]) * measured[1]
            energy += measured[1]
            voiced += 1
    if voiced < LEAST_VOICED or energy < TINY:
        return math.nan
    return min(max(noise / energy, LEAST_SHARE), 1 - LEAST_SHARE)


def repetition(sound: Values, centre: int, period: float) -> tuple[float, float] | None:
    """Return the highest correlation of the sound around a place with itself a period later, and its energy.

    None where the sound ends before.
    """
    lags = np.arange(math.floor(period * (1 - SEARCH)), math.ceil(period * (1 + SEARCH)) + 1)
    length = round(PERIODS * period)
    begin = centre - (length + round(period)) // 2
    if begin < 0 or begin + length + lags[-1] > len(sound):
        return None
    here = sound[begin : begin + length]
    later = np.lib.stride_tricks.sliding_window_view(sound[begin + lags[0] : begin + lags[-1] + length], length)
    energies = np.sum(later**2, axis=1)
    own = float(here @ here)
    correlations = (later @ here) / np.sqrt(own * energies + TINY)
    best = int(np.argmax(correlations))
    return float(correlations[best]), own + float(energies[best])
