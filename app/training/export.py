"""Write a complete voice in which a trained model replaces its counterpart of the base voice."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor, nn

from app.errors import SetupError
from app.training.settings import TrainingSettings
from app.training.trainer import Json
from app.types import Emotion
from app.voices import Manifest, Voice, open_voice
from app.voices.manifest import FILE_NAME, NetworkFiles

SPEAKERS_FILE = "speakers.json"
RAW_FILE = "training.safetensors"


def write_checkpoint(
    folder: Path,
    config: Mapping[str, Any],
    weights: Mapping[str, Tensor],
    speakers: Sequence[str] = (),
    metadata: dict[str, str] | None = None,
) -> None:
    """Write `config.json`, `model.safetensors` and, for several speakers, the file that numbers them."""
    folder.mkdir(parents=True, exist_ok=True)
    values = dict(config)
    if speakers:
        values |= {"use_speaker_embedding": True, "speakers_file": SPEAKERS_FILE}
        write_json(folder / SPEAKERS_FILE, {name: number for number, name in enumerate(speakers)})
    write_json(folder / "config.json", values)
    save_file(dict(weights), folder / "model.safetensors", metadata)


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON that people can read."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_raw_weights(folder: Path, module: nn.Module, step: int) -> None:
    """Write the weights before averaging, in half precision, from which a later training can continue."""
    raw = {name: value.half().contiguous() for name, value in module.state_dict().items()}
    save_file(raw, folder / RAW_FILE, {"step": str(step)})


BASE, VOCODER = "base", "vocoder"
"""Names of a checkpoint for all emotions and of the vocoder."""


def write_voice(
    folder: Path, trained: Path, base: Voice, settings: TrainingSettings, speakers: Sequence[str], *, scratch: bool
) -> Voice:
    """Write the voice, and open it to check it as the service does.

    A checkpoint for one emotion is added to those of the base, one for all emotions replaces them, and a vocoder
    replaces all vocoders. `speakers` are those of the trained checkpoint.
    """
    part = VOCODER if not settings.model.acoustic else settings.emotion.value if settings.emotion else BASE
    files = {
        "model": f"{part}/model.safetensors",
        "config": f"{part}/config.json",
        "architecture": settings.model.architecture,
        "sha256": hashlib.sha256((trained / "model.safetensors").read_bytes()).hexdigest(),
    }
    values = base.manifest.model_dump(mode="json", by_alias=True, exclude_none=True)
    if settings.name:
        values |= {"name": settings.name, "display_name": settings.name}
    if settings.display_name:
        values["display_name"] = settings.display_name
    if not settings.model.acoustic:
        changed = replace_vocoders(values, files)
    elif settings.emotion:
        changed = add_emotion(values, files, settings.emotion, speakers, scratch=scratch)
    else:
        changed = replace_checkpoints(values, files, speakers)
    manifest = Manifest.model_validate(changed)
    for kept in manifest.networks:
        if kept.model != files["model"]:
            copy_part(base, kept, folder)
    for source in trained.iterdir():
        copy_file(source, folder / part / source.name)
    write_json(folder / FILE_NAME, changed)
    return open_voice(folder)


def replace_vocoders(values: Json, files: Json) -> Json:
    """Return the manifest with one vocoder for every emotion; a plain HiFi-GAN cannot apply an expression."""
    emotions = {name: {**spoken, "vocoder": VOCODER} for name, spoken in values["emotions"].items()}
    if files["architecture"] == "hifigan":
        for spoken in emotions.values():
            for field in ("expression", "expression_by_degree"):
                spoken.pop(field, None)
    return {**values, "vocoders": {VOCODER: files}, "emotions": emotions}


def add_emotion(values: Json, files: Json, emotion: Emotion, speakers: Sequence[str], *, scratch: bool) -> Json:
    """Return the manifest with a checkpoint for one emotion; if fine-tuned, it names its base, so that degree works."""
    neutral = values["emotions"][Emotion.NEUTRAL]
    name = emotion.value
    spoken = {"checkpoint": name, "vocoder": values["emotions"].get(name, neutral)["vocoder"]}
    if speakers:
        spoken["speaker"] = name
    emotions = {**values["emotions"], name: spoken}
    descent = {} if scratch else {"base": neutral["checkpoint"]}
    checkpoints = {**values["checkpoints"], name: {**files, **descent}}
    used = {each["checkpoint"] for each in emotions.values()}
    return {
        **values,
        "checkpoints": {each: part for each, part in checkpoints.items() if each in used},
        "emotions": emotions,
        "degree": values["degree"] and not scratch,
    }


def replace_checkpoints(values: Json, files: Json, speakers: Sequence[str]) -> Json:
    """Return the manifest with one checkpoint for all emotions."""
    vocoder = values["emotions"][Emotion.NEUTRAL]["vocoder"]
    spoken = {"checkpoint": BASE, "vocoder": vocoder}
    emotions = {name: {**spoken, "speaker": name} for name in speakers} or {Emotion.NEUTRAL.value: spoken}
    if Emotion.NEUTRAL not in emotions:
        raise SetupError(
            f"The recordings are {', '.join(emotions)}, none is neutral, which every voice needs.",
            hint="Give the emotion that they are in, and a voice as base that speaks the others.",
        )
    degree = len(emotions) > 1 and files["architecture"] == "glow_tts"
    return {**values, "checkpoints": {BASE: files}, "emotions": emotions, "degree": degree}


def copy_part(base: Voice, files: NetworkFiles, folder: Path) -> None:
    """Copy the weights of a checkpoint or vocoder and the files beside its config."""
    for source in {base.find_file(files.model), *base.find_file(files.config).parent.glob("*.*")}:
        copy_file(source, folder / source.relative_to(base.folder.resolve()))


def copy_file(source: Path, target: Path) -> None:
    """Copy a file without its permissions: only the owner can read a temporary folder, unlike a voice."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
