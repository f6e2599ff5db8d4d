"""Define what a voice can speak, as the planner reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.types import Emotion


@dataclass(frozen=True, slots=True)
class CheckpointId:
    """Checkpoint that speaks an emotion, as the plan reports it: its name, and the hash of its weights."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class VoiceCapabilities:
    """Capabilities of a voice that the planner chooses from; the pipeline reads them from the registry."""

    voice: str
    checkpoints: Mapping[Emotion, CheckpointId]
    """Checkpoints of the emotions that the voice can speak; always includes neutral."""
    fallbacks: Mapping[Emotion, tuple[Emotion, ...]]
    """Substitutes for a missing emotion, in order of preference; neutral is always the last one."""
    degree: bool
    """Whether the voice can vary the strength of emotions and blend them."""
    pitch: bool = False
    """Whether the voice can shift its pitch."""
    language: str = "en-US"
    approximated: frozenset[Emotion] = frozenset()
    """Emotions of `checkpoints` that rules approximate with the checkpoint of neutral."""
    phonemes: frozenset[str] | None = None
    """Phonemes (IPA) and marks that the voice knows; None if it reads letters, or if its config names none."""
    sample_rate: int | None = None
    """Hertz."""
    mel_rate: int | None = None
    """Hertz of a checkpoint whose mel spectrograms are interpolated to the sample rate; None if no rates differ."""
