"""What is in a folder, and what was decided about it -> the manifest of the voice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from app.plan import Emotion
from app.voices.casting import Cast
from app.voices.discover import Found, Part
from app.voices.fitting import one_rate
from app.voices.manifest import Manifest
from app.voices.naming import locale_of, voice_name
from app.voices.voice import Voice


@dataclass(frozen=True, slots=True)
class Decisions:
    """All that the files do not tell, and what was found out about them together."""

    name: str
    license: str
    cast: Cast
    vocoders: Mapping[Part, Part]
    """The vocoder of each checkpoint in the cast."""
    weights: Mapping[Part, PurePosixPath]
    """The weights of each of both."""
    bases: Mapping[Part, Part]
    """The checkpoint that another one descends from."""


def manifest_of(found: Found, decisions: Decisions) -> Manifest:
    """The manifest, without the hashes of the weights."""
    cast = decisions.cast
    neutral = cast[Emotion.NEUTRAL].part
    checkpoints = {one.part.name: one.part for one in cast.values()}
    vocoders = {part.name: part for part in decisions.vocoders.values()}
    values: dict[str, Any] = {
        "schema": 1,
        "name": decisions.name,
        "display_name": display_name(found.folder.resolve().name, decisions.name),
        "license": decisions.license,
        "sample_rate": one_rate(list(checkpoints.values())),
        "checkpoints": {name: checkpoint_values(part, decisions) for name, part in checkpoints.items()},
        "vocoders": {name: files_of(part, decisions) for name, part in vocoders.items()},
        "emotions": {emotion: spoken_values(emotion, decisions) for emotion in Emotion if emotion in cast},
        "degree": has_degree(decisions),
    }
    if language := phonemes_of(neutral):
        values["locale"] = locale_of(language)
    return Manifest.model_validate(values)


def display_name(folder: str, name: str) -> str:
    """The folder's name where the voice has that, made to what a voice may be called."""
    return folder if voice_name(folder) == name != folder else ""


def files_of(part: Part, decisions: Decisions) -> dict[str, Any]:
    """What a manifest says of any network."""
    return {"model": str(decisions.weights[part]), "config": str(part.config), "architecture": part.architecture}


def checkpoint_values(part: Part, decisions: Decisions) -> dict[str, Any]:
    """What a manifest says of a checkpoint."""
    values = files_of(part, decisions)
    if part in decisions.bases:
        values["base"] = decisions.bases[part].name
    if not part.named_in_config:
        values["speakers"] = part.speakers
    return values


def spoken_values(emotion: Emotion, decisions: Decisions) -> dict[str, Any]:
    """Which checkpoint, speaker and vocoder speak an emotion."""
    one = decisions.cast[emotion]
    return {"checkpoint": one.part.name, "vocoder": decisions.vocoders[one.part].name, "speaker": one.speaker}


def has_degree(decisions: Decisions) -> bool:
    """Whether there is a way from neutral to every emotion: within one GlowTTS, or to one that descends from it."""
    neutral = decisions.cast[Emotion.NEUTRAL].part
    parts = {one.part for one in decisions.cast.values()}
    related = all(part is neutral or decisions.bases.get(part) is neutral for part in parts)
    return len(decisions.cast) > 1 and related and neutral.architecture == "glow_tts"


def phonemes_of(part: Part) -> str:
    """Language of the phonemes that a checkpoint reads; empty where it reads letters."""
    return str(part.values.get("phoneme_language") or "en-us") if part.values.get("use_phonemes") else ""


def hashed(voice: Voice) -> dict[str, Any]:
    """What is written to `voice.json`: the manifest of a voice that was checked, with the hashes of its weights."""
    values = voice.manifest.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for part in [*values["checkpoints"].values(), *values["vocoders"].values()]:
        part["sha256"] = voice.hashes[part["model"]]
    return values
