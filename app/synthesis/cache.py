"""Cache synthesized utterances by text, emotion, voice and caller, up to a number of bytes."""

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
"""Approximate size of an entry without its text and arrays."""


@dataclass(frozen=True, slots=True)
class SentenceKey:
    """Everything the samples of an utterance depend on, and the caller they were made for."""

    voice: str
    """Key of the voice."""
    spoken: str
    shares: tuple[tuple[Emotion, float], ...]
    """Weight of each emotion, after the degree is applied."""
    speed: float
    pitch: float
    seed: int | None
    """None if the request sets no seed: then any rendition will do."""
    low_latency: bool
    """Whether the first chunk is short: the chunk boundary changes the last bits of the samples."""
    backend: str
    key_name: str | None
    """Name of the caller's API key. Neither timing nor samples may reveal what other callers had synthesized."""


@dataclass(frozen=True, slots=True, eq=False)
class CachedSentence:
    """A complete synthesized utterance."""

    samples: Samples
    """Mono, (samples,); read-only, so that no reader can damage them for the next."""
    tokens: Tokens
    durations: tuple[int, ...] | None
    """Frames of each token; None if the model does not report them."""
    runaway: bool
    truncated: bool


def make_sentence_cache(capacity: int) -> Lru[SentenceKey, CachedSentence]:
    """Create a cache of at most `capacity` bytes."""

    def weigh(key: SentenceKey, value: CachedSentence) -> int:
        tokens = (len(value.tokens.ids) + len(value.durations or ())) * BYTES_PER_TOKEN
        return value.samples.nbytes + BYTES_PER_LETTER * len(key.spoken) + tokens + ENTRY_BYTES

    return Lru(capacity, weigh)


def make_key(
    voice: Voice,
    utterance: Utterance,
    shares: EmotionWeights,
    seed: int | None,
    low_latency: bool,
    backend: str,
    key_name: str | None,
) -> SentenceKey:
    """Build the cache key of an utterance."""
    return SentenceKey(
        voice=voice.key,
        spoken=utterance.spoken,
        shares=tuple(sorted(shares.items())),
        speed=utterance.speed,
        pitch=utterance.pitch,
        seed=seed,
        low_latency=low_latency and seed is not None,
        backend=backend,
        key_name=key_name,
    )
