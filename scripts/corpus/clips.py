"""Create the clips of one emotion, with their phonemes, durations and pitch, from texts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from app.synthesis.coqui import IPAPhonemes
from app.synthesis.tokenizer import Phonemizer
from app.text.normalization.normalize import normalize
from app.types import Emotion
from scripts.corpus.alignment import transfer_durations
from scripts.corpus.emotions import MANNERS
from scripts.corpus.teacher import SAMPLE_RATE, Speech, Teacher

MAX_ALIGNMENT_COST = 0.3
"""Mean cost per symbol; above it, the teacher and espeak read the text differently."""
MIN_SYMBOLS = 3
NEUTRAL_RMS = 0.06
MAX_PEAK = 0.95
"""Limit of the peak of a clip."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording of the corpus."""

    name: str
    text: str
    spoken: str
    """The text as it is read."""
    emotion: Emotion
    symbols: str
    """espeak's phonemes that coqui's vocabulary knows."""
    seconds: list[float]
    """One value for each symbol; the sum is the recording's length."""
    pitch: npt.NDArray[np.float16]
    """Hz, 80 values a second, 0 where unvoiced."""


def make_clips(
    texts: list[str], emotion: Emotion, minutes: float, spectra_minutes: float, folder: Path
) -> tuple[list[Clip], int]:
    """Speak texts, shuffled by emotion, until the minutes are reached; return the clips and how many were left out.

    The teacher's spectra of the first `spectra_minutes` are stored as well.
    """
    order = list(enumerate(texts))
    random.Random(emotion.value).shuffle(order)
    clips, left_out, spoken = [], 0, 0.0
    for clip, spectra in speak_all(order, emotion, folder / "wavs"):
        if clip is None:
            left_out += 1
            continue
        clips.append(clip)
        if spoken < spectra_minutes * 60:
            np.save(folder / "spectra" / f"{clip.name}.npy", spectra)
        spoken += sum(clip.seconds)
        if spoken >= minutes * 60:
            break
    return clips, left_out


def speak_all(
    texts: list[tuple[int, str]], emotion: Emotion, folder: Path
) -> Iterator[tuple[Clip | None, npt.NDArray[np.float16]]]:
    """Yield clips of numbered texts with their spectra, recorded in `folder`; None if durations are unreliable."""
    teacher, phonemizer, vocabulary = Teacher(), Phonemizer("en-us"), set(IPAPhonemes().vocab)
    nothing = np.zeros((4, 0, 0), np.float16)
    for number, text in texts:
        spoken = normalize(text)
        symbols = "".join(filter(vocabulary.__contains__, phonemizer.phonemize([spoken])[0]))
        speech = teacher.speak(spoken, MANNERS[emotion], seed=number)
        if speech is None or len(symbols) < MIN_SYMBOLS:
            yield None, nothing
            continue
        seconds, cost = transfer_durations(speech.phonemes, speech.seconds, symbols)
        if cost > MAX_ALIGNMENT_COST:
            yield None, nothing
            continue
        factor = compute_level_factor(speech, MANNERS[emotion].level)
        name = f"{emotion.value}_{number:05d}"
        soundfile.write(folder / f"{name}.flac", speech.samples * factor, SAMPLE_RATE)
        seconds *= len(speech.samples) / SAMPLE_RATE / seconds.sum()
        lengths = [round(float(value), 6) for value in seconds]
        clip = Clip(name, text, spoken, emotion, symbols, lengths, speech.pitch.astype(np.float16))
        yield clip, scale_spectra(speech.spectra, factor).astype(np.float16)


def compute_level_factor(speech: Speech, decibels: float) -> np.float32:
    """Return the factor that gives a clip the level of neutral speech plus `decibels`, as far as its peak allows."""
    rms = max(1e-6, float(np.sqrt((speech.samples.astype(np.float64) ** 2).mean())))
    factor = NEUTRAL_RMS / rms * 10 ** (decibels / 20)
    return np.float32(min(factor, MAX_PEAK / max(1e-6, float(np.abs(speech.samples).max()))))


def scale_spectra(spectra: npt.NDArray[np.float32], factor: np.float32) -> npt.NDArray[np.float32]:
    """Return the spectra of samples that were multiplied by a factor."""
    added = np.array([np.log(factor), 0, np.log(factor), 0], np.float32)
    return spectra + added[:, None, None]
