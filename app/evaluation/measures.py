"""What can be measured of a voice's manner without understanding it: pitch, rate, level and spectrum.

The measures by which emotions differ in speech (Juslin and Laukka 2003, doi 10.1037/0033-2909.129.5.770).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import librosa
import numpy as np
import numpy.typing as npt

from app.evaluation.wording import vowel_groups

Samples = npt.NDArray[np.float32]
"""Mono, (samples,)."""
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
