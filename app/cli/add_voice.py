"""Run `intone voices add`: write the voice.json of a folder of coqui-tts files and test each emotion."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
from collections.abc import Collection, Mapping, Sequence
from itertools import chain, count
from pathlib import Path, PurePosixPath
from typing import Any

from app.audio.files import open_output
from app.cli.flags import settings
from app.cli.output import Questions, join_names, show_rows
from app.cli.parser import UsageError
from app.cli.voice_choices import choose_emotions, choose_vocoders, choose_weights
from app.cli.voices import show_checks, speak
from app.errors import IntoneError, InvalidVoice
from app.inference import Array
from app.types import Emotion
from app.voices import Manifest, Voice
from app.voices.describe import (
    EmotionMap,
    VoiceDescription,
    add_hashes,
    build_manifest,
    check_complete,
    get_phoneme_language,
)
from app.voices.discover import ModelFiles, ScanResult, discover, to_voice_name
from app.voices.manifest import FILE_NAME, MAX_NAME_LENGTH, NAME_PATTERN, read_manifest
from app.voices.voice import check_voice, find_voice_folders


def show_found(found: ScanResult, voice: Voice) -> None:
    """Print the model files, the checkpoint and speaker of each emotion, and notes."""
    manifest = voice.manifest
    configs = {str(part.config): part for part in found.acoustic}
    rows = [
        *(
            ("checkpoint", name, one.architecture, one.model, describe_input(configs[one.config]))
            for name, one in manifest.checkpoints.items()
        ),
        *(("vocoder", name, one.architecture, one.model, "") for name, one in manifest.vocoders.items()),
    ]
    show_rows(("part", "name", "architecture", "weights", "reads"), rows)
    sys.stdout.write("\n")
    emotions = [(emotion, one.checkpoint, one.speaker or "", one.vocoder) for emotion, one in manifest.emotions.items()]
    show_rows(("emotion", "checkpoint", "speaker", "vocoder"), emotions)
    sys.stdout.write(f"\n{manifest.name}: {manifest.sample_rate} Hz, {manifest.locale}, licence {manifest.license}\n")
    if len(manifest.emotions) > 1:
        sys.stdout.write(f"The strength of its emotions {'can' if manifest.degree else 'cannot'} be varied.\n")
    for remark in (*found.left_out, *list_unused_files(found, manifest), *list_foreign_phonemizers(found)):
        sys.stdout.write(f"Note: {remark}.\n")


def describe_input(part: ModelFiles) -> str:
    """Return the input of a checkpoint: letters, or phonemes and their language."""
    language = get_phoneme_language(part)
    return f"phonemes, {language}" if language else "letters"


def list_unused_files(found: ScanResult, manifest: Manifest) -> list[str]:
    """List the networks and speakers of the folder that the voice does not use."""
    configs = {one.config for one in manifest.networks}
    parts = [part for part in (*found.acoustic, *found.vocoders) if str(part.config) not in configs]
    used = {(one.checkpoint, one.speaker) for one in manifest.emotions.values()}
    silent = {part.name: [name for name in part.speakers if (part.name, name) not in used] for part in found.acoustic}
    speakers = [
        f"of {name} these speakers speak nothing: {join_names(names)}" for name, names in silent.items() if names
    ]
    return [f"{part.config} is not used" for part in parts] + speakers


def list_foreign_phonemizers(found: ScanResult) -> list[str]:
    """List the checkpoints that were trained on phonemes of another phonemizer than espeak-ng."""
    phonemizers = {part.config: part.values.get("phonemizer") for part in found.acoustic if get_phoneme_language(part)}
    return [
        f"{config} was trained on the phonemes of {phonemizer}, those of espeak-ng are used"
        for config, phonemizer in phonemizers.items()
        if phonemizer and phonemizer != "espeak"
    ]


UNKNOWN_LICENSE = "unknown"
DEFAULT_NAME = "voice"


def make_decisions(found: ScanResult, options: argparse.Namespace, installed: Sequence[Path]) -> VoiceDescription:
    """Make all decisions about the voice from flags and answers.

    Raise `UsageError` for a wrong flag, or if there is no terminal to ask a question.
    """
    questions = Questions(options.yes)
    emotions = choose_emotions(found, options.emotion, questions)
    checkpoints = list(dict.fromkeys(one.part for one in emotions.values()))
    vocoders = choose_vocoders(checkpoints, found, options.vocoder, questions)
    used = dict.fromkeys([*checkpoints, *vocoders.values()])
    weights = choose_weights(used, found, options.weights, questions)
    return VoiceDescription(
        name=choose_name(found.folder, options.name, installed, questions),
        license=options.license
        or questions.ask("Which licence does the voice have?", UNKNOWN_LICENSE, "--license NAME", str),
        emotions=emotions,
        vocoders=vocoders,
        weights=weights,
        bases=find_bases(found.folder, emotions, weights),
    )


def choose_name(folder: Path, wanted: str | None, installed: Sequence[Path], questions: Questions) -> str:
    """Return the voice's name: the requested one, else the folder's; ask if the folder's is invalid or taken."""
    taken = read_names(installed, folder)
    if wanted is not None:
        return check_name(wanted, taken)
    name = to_voice_name(folder.resolve().name)
    free = find_free_name(name or DEFAULT_NAME, taken)
    if name == free:
        return name
    why = f"There is a voice {name} already" if name else "The folder's name cannot be a voice's"
    question = f"{why}. What is this one called?"
    return questions.ask(question, free, "--name NAME", lambda answer: check_name(answer, taken))


def find_free_name(name: str, taken: Collection[str]) -> str:
    """Return the name itself if it is free, else the name with the first free number appended."""
    numbered = (f"{name[: MAX_NAME_LENGTH - 4]}-{number}" for number in count(2))
    return next(each for each in chain([name], numbered) if each.lower() not in taken)


def read_names(installed: Sequence[Path], folder: Path) -> set[str]:
    """Return the names of the other voices in lower case; skip invalid voices."""
    names = set()
    for other in find_voice_folders(installed):
        try:
            names |= {read_manifest(other).name.lower()} if other.resolve() != folder.resolve() else set()
        except InvalidVoice:
            continue
    return names


def check_name(name: str, taken: Collection[str]) -> str:
    """Return the name if it is valid and free; raise `UsageError` otherwise."""
    if not re.fullmatch(NAME_PATTERN, name) or len(name) > MAX_NAME_LENGTH:
        allowed = f"letters, digits, '.', '_' and '-', {MAX_NAME_LENGTH} at most, the first a letter or a digit"
        raise UsageError(f"{name!r} cannot be a voice's name.", hint=f"It may have {allowed}.")
    if name.lower() in taken:
        raise UsageError(f"There is a voice {name} already.", hint="Give another --name.")
    return name


def find_bases(
    folder: Path, emotions: EmotionMap, weights: Mapping[ModelFiles, PurePosixPath]
) -> dict[ModelFiles, ModelFiles]:
    """Map each GlowTTS checkpoint that was fine-tuned from neutral's to neutral's.

    The weights decide; only checkpoints with the same speakers are compared.
    """
    from app.synthesis.interpolation import is_fine_tuned_from
    from app.synthesis.networks import read_arrays

    def read(part: ModelFiles) -> dict[str, Array]:
        path = folder / weights[part]
        return read_arrays(path.read_bytes(), path)

    neutral = emotions[Emotion.NEUTRAL].part
    others = {one.part for one in emotions.values() if one.part.architecture == "glow_tts"} - {neutral}
    alike = [part for part in others if part.speakers == neutral.speakers]
    if not alike or neutral.architecture != "glow_tts":
        return {}
    base = read(neutral)
    return {part: neutral for part in alike if is_fine_tuned_from(read(part), base)}


RETRY_HINT = "voice.json stays, so that it can be corrected by hand; or give other answers, and --force."
EXAMPLE = "I am so happy that you are here!"


def add_voice(options: argparse.Namespace) -> int:
    """Scan the folder, ask questions, write voice.json, test the voice, and print the next step."""
    folder: Path = options.folder
    check_folder(folder, options.force)
    installed = settings().voices
    found = discover(folder, read_pth)
    check_complete(found)
    decisions = make_decisions(found, options, installed)
    voice = check_voice(folder, build_manifest(found, decisions))
    show_found(found, voice)
    with open_output(folder / FILE_NAME) as file:
        file.write(f"{json.dumps(add_hashes(voice), indent=1, ensure_ascii=False)}\n".encode())
    sys.stdout.write(f"\nWrote {folder / FILE_NAME}. Now each emotion speaks a sentence.\n\n")
    sys.stdout.flush()
    verify_voice(voice)
    sys.stdout.write(f"\nNext:\n{suggest_command(voice, installed)}\n")
    return 0


def check_folder(folder: Path, force: bool) -> None:
    """Raise `UsageError` for an unusable folder, before anything is loaded."""
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.", hint="Name the one that holds the files of coqui-tts.")
    if (folder / FILE_NAME).exists() and not force:
        raise UsageError(f"{folder} has a {FILE_NAME} already.", hint="Replace it with --force.")


def read_pth(path: Path) -> Mapping[str, Any]:
    """Read the dict in a `.pth` file without running code from it."""
    from app.synthesis.coqui import load_weights

    content: Mapping[str, Any] = load_weights(path)["model"]
    return content


def verify_voice(voice: Voice) -> None:
    """Load a voice as the service would, speak a sentence in each emotion and show the results.

    Raise `InvalidVoice` if one fails.
    """
    from app.synthesis.pipeline import Pipeline

    alone = settings(voices=[voice.folder], default_voice=voice.name)
    try:
        pipeline = Pipeline.load(alone)
    except Exception as error:
        # Any exception that the files cause in the loader is reported in one line, like a sentence that fails.
        reason = error.detail if isinstance(error, IntoneError) else f"{type(error).__name__}: {error}"
        raise InvalidVoice(f"{voice.name} cannot be loaded: {reason}", hint=RETRY_HINT) from None
    try:
        checks = [speak(pipeline, voice.name, emotion) for emotion in voice.manifest.emotions]
    finally:
        pipeline.close()
    show_checks(checks)
    if silent := [check for check in checks if check.problem]:
        names = ", ".join(check.emotion for check in silent)
        raise InvalidVoice(f"{voice.name} does not speak with {names}: {silent[0].problem}.", hint=RETRY_HINT)


def suggest_command(voice: Voice, installed: Sequence[Path]) -> str:
    """Return the shell command that speaks with the voice."""
    command = f'intone say --voice {voice.name} "{EXAMPLE}"'
    if voice.folder.resolve() in [folder.resolve() for folder in find_voice_folders(installed)]:
        return command
    folders = os.pathsep.join(str(folder) for folder in [*installed, voice.folder.resolve()])
    return f"INTONE_VOICES={shlex.quote(folders)} {command}"
