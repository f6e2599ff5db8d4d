"""One emotion of the corpus: texts -> clips with their phonemes, durations and pitch."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from app.plan import Emotion
from app.speech.coqui import IPAPhonemes
from app.speech.phonemes import Phonemizer
from app.text.normalize import normalize
from scripts.corpus.alignment import carry_over
from scripts.corpus.emotions import MANNERS
from scripts.corpus.teacher import SAMPLE_RATE as TEACHER_RATE
from scripts.corpus.teacher import Teacher

SAMPLE_RATE = 22_050
WORST_ALIGNMENT = 0.3
"""Mean cost a symbol; above it the teacher and espeak read the text differently."""
FEWEST_SYMBOLS = 3
NEUTRAL_RMS = 0.06
LOUDEST = 0.95
"""A clip whose peak lies above is bent softly instead of being cut off."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What the corpus says of one recording."""

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


def make_clips(texts: list[str], emotion: Emotion, minutes: float, folder: Path) -> tuple[list[Clip], int]:
    """Speak texts, in an order of the emotion's own, for so many minutes: the clips, and how many were left out."""
    order = list(enumerate(texts))
    random.Random(emotion.value).shuffle(order)
    clips, left_out, remaining = [], 0, minutes * 60
    for clip in speak_all(order, emotion, folder):
        if clip is None:
            left_out += 1
            continue
        clips.append(clip)
        remaining -= sum(clip.seconds)
        if remaining <= 0:
            break
    return clips, left_out


def speak_all(texts: list[tuple[int, str]], emotion: Emotion, folder: Path) -> Iterator[Clip | None]:
    """Numbered texts as clips, recordings in `folder`; None for a text whose durations cannot be trusted."""
    teacher, phonemizer, vocabulary = Teacher(), Phonemizer("en-us"), set(IPAPhonemes().vocab)
    for number, text in texts:
        spoken = normalize(text)
        symbols = "".join(filter(vocabulary.__contains__, phonemizer.phonemize([spoken])[0]))
        said = teacher.say(spoken, MANNERS[emotion], seed=number)
        if said is None or len(symbols) < FEWEST_SYMBOLS:
            yield None
            continue
        seconds, cost = carry_over(said.phonemes, said.seconds, symbols)
        if cost > WORST_ALIGNMENT:
            yield None
            continue
        samples = levelled(soxr.resample(said.samples, TEACHER_RATE, SAMPLE_RATE), MANNERS[emotion].level)
        name = f"{emotion.value}_{number:05d}"
        soundfile.write(folder / f"{name}.flac", samples, SAMPLE_RATE)
        seconds *= len(samples) / SAMPLE_RATE / seconds.sum()
        lengths = [round(float(value), 6) for value in seconds]
        yield Clip(name, text, spoken, emotion, symbols, lengths, said.pitch.astype(np.float16))


def levelled(samples: npt.NDArray[np.float32], decibels: float) -> npt.NDArray[np.float32]:
    """The same loudness for every clip, that of neutral speech plus `decibels`."""
    rms = max(1e-6, float(np.sqrt((samples.astype(np.float64) ** 2).mean())))
    scaled = samples * np.float32(NEUTRAL_RMS / rms * 10 ** (decibels / 20))
    return np.tanh(scaled) if np.abs(scaled).max() > LOUDEST else scaled
