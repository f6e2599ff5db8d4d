"""One emotion of the corpus: texts -> clips with their phonemes, durations and pitch."""

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
from scripts.corpus.alignment import carry_over
from scripts.corpus.emotions import MANNERS
from scripts.corpus.teacher import SAMPLE_RATE, Spoken, Teacher

WORST_ALIGNMENT = 0.3
"""Mean cost a symbol; above it the teacher and espeak read the text differently."""
FEWEST_SYMBOLS = 3
NEUTRAL_RMS = 0.06
LOUDEST = 0.95
"""Peak of a clip that would be louder."""


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


def make_clips(
    texts: list[str], emotion: Emotion, minutes: float, spectra_minutes: float, folder: Path
) -> tuple[list[Clip], int]:
    """Speak texts, in an order of the emotion's own, for so many minutes: the clips, and how many were left out.

    Of the first `spectra_minutes` the teacher's spectra are kept as well.
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
    """Numbered texts as clips with their spectra, recordings in `folder`; None where durations cannot be trusted."""
    teacher, phonemizer, vocabulary = Teacher(), Phonemizer("en-us"), set(IPAPhonemes().vocab)
    nothing = np.zeros((4, 0, 0), np.float16)
    for number, text in texts:
        spoken = normalize(text)
        symbols = "".join(filter(vocabulary.__contains__, phonemizer.phonemize([spoken])[0]))
        said = teacher.say(spoken, MANNERS[emotion], seed=number)
        if said is None or len(symbols) < FEWEST_SYMBOLS:
            yield None, nothing
            continue
        seconds, cost = carry_over(said.phonemes, said.seconds, symbols)
        if cost > WORST_ALIGNMENT:
            yield None, nothing
            continue
        factor = level_factor(said, MANNERS[emotion].level)
        name = f"{emotion.value}_{number:05d}"
        soundfile.write(folder / f"{name}.flac", said.samples * factor, SAMPLE_RATE)
        seconds *= len(said.samples) / SAMPLE_RATE / seconds.sum()
        lengths = [round(float(value), 6) for value in seconds]
        clip = Clip(name, text, spoken, emotion, symbols, lengths, said.pitch.astype(np.float16))
        yield clip, louder(said.spectra, factor).astype(np.float16)


def level_factor(said: Spoken, decibels: float) -> np.float32:
    """What gives every clip the loudness of neutral speech plus `decibels`, as far as its peak allows."""
    rms = max(1e-6, float(np.sqrt((said.samples.astype(np.float64) ** 2).mean())))
    factor = NEUTRAL_RMS / rms * 10 ** (decibels / 20)
    return np.float32(min(factor, LOUDEST / max(1e-6, float(np.abs(said.samples).max()))))


def louder(spectra: npt.NDArray[np.float32], factor: np.float32) -> npt.NDArray[np.float32]:
    """The spectra of samples that were multiplied."""
    added = np.array([np.log(factor), 0, np.log(factor), 0], np.float32)
    return spectra + added[:, None, None]
