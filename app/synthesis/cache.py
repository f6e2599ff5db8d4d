"""Sentences that were spoken before for the same key: text, emotion and voice -> samples, bounded in bytes."""

from __future__ import annotations

from dataclasses import dataclass

from app.memory import Lru
from app.synthesis.interpolation import EmotionWeights
from app.synthesis.tokenizer import Tokens
from app.types import Emotion, Samples, Utterance
from app.voices import Voice

BYTES_PER_LETTER = 4
BYTES_PER_TOKEN = 40
ENTRY_BYTES = 1000
"""What an entry takes beside its text and its arrays, roughly."""


@dataclass(frozen=True, slots=True)
class SentenceKey:
    """All that the samples of an utterance depend on, and who had it spoken."""

    voice: str
    weights: tuple[str, ...]
    """Hashes of the voice's weight files."""
    spoken: str
    shares: tuple[tuple[Emotion, float], ...]
    """How much of each emotion, the degree included."""
    speed: float
    pitch: float
    seed: int | None
    """None where the request left it open: then any rendition will do."""
    low_latency: bool
    """Whether the first chunk was to be short: the cut changes the last bits."""
    backend: str
    key_name: str | None
    """Of the caller, who must not learn from the time or from the samples what others had spoken."""


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """A whole utterance as it was spoken."""

    samples: Samples
    """Mono, (samples,); cannot be written to, so no reader can damage it for the next."""
    tokens: Tokens
    durations: tuple[int, ...] | None
    """Frames of each token."""
    runaway: bool
    truncated: bool


def sentence_cache(capacity: int) -> Lru[SentenceKey, Sentence]:
    """A cache of at most so many bytes."""

    def weigh(key: SentenceKey, value: Sentence) -> int:
        tokens = (len(value.tokens.ids) + len(value.durations or ())) * BYTES_PER_TOKEN
        return value.samples.nbytes + BYTES_PER_LETTER * len(key.spoken) + tokens + ENTRY_BYTES

    return Lru(capacity, weigh)


def key_of(
    voice: Voice,
    utterance: Utterance,
    shares: EmotionWeights,
    seed: int | None,
    low_latency: bool,
    backend: str,
    key_name: str | None,
) -> SentenceKey:
    """The key of an utterance."""
    return SentenceKey(
        voice=voice.name,
        weights=tuple(voice.hashes.values()),
        spoken=utterance.spoken,
        shares=tuple(sorted(shares.items())),
        speed=utterance.speed,
        pitch=utterance.pitch,
        seed=seed,
        low_latency=low_latency and seed is not None,
        backend=backend,
        key_name=key_name,
    )
