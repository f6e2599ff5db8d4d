"""The face of this folder: one utterance in, its samples out."""

from __future__ import annotations

import threading
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from app.plan import PlanWarning, Utterance, Word
from app.speech.acoustic import Mel
from app.speech.backends.torch import TorchBackend
from app.speech.loading import Loader, Speaker
from app.speech.mixing import Shares, mix
from app.speech.tokens import Tokens
from app.speech.words import time_words
from app.voices import Voice

Samples = npt.NDArray[np.float32]

FINAL_MARKS = (".", "!", "?", "…", ",", ";", ":", "—", "–", "-")
CLOSERS = "\"'”’»)]} "


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance as it was spoken."""

    samples: Samples
    """Mono, (samples,), within -1..1; empty where nothing could be pronounced."""
    gain: float
    """Linear; fixed for the checkpoint."""
    words: tuple[Word, ...] = ()
    """Seconds from the beginning of the samples; only where the acoustic model gives durations."""
    warnings: tuple[PlanWarning, ...] = ()
    acoustic_ms: float = 0.0
    vocoder_ms: float = 0.0


class Engine:
    """Loads what a voice needs when it is first asked for, and speaks; called from many threads at a time."""

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)
        self.backend = TorchBackend()
        self.loading = threading.Lock()
        self.loaders: dict[Path, Loader] = {}

    def speaker(self, voice: Voice, shares: Shares) -> Speaker:
        """What speaks a mixture of a voice's emotions; weights are loaded once."""
        with self.loading:
            loader = self.loaders.setdefault(voice.folder, Loader(voice, self.backend))
            return loader.speaker(shares)

    def speak(self, voice: Voice, utterance: Utterance, seed: int) -> Spoken:
        """Make the samples of one utterance; the same arguments give the same bytes."""
        blend = utterance.blend or {utterance.emotion: 1.0}
        speaker = self.speaker(voice, mix(blend, utterance.degree) if voice.manifest.degree else blend)
        gain = 10 ** (speaker.gain_db / 20)
        tokens = speaker.checkpoint.tokenizer.encode(with_final_mark(utterance.spoken)) if utterance.spoken else None
        if tokens is None or not any(symbol.isalpha() for symbol in tokens.symbols):
            return Spoken(np.zeros(0, np.float32), gain, warnings=(nothing_spoken(utterance),))
        began = time.perf_counter()
        mel = speaker.mel(tokens.ids, utterance.speed, seed)
        midway = time.perf_counter()
        samples = speaker.vocoder.samples(mel.frames, seed)
        ended = time.perf_counter()
        warnings = [*unread(utterance, tokens), *foreign(utterance, speaker), *faults(utterance, mel)]
        frame_seconds = len(samples) / mel.frames.shape[2] / voice.sample_rate
        words = time_words(utterance, tokens, mel.durations, frame_seconds) if mel.durations else ()
        if not np.isfinite(samples).all():
            samples = np.zeros(0, np.float32)
            words = ()
            warnings.append(
                PlanWarning("not_finite", f"{place(utterance)}: the weights gave no sound, it was left out.")
            )
        return Spoken(samples, gain, words, tuple(warnings), 1000 * (midway - began), 1000 * (ended - midway))


def with_final_mark(spoken: str) -> str:
    """A text without a final mark sends an acoustic model babbling: give it one."""
    return spoken if spoken.rstrip(CLOSERS).endswith(FINAL_MARKS) else spoken.rstrip() + "."


def nothing_spoken(utterance: Utterance) -> PlanWarning:
    """Say that an utterance has no sound."""
    return PlanWarning("nothing_spoken", f"{place(utterance)}: there is nothing in it that the voice can pronounce.")


def unread(utterance: Utterance, tokens: Tokens) -> list[PlanWarning]:
    """Say that some characters were left out because the checkpoint does not know them."""
    letters = [character for character in tokens.dropped if character.isalpha()]
    if not letters:
        return []
    detail = f"{place(utterance)}: the voice does not know {', '.join(letters[:8])}, which were left out."
    return [PlanWarning("unread_characters", detail)]


def foreign(utterance: Utterance, speaker: Speaker) -> list[PlanWarning]:
    """Say that an English voice meets another script: espeak-ng then names letters instead of reading words."""
    if not speaker.checkpoint.tokenizer.language.startswith("en"):
        return []
    letters = {letter for letter in utterance.spoken if letter.isalpha()}
    if all(
        unicodedata.name(letter, "").startswith(("LATIN", "MODIFIER", "FEMININE", "MASCULINE")) for letter in letters
    ):
        return []
    detail = f"{place(utterance)}: it is written in another script, which an English voice cannot read as words."
    return [PlanWarning("foreign_script", detail)]


def faults(utterance: Utterance, mel: Mel) -> list[PlanWarning]:
    """Say that the acoustic model went on without end, or stopped too early."""
    found = []
    if mel.runaway:
        found.append(PlanWarning("runaway", f"{place(utterance)}: the model went on too long and was cut."))
    if mel.truncated:
        found.append(PlanWarning("truncated", f"{place(utterance)}: the model stopped before the end of the text."))
    return found


def place(utterance: Utterance) -> str:
    """Where an utterance stands in the request, for a warning."""
    return f"characters {utterance.span[0]} to {utterance.span[1]}"
