"""Speak whole utterances through the engine and its parts, for tests that need no chunks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from app.inference import Backend
from app.inference.pytorch import TorchBackend
from app.synthesis import Engine
from app.synthesis.loader import Speaker, compute_mels
from app.synthesis.models.acoustic import AcousticInput, Mel
from app.synthesis.models.vocoders import Vocoder
from app.text import normalize
from app.types import Emotion, PlanWarning, Source, Utterance, Word
from app.voices import Voice

TEXT = "I never thought that we would see the ocean again."


@dataclass(frozen=True)
class Spoken:
    """The sound of one utterance with its words and warnings."""

    samples: npt.NDArray[np.float32]
    words: tuple[Word, ...]
    warnings: tuple[PlanWarning, ...]


@contextmanager
def running_engine(
    backend: Backend | None = None, workers: int = 2, batch_size: int = 4, cache_bytes: int = 0
) -> Iterator[Engine]:
    """Start an engine that is closed at the end of the test."""
    engine = Engine(backend or TorchBackend(), workers=workers, batch_size=batch_size, cache_bytes=cache_bytes)
    yield engine
    engine.close()


def make_utterance(text: str = TEXT, emotion: Emotion = Emotion.NEUTRAL, **changes: float) -> Utterance:
    """Create an utterance of the shipped voice."""
    utterance = Utterance(
        text=text,
        span=(0, len(text)),
        spoken=normalize(text),
        voice="wren",
        emotion=emotion,
        probabilities=None,
        source=Source.PINNED,
        reason="",
        checkpoint="base",
        checkpoint_sha256="",
    )
    return replace(utterance, **changes)  # type: ignore[arg-type]


def speak_all(
    engine: Engine,
    voice: Voice,
    utterances: list[tuple[Utterance, int]],
    seeded: bool = True,
    key_name: str | None = None,
) -> list[Spoken]:
    """Speak the utterances of one request, each with its seed."""
    spoken = []
    for speaking in engine.speak(((voice, *one) for one in utterances), seeded=seeded, key_name=key_name):
        head = speaking.wait_for_start()
        samples = np.concatenate([np.zeros(0, np.float32), *speaking.read_chunks()])
        spoken.append(Spoken(samples, head.words(), head.warnings + speaking.tail.warnings))
    return spoken


def speak(engine: Engine, voice: Voice, one: Utterance, seed: int = 1) -> Spoken:
    """Speak one utterance."""
    (spoken,) = speak_all(engine, voice, [(one, seed)])
    return spoken


def compute_mel(speaker: Speaker, ids: tuple[int, ...], speed: float = 1.0, seed: int = 1) -> Mel:
    """Compute the mel spectrogram of some tokens for the vocoder."""
    (mel,) = compute_mels([speaker], [AcousticInput(ids, speaker.speakers, speed, seed)])
    return mel


def join_chunks(
    vocoder: Vocoder, mel: npt.ArrayLike, seed: int = 0, low_latency: bool = False
) -> npt.NDArray[np.float32]:
    """Run a vocoder and join its chunks."""
    return np.concatenate(list(vocoder.generate_chunks(np.asarray(mel), seed, low_latency)))
