"""Create clips of one emotion, with their phonemes, durations and pitch, from texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from app.synthesis.coqui import IPAPhonemes
from app.synthesis.tokenizer import Phonemizer
from app.text.normalization.normalize import normalize
from app.text.phonetic import PHONETIC
from scripts.corpus.alignment import transfer_durations
from scripts.corpus.emotions import MANNERS
from scripts.corpus.kokoro import KokoroFiles, KokoroTeacher
from scripts.corpus.lists import Clip, Portion
from scripts.corpus.teacher import SAMPLE_RATE, HibariTeacher, Speech, Teacher

MAX_ALIGNMENT_COST = 0.3
"""Mean cost per symbol; above it, the teacher and espeak read the text differently."""
MIN_SYMBOLS = 3
NEUTRAL_RMS = 0.06
MAX_PEAK = 0.95
"""Limit of the peak of a clip."""


def make_clips(texts: Sequence[str], kokoro: KokoroFiles | None, folder: Path, portion: Portion) -> list[Clip]:
    """Speak the texts of a portion in turn until it is long enough, and return the clips.

    The teacher's spectra of the first `portion.spectra_seconds` are stored as well, if it has any.
    """
    clips: list[Clip] = []
    spoken = 0.0
    for clip, spectra in speak_all(texts, load_teacher(kokoro), portion, folder / "wavs"):
        clips.append(clip)
        if spectra is not None and spoken < portion.spectra_seconds:
            np.save(folder / "spectra" / f"{clip.name}.npy", spectra)
        spoken += sum(clip.seconds)
        if spoken >= portion.seconds:
            break
    return clips


@cache
def load_teacher(kokoro: KokoroFiles | None) -> Teacher:
    """Load Kokoro, or hibari-tts without its files, once in each process."""
    return KokoroTeacher(kokoro) if kokoro else HibariTeacher()


def speak_all(
    texts: Sequence[str], teacher: Teacher, portion: Portion, folder: Path
) -> Iterator[tuple[Clip, npt.NDArray[np.float16] | None]]:
    """Yield clips with their spectra, recorded in `folder`; texts with unreliable durations are left out."""
    phonemizer, vocabulary = Phonemizer("en-us"), set(IPAPhonemes().vocab)
    manner = MANNERS[portion.emotion]
    for number in portion.numbers:
        spoken = normalize(texts[number])
        if PHONETIC.search(spoken):
            continue  # a word is given as phonemes, which a teacher cannot read
        symbols = "".join(filter(vocabulary.__contains__, phonemizer.phonemize([spoken])[0]))
        speech = teacher.speak(spoken, manner, seed=number)
        if speech is None or len(symbols) < MIN_SYMBOLS:
            continue
        seconds, cost = transfer_durations(speech.phonemes, speech.seconds, symbols)
        if cost > MAX_ALIGNMENT_COST:
            continue
        factor = compute_level_factor(speech, manner.level)
        name = f"{portion.emotion.value}_{number:05d}"
        soundfile.write(folder / f"{name}.flac", speech.samples * factor, SAMPLE_RATE)
        seconds *= len(speech.samples) / SAMPLE_RATE / seconds.sum()
        lengths = [round(float(value), 6) for value in seconds]
        clip = Clip(name, texts[number], spoken, portion.emotion, symbols, lengths, speech.pitch.astype(np.float16))
        yield clip, None if speech.spectra is None else scale_spectra(speech.spectra, factor).astype(np.float16)


def compute_level_factor(speech: Speech, decibels: float) -> np.float32:
    """Return the factor that gives a clip the level of neutral speech plus `decibels`, as far as its peak allows."""
    rms = max(1e-6, float(np.sqrt((speech.samples.astype(np.float64) ** 2).mean())))
    factor = NEUTRAL_RMS / rms * 10 ** (decibels / 20)
    return np.float32(min(factor, MAX_PEAK / max(1e-6, float(np.abs(speech.samples).max()))))


def scale_spectra(spectra: npt.NDArray[np.float32], factor: np.float32) -> npt.NDArray[np.float32]:
    """Return the spectra of samples that were multiplied by a factor."""
    added = np.array([np.log(factor), 0, np.log(factor), 0], np.float32)
    return spectra + added[:, None, None]
