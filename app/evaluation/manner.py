"""The manner of a clip, whatever it says: pitch, rate, level, timbre and the features of its prosody."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import librosa
import numpy as np
import numpy.typing as npt

from app.evaluation.recordings import vowel_groups
from app.types import Samples

Contour = npt.NDArray[np.float64]
"""Pitch in hertz, (frames,): frame i is centred at sample i * STEP; not a number where nothing is voiced."""

RATE = 16000
"""Hertz. All is measured at this rate, so that a voice with a wider band has no advantage."""
SILENCE_DB = 40
"""What is this far below the loudest frame, at the beginning and the end, is silence."""
FRAME = 1024
"""Samples of an analysis window: 64 ms."""
STEP = FRAME // 4
"""Samples from one frame to the next: 16 ms."""
LOWEST_PITCH, HIGHEST_PITCH = 65, 600
"""Hertz; from a low man's voice to a woman's scream."""
PITCH_UNIT = 100
"""Hertz that are 0 semitones."""
LEAST_VOICED = 5
"""Frames of 16 ms that must be voiced for a pitch to be told."""
LOW_BAND, HIGH_BAND = (80, 1000), (1000, 5000)
"""Hertz. A pressed, loud voice has more in the high band, a soft one less."""
TINY = 1e-9
"""Keeps the logarithm of silence finite."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a sentence was spoken; also means over sentences, and differences of means."""

    pitch: float
    """Median, in semitones over 100 Hz; not a number where nothing is voiced."""
    pitch_range: float
    """From the 10th to the 90th percentile, in semitones; not a number where nothing is voiced."""
    rate: float
    """Vowel groups of the text a second."""
    level: float
    """Root mean square, in dB of full scale."""
    tilt: float
    """Energy in 1-5 kHz against 80-1000 Hz, in dB."""


def resampled(samples: Samples, sample_rate: int) -> Samples:
    """The same sound at 16 kHz."""
    sound: Samples = librosa.resample(samples, orig_sr=sample_rate, target_sr=RATE)
    return sound


def trimmed(sound: Samples) -> Samples:
    """The same sound (16 kHz) without the silence around it."""
    speech: Samples = librosa.effects.trim(sound, top_db=SILENCE_DB)[0]
    return speech


def manner(speech: Samples, contour: Contour, text: str) -> Manner:
    """Measure the speech of a text (16 kHz, without silence around it) whose pitch is known."""
    pitch, pitch_range = pitch_of(contour)
    rate = vowel_groups(text) / (len(speech) / RATE)
    return Manner(pitch, pitch_range, rate, level_of(speech), tilt_of(speech))


def pitch_contour(speech: Samples) -> Contour:
    """Follow the pitch by pYIN (Mauch and Dixon 2014, doi 10.1109/ICASSP.2014.6853678)."""
    contour: Contour = librosa.pyin(
        speech, fmin=LOWEST_PITCH, fmax=HIGHEST_PITCH, sr=RATE, frame_length=FRAME, hop_length=STEP
    )[0]
    return contour


def semitones(hertz: Contour) -> Contour:
    """Convert a pitch to semitones over 100 Hz."""
    return np.asarray(12 * np.log2(hertz / PITCH_UNIT))


def pitch_of(contour: Contour) -> tuple[float, float]:
    """Return the median and the range of the pitch in semitones."""
    voiced = contour[~np.isnan(contour)]
    if len(voiced) < LEAST_VOICED:
        return math.nan, math.nan
    low, median, high = np.percentile(semitones(voiced), (10, 50, 90))
    return float(median), float(high - low)


def level_of(speech: Samples) -> float:
    """Root mean square in dB of full scale: a sine of amplitude 1 has -3 dB."""
    return float(20 * np.log10(np.sqrt(np.mean(speech**2)) + TINY))


def tilt_of(speech: Samples) -> float:
    """Energy of the high band against that of the low one, in dB."""
    power = np.abs(librosa.stft(speech, n_fft=FRAME)) ** 2
    frequencies = librosa.fft_frequencies(sr=RATE, n_fft=FRAME)

    def energy(band: tuple[int, int]) -> float:
        return float(power[(frequencies > band[0]) & (frequencies < band[1])].sum()) + TINY

    return 10 * math.log10(energy(HIGH_BAND) / energy(LOW_BAND))


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
