"""What a simulation is given: costs of the stages, listeners, and the processes that serve them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Costs:
    """Seconds that a worker needs; measured by `scripts.capacity.measure`."""

    label: float
    label_in_batch: float
    """Of a label among others."""
    acoustic: float
    """Of an utterance, besides its length."""
    acoustic_second: float
    """Of each second of audio."""
    chunk: float
    vocoder_second: float
    overhead: float
    """Of a request outside of workers: HTTP, planning, messages between processes."""
    voice_load: float
    """Of loading the models of a voice."""


@dataclass(frozen=True)
class Load:
    """What listeners do."""

    listeners: int
    utterances: int = 10
    """Utterances of a text."""
    seconds: float = 2.6
    """Mean seconds of an utterance, gamma-distributed (shape 4)."""
    playback: float = 1.0
    """Seconds that a listener takes to hear a second of audio; below 1, fewer listeners are the same load."""
    cached: float = 0.0
    """Share of utterances that a cache answers."""
    voices: int = 1
    """Number of voices; their popularity follows Zipf's law."""
    joining: float = 0.0
    """Seconds after which the second half of the listeners comes; 0 has all from the beginning."""


@dataclass(frozen=True)
class Cluster:
    """What serves them."""

    ingresses: int
    synthesizers: int
    workers: int = 2
    cores: int = 0
    """Cores that all replicas share; 0 gives each worker its own."""
    voices_per_synthesizer: int = 8
    max_synthesizers: int = 0
    """Maximum when speech queues; 0 keeps the number."""
    target_seconds: float = 6.0
    """Queued seconds of speech of each replica at which others are added."""
    scale_delay: float = 30.0
    """Seconds from a decision until a new replica is ready."""
