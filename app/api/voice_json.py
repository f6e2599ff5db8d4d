"""Voices as JSON: the form in which clients see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from app.plan import Emotion

if TYPE_CHECKING:
    from app.api import answers
    from app.voices import Registry, Voice


def voices_to_dict(registry: Registry, aliases: Mapping[Emotion, Sequence[str]]) -> answers.Voices:
    """Everything that can be asked for: voices, emotions, and the other names of both."""
    return {
        "default": registry.default,
        "emotions": {emotion: list(aliases.get(emotion, ())) for emotion in Emotion},
        "aliases": registry.aliases,
        "voices": [voice_to_dict(voice) for voice in registry.voices.values()],
    }


def voice_to_dict(voice: Voice) -> answers.Voice:
    """One voice, with the weights that speak each of its emotions."""
    manifest = voice.manifest
    return {
        "name": voice.name,
        "display_name": manifest.display_name or voice.name,
        "locale": manifest.locale,
        "gender": manifest.gender,
        "sample_rate": voice.sample_rate,
        "words_per_minute": manifest.words_per_minute,
        "license": manifest.license,
        "degree": manifest.degree,
        "emotions": {emotion: _checkpoint(voice, emotion) for emotion in Emotion if emotion in manifest.emotions},
        "fallbacks": {e: _fallback(voice, e) for e in Emotion if e not in manifest.emotions},
    }


def _checkpoint(voice: Voice, emotion: Emotion) -> answers.Checkpoint:
    checkpoint = voice.abilities.checkpoints[emotion]
    architecture = voice.manifest.checkpoints[checkpoint.name].architecture
    return {"checkpoint": checkpoint.name, "checkpoint_sha256": checkpoint.sha256, "architecture": architecture}


def _fallback(voice: Voice, emotion: Emotion) -> Emotion:
    """What is spoken instead of an emotion that the voice lacks."""
    tried = voice.manifest.fallbacks.get(emotion, ())
    return next((other for other in tried if other in voice.manifest.emotions), Emotion.NEUTRAL)
