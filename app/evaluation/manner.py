"""Measure how a clip is spoken: pitch, rate, level, timbre and the prosodic features."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import librosa
import numpy as np
import numpy.typing as npt

from app.evaluation.recordings import count_vowel_groups
from app.synthesis.expression import smooth
from app.types import Samples

Contour = npt.NDArray[np.float64]
"""Pitch in hertz, (frames,): frame i is centred at sample i * HOP; NaN in unvoiced frames."""

SAMPLE_RATE = 16000
"""Sample rate of all measurements in hertz, so that a voice with a wider bandwidth has no advantage."""
SILENCE_DB = 40
"""Decibels below the loudest frame; anything quieter at the beginning and the end is silence."""
FRAME = 1024
"""Samples of an analysis window: 64 ms."""
HOP = FRAME // 4
"""Samples from one frame to the next: 16 ms."""
LOWEST_PITCH, HIGHEST_PITCH = 65, 600
"""Hertz: from a low male voice to a woman's scream."""
REFERENCE_HZ = 100
"""Frequency of 0 semitones, hertz."""
MIN_VOICED_FRAMES = 5
"""Minimum voiced frames of 16 ms to measure a pitch."""
LOW_BAND, HIGH_BAND = (80, 1000), (1000, 5000)
"""Hertz. A pressed, loud voice has more energy in the high band, a soft one less."""
EPSILON = 1e-9
"""Keeps the logarithm of silence finite."""


@dataclass(frozen=True, slots=True)
class AcousticMeasures:
    """How a sentence was spoken; also means over sentences, and differences of means."""

    pitch: float
    """Median in semitones above 100 Hz; NaN if too few frames are voiced."""
    pitch_range: float
    """Range from the 10th to the 90th percentile in semitones; NaN if too few frames are voiced."""
    rate: float
    """Vowel groups of the text per second."""
    level: float
    """Root mean square in dBFS."""
    tilt: float
    """Energy in 1-5 kHz relative to 80-1000 Hz, in dB."""


def resample(samples: Samples, sample_rate: int) -> Samples:
    """Resample to 16 kHz."""
    sound: Samples = librosa.resample(samples, orig_sr=sample_rate, target_sr=SAMPLE_RATE)
    return sound


def trim_silence(sound: Samples) -> Samples:
    """Trim the silence at both ends of a sound (16 kHz)."""
    speech: Samples = librosa.effects.trim(sound, top_db=SILENCE_DB)[0]
    return speech


def measure_manner(speech: Samples, contour: Contour, text: str) -> AcousticMeasures:
    """Measure speech (16 kHz, trimmed) with a given pitch contour."""
    pitch, pitch_range = measure_pitch(contour)
    rate = count_vowel_groups(text) / (len(speech) / SAMPLE_RATE)
    return AcousticMeasures(pitch, pitch_range, rate, measure_level(speech), measure_tilt(speech))


def track_pitch(speech: Samples) -> Contour:
    """Track the pitch with pYIN (Mauch and Dixon 2014, doi 10.1109/ICASSP.2014.6853678)."""
    contour: Contour = librosa.pyin(
        speech, fmin=LOWEST_PITCH, fmax=HIGHEST_PITCH, sr=SAMPLE_RATE, frame_length=FRAME, hop_length=HOP
    )[0]
    return contour


def to_semitones(hertz: Contour) -> Contour:
    """Convert a pitch to semitones above 100 Hz."""
    return np.asarray(12 * np.log2(hertz / REFERENCE_HZ))


def measure_pitch(contour: Contour) -> tuple[float, float]:
    """Return the median and the range of the pitch in semitones; NaN if too few frames are voiced."""
    voiced = contour[~np.isnan(contour)]
    if len(voiced) < MIN_VOICED_FRAMES:
        return math.nan, math.nan
    low, median, high = np.percentile(to_semitones(voiced), (10, 50, 90))
    return float(median), float(high - low)


def measure_level(speech: Samples) -> float:
    """Return the root mean square in dBFS; a sine of amplitude 1 has -3 dB."""
    return float(20 * np.log10(np.sqrt(np.mean(speech**2)) + EPSILON))


def measure_tilt(speech: Samples) -> float:
    """Return the energy of the high band relative to that of the low one, in dB."""
    power = np.abs(librosa.stft(speech, n_fft=FRAME)) ** 2
    frequencies = librosa.fft_frequencies(sr=SAMPLE_RATE, n_fft=FRAME)

    def energy(band: tuple[int, int]) -> float:
        return float(power[(frequencies > band[0]) & (frequencies < band[1])].sum()) + EPSILON

    return 10 * math.log10(energy(HIGH_BAND) / energy(LOW_BAND))


BANDS = (250, 500, 1000, 2000, 3000, 4000, 6000)
"""Centre frequencies of the bands in hertz. A band reaches half way to its neighbours, on a logarithmic scale."""
POINTS_PER_BAND = 8
"""Number of frequencies at which the envelope of a band is sampled."""
OVERSAMPLING = 4
"""Oversampling for comparing periods: at 16 kHz, a high voice's period falls too far between samples."""
COMPARED_PERIODS = 2
"""Number of periods compared with those one period later: about as long as a voice holds its pitch."""
PERIOD_TOLERANCE = 0.02
"""Fraction of the period, to both sides, within which the tracked period is refined."""
MIN_NOISE_SHARE = 1e-4
"""Less noise than this, -40 dB, cannot be distinguished from numerical error."""


def measure_band_levels(speech: Samples, contour: Contour) -> list[float]:
    """Return the level of each band in dB, minus the mean of all bands: a long-term average over the voiced frames.

    Each point of the envelope is the energy in a window around it that is as wide as the fundamental frequency. Such a
    window always contains one harmonic, wherever the harmonics lie, so that pitch alone does not change the levels.
    Below the fundamental, where there is no envelope, the value at the fundamental is used.
    """
    voiced = np.flatnonzero(~np.isnan(contour))
    if len(voiced) < MIN_VOICED_FRAMES:
        return [math.nan] * len(BANDS)
    power = np.abs(librosa.stft(speech, n_fft=FRAME, hop_length=HOP)) ** 2
    edges = np.arange(FRAME // 2 + 2) * SAMPLE_RATE / FRAME - SAMPLE_RATE / FRAME / 2
    points = compute_band_points()
    total = np.zeros(points.shape)
    for frame in voiced:
        pitch = contour[frame]
        below = np.concatenate([[0.0], np.cumsum(power[:, frame], dtype=np.float64)])
        middle = np.maximum(points, pitch)
        total += np.interp(middle + pitch / 2, edges, below) - np.interp(middle - pitch / 2, edges, below)
    levels = 10 * np.log10(total.mean(axis=1) + EPSILON)
    return [float(level) for level in levels - levels.mean()]


def compute_band_points() -> npt.NDArray[np.float64]:
    """Return the frequencies at which each band is sampled, (bands, points)."""
    middles = np.array(BANDS, np.float64)
    between = np.sqrt(middles[1:] * middles[:-1])
    low = np.concatenate([[middles[0] ** 2 / between[0]], between])
    high = np.concatenate([between, [middles[-1] ** 2 / between[-1]]])
    return np.array(np.geomspace(low, high, POINTS_PER_BAND, axis=1))


def measure_noise_share(speech: Samples, contour: Contour) -> float:
    """Return the share of the voiced frames' energy that is noise: what does not repeat one period later.

    The correlation of a stretch with that one period later is its share of periodic energy (Boersma 1993, Proceedings
    of the Institute of Phonetic Sciences Amsterdam 17, 97-110); frames are weighted by their energy.
    """
    rate = OVERSAMPLING * SAMPLE_RATE
    sound = librosa.resample(speech, orig_sr=SAMPLE_RATE, target_sr=rate).astype(np.float64)
    noise = energy = 0.0
    voiced = 0
    for frame in np.flatnonzero(~np.isnan(contour)):
        period = rate / contour[frame]
        measured = correlate_period(sound, int(frame) * HOP * OVERSAMPLING, period)
        if measured:
            noise += (1 - measured[0]) * measured[1]
            energy += measured[1]
            voiced += 1
    if voiced < MIN_VOICED_FRAMES or energy < EPSILON:
        return math.nan
    return min(max(noise / energy, MIN_NOISE_SHARE), 1 - MIN_NOISE_SHARE)


def correlate_period(sound: npt.NDArray[np.float64], centre: int, period: float) -> tuple[float, float] | None:
    """Return the highest correlation of the sound around a sample with itself a period later, and the energy of both.

    Return None if the stretch reaches beyond the sound.
    """
    lags = np.arange(math.floor(period * (1 - PERIOD_TOLERANCE)), math.ceil(period * (1 + PERIOD_TOLERANCE)) + 1)
    length = round(COMPARED_PERIODS * period)
    begin = centre - (length + round(period)) // 2
    if begin < 0 or begin + length + lags[-1] > len(sound):
        return None
    here = sound[begin : begin + length]
    later = np.lib.stride_tricks.sliding_window_view(sound[begin + lags[0] : begin + lags[-1] + length], length)
    energies = np.sum(later**2, axis=1)
    own = float(here @ here)
    correlations = (later @ here) / np.sqrt(own * energies + EPSILON)
    best = int(np.argmax(correlations))
    return float(correlations[best]), own + float(energies[best])


Features = Mapping[str, float]
"""Value, or difference of two values, by name in `emotion_facts.tsv`; NaN if it could not be measured."""

SMOOTHING_SECONDS = 0.25
"""About a syllable of slow speech: pitch changes within it are fast movement, slower ones are melody."""
MIDDLE, FINAL = (0.2, 0.8), (0.8, 1.0)
"""Fractions of the utterance's time: the middle three fifths and the final fifth."""


def measure_features(speech: Samples, contour: Contour) -> dict[str, float]:
    """Measure the prosodic features of a clip (16 kHz, trimmed) with a given pitch contour.

    - pitch: median of the voiced frames, semitones above 100 Hz
    - range: from the 10th to the 90th percentile of the voiced frames, semitones
    - slope: of the regression line of pitch over time, times the length of the speech, semitones
    - ending: median of the final fifth of the time minus median of the middle three fifths, semitones
    - fast movement: root mean square of the contour minus the smoothed contour, semitones
    - duration: natural logarithm of seconds
    - 250 Hz to 6000 Hz: level of the spectral envelope of voiced frames, dB minus the mean of these seven levels
    - noise: log-odds of the share of the voiced frames' energy that does not repeat from period to period
    """
    pitch, pitch_range = measure_pitch(contour)
    seconds, noise = len(speech) / SAMPLE_RATE, measure_noise_share(speech, contour)
    levels = measure_band_levels(speech, contour)
    return {
        "pitch": pitch,
        "range": pitch_range,
        "slope": measure_slope(contour, seconds),
        "ending": measure_ending(contour, seconds),
        "fast movement": measure_fast_movement(contour),
        "duration": math.log(seconds),
        **{f"{band} Hz": level for band, level in zip(BANDS, levels, strict=True)},
        "noise": math.log(noise / (1 - noise)),
    }


def measure_prosody(samples: Samples, sample_rate: int) -> dict[str, float]:
    """Measure the prosodic features of a clip of any sample rate, with silence at its ends."""
    speech = trim_silence(resample(samples, sample_rate))
    return measure_features(speech, track_pitch(speech))


def subtract_features(features: Features, neutral: Features) -> dict[str, float]:
    """Return by how much a reading differs from the neutral reading of the same text."""
    return {name: value - neutral[name] for name, value in features.items()}


def measure_slope(contour: Contour, seconds: float) -> float:
    """Return the rise of the pitch's regression line over the utterance, in semitones."""
    voiced = np.flatnonzero(~np.isnan(contour))
    if len(voiced) < MIN_VOICED_FRAMES:
        return math.nan
    rise, _ = np.polyfit(voiced * HOP / SAMPLE_RATE, to_semitones(contour[voiced]), 1)
    return float(rise * seconds)


def measure_ending(contour: Contour, seconds: float) -> float:
    """Return how far the pitch of the final fifth lies above that of the middle three fifths, in semitones."""
    shares = np.arange(len(contour)) * HOP / SAMPLE_RATE / seconds
    parts = (contour[(shares >= begin) & (shares < end)] for begin, end in (MIDDLE, FINAL))
    middle, final = (measure_pitch(part)[0] for part in parts)
    return final - middle


def measure_fast_movement(contour: Contour) -> float:
    """Return the root mean square of the pitch's distance from its moving average over a syllable, in semitones.

    Pauses are interpolated linearly. A steady slope has no fast movement.
    """
    voiced = np.flatnonzero(~np.isnan(contour))
    half = round(SMOOTHING_SECONDS * SAMPLE_RATE / HOP / 2)
    if len(voiced) < MIN_VOICED_FRAMES or voiced[-1] - voiced[0] < half:
        return math.nan
    pitch = np.interp(np.arange(voiced[0], voiced[-1] + 1), voiced, to_semitones(contour[voiced]))
    return float(np.sqrt(np.mean((pitch - smooth(pitch, 2 * half))[voiced - voiced[0]] ** 2)))
