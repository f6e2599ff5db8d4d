"""What was found in a folder, for people."""

from __future__ import annotations

import sys

from app.cli.questions import listed
from app.cli.table import show_rows
from app.voices import Checkpoint, Manifest, VocoderFiles, Voice
from app.voices.describe import phonemes_of
from app.voices.discover import Found, Part


def show_found(found: Found, voice: Voice) -> None:
    """Print the parts, who speaks what, and what else is worth knowing."""
    manifest = voice.manifest
    configs = {str(part.config): part for part in found.acoustic}
    rows = [
        *(("checkpoint", name, *facts(one), reads(configs[one.config])) for name, one in manifest.checkpoints.items()),
        *(("vocoder", name, *facts(one), "") for name, one in manifest.vocoders.items()),
    ]
    show_rows(("part", "name", "architecture", "weights", "reads"), rows)
    sys.stdout.write("\n")
    cast = [(emotion, one.checkpoint, one.speaker or "", one.vocoder) for emotion, one in manifest.emotions.items()]
    show_rows(("emotion", "checkpoint", "speaker", "vocoder"), cast)
    sys.stdout.write(f"\n{manifest.name}: {manifest.sample_rate} Hz, {manifest.locale}, licence {manifest.license}\n")
    if len(manifest.emotions) > 1:
        sys.stdout.write(f"The strength of its emotions {'can' if manifest.degree else 'cannot'} be varied.\n")
    for remark in (*found.left_out, *unused(found, manifest), *foreign(found)):
        sys.stdout.write(f"Note: {remark}.\n")


def facts(files: Checkpoint | VocoderFiles) -> tuple[str, str]:
    """What is the same for every network."""
    return files.architecture, files.model


def reads(part: Part) -> str:
    """What a checkpoint is given."""
    language = phonemes_of(part)
    return f"phonemes, {language}" if language else "letters"


def unused(found: Found, manifest: Manifest) -> list[str]:
    """What is in the folder, could speak, and does not."""
    files: list[Checkpoint | VocoderFiles] = [*manifest.checkpoints.values(), *manifest.vocoders.values()]
    configs = {one.config for one in files}
    parts = [part for part in (*found.acoustic, *found.vocoders) if str(part.config) not in configs]
    cast = {(one.checkpoint, one.speaker) for one in manifest.emotions.values()}
    silent = {part.name: [name for name in part.speakers if (part.name, name) not in cast] for part in found.acoustic}
    speakers = [f"of {name} these speakers speak nothing: {listed(names)}" for name, names in silent.items() if names]
    return [f"{part.config} is not used" for part in parts] + speakers


def foreign(found: Found) -> list[str]:
    """Where a checkpoint will not read what it was trained on."""
    phonemizers = {part.config: part.values.get("phonemizer") for part in found.acoustic if phonemes_of(part)}
    return [
        f"{config} was trained on the phonemes of {phonemizer}, those of espeak-ng are used"
        for config, phonemizer in phonemizers.items()
        if phonemizer and phonemizer != "espeak"
    ]
