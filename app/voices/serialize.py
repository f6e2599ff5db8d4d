"""Voices as the JSON that clients receive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NotRequired

from typing_extensions import TypedDict

from app.fields import Hertz, Sha256, closed_schema
from app.types import Emotion

if TYPE_CHECKING:
    from app import voices


@closed_schema
class CheckpointJson(TypedDict):
    """Weights that synthesize an emotion."""

    approximated: NotRequired[bool]
    """True if rules approximate the emotion with the weights of neutral; only then."""

    checkpoint: str
    checkpoint_sha256: Sha256
    architecture: str


@closed_schema
class VoiceJson(TypedDict):
    """Voice with its emotions."""

    name: str
    display_name: str
    locale: str
    gender: str
    sample_rate: Hertz
    """Hertz."""
    words_per_minute: float
    license: str
    sample: str
    """Path of a recording of the voice, relative to the address of the service."""
    degree: bool
    """Whether the strength of emotions can be varied, and emotions be blended."""
    emotions: dict[Emotion, CheckpointJson]
    fallbacks: dict[Emotion, Emotion]
    """Emotion that replaces each one that is missing."""


@closed_schema
class VoicesJson(TypedDict):
    """Voices and emotions that requests can name."""

    default: str
    """Voice of requests that name none."""
    emotions: dict[Emotion, list[str]]
    """Aliases of each emotion."""
    aliases: dict[str, str]
    """Aliases of voices, with the name that each stands for."""
    voices: list[VoiceJson]


@closed_schema
class ReloadJson(TypedDict):
    """Voices after their folders were read again."""

    voices: list[str]
    """Names of all voices."""
    added: list[str]
    changed: list[str]
    """Voices whose files have changed."""
    removed: list[str]
    """Voices that only requests that began with them still use."""
    problems: list[str]
    """Names of folders that cannot be used; the log says why."""


def changes_to_dict(before: voices.Registry, after: voices.Registry) -> ReloadJson:
    """Return the difference between two states of the voices."""
    old, new = before.voices, after.voices
    return {
        "voices": after.list_names(),
        "added": [voice.name for key, voice in new.items() if key not in old],
        "changed": [voice.name for key, voice in new.items() if key in old and old[key] is not voice],
        "removed": [voice.name for key, voice in old.items() if key not in new],
        "problems": [folder.name for folder in after.problems],
    }


def voices_to_dict(registry: voices.Registry, aliases: Mapping[Emotion, Sequence[str]]) -> VoicesJson:
    """Return all voices and emotions, with their aliases."""
    return {
        "default": registry.default,
        "emotions": {emotion: list(aliases.get(emotion, ())) for emotion in Emotion},
        "aliases": registry.aliases,
        "voices": [voice_to_dict(voice) for voice in registry.voices.values()],
    }


def voice_to_dict(voice: voices.Voice) -> VoiceJson:
    """Return a voice, with the checkpoint of each of its emotions."""
    manifest, missing = voice.manifest, [emotion for emotion in Emotion if emotion not in voice.spoken]
    return {
        "name": voice.name,
        "display_name": manifest.display_name or voice.name,
        "locale": manifest.locale,
        "gender": manifest.gender,
        "sample_rate": voice.sample_rate,
        "words_per_minute": manifest.words_per_minute,
        "license": manifest.license,
        "sample": f"/voices/{voice.name}/sample",
        "degree": voice.degree,
        "emotions": {emotion: _checkpoint_to_dict(voice, emotion) for emotion in Emotion if emotion in voice.spoken},
        "fallbacks": {
            emotion: next(
                (one for one in manifest.fallbacks.get(emotion, ()) if one in manifest.emotions), Emotion.NEUTRAL
            )
            for emotion in missing
        },
    }


def _checkpoint_to_dict(voice: voices.Voice, emotion: Emotion) -> CheckpointJson:
    abilities = voice.abilities
    checkpoint = abilities.checkpoints[emotion]
    architecture = voice.manifest.checkpoints[checkpoint.name].architecture
    content: CheckpointJson = {
        "checkpoint": checkpoint.name,
        "checkpoint_sha256": checkpoint.sha256,
        "architecture": architecture,
    }
    return {**content, "approximated": True} if emotion in abilities.approximated else content
