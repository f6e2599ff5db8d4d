"""Run `intone voices add`: write the voice.json of files of coqui-tts or Piper, and test each emotion."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain, count
from pathlib import Path, PurePosixPath
from typing import Any

from app.audio.files import open_output
from app.cli.flags import settings
from app.cli.output import Questions, join_names, show_rows
from app.cli.parser import UsageError
from app.cli.voices import show_checks, speak
from app.emotion import parse_emotion
from app.errors import IntoneError, InvalidVoice, UnknownEmotion
from app.inference import Array
from app.types import Emotion
from app.voices import Manifest, Voice
from app.voices.architectures import END_TO_END, MIXES_CHECKPOINTS
from app.voices.describe import (
    Candidate,
    EmotionMap,
    VoiceDescription,
    add_hashes,
    build_manifest,
    check_complete,
    find_best_candidates,
    find_candidates,
    find_compatible_vocoders,
    find_unnamed,
    get_phoneme_language,
    list_candidates,
)
from app.voices.discover import GRAPH_EXTENSION, ModelFiles, ScanResult, discover, to_voice_name
from app.voices.manifest import FILE_NAME, MAX_NAME_LENGTH, NAME_PATTERN
from app.voices.registry import find_voice_folders, read_voice_names
from app.voices.voice import check_voice

NO_CANDIDATE = "none of them"


def choose_emotions(found: ScanResult, flags: Sequence[str], questions: Questions) -> EmotionMap:
    """Return the candidate for each emotion; the voice falls back to another for emotions without one."""
    candidates = list_candidates(found.acoustic)
    emotions = parse_pairs(candidates, flags)
    free = [one for one in candidates if one not in emotions.values()]
    for emotion in Emotion:
        if emotion not in emotions and (named := find_best_candidates(free, emotion)):
            emotions[emotion] = choose_candidate(named, emotion, questions)
    if Emotion.NEUTRAL not in emotions:
        emotions[Emotion.NEUTRAL] = choose_candidate(find_unnamed(free) or candidates, Emotion.NEUTRAL, questions)
    others = [one for one in find_unnamed(free) if one not in emotions.values()]
    return emotions if flags or not others else ask_others(others, questions) | emotions


def choose_candidate(named: Sequence[Candidate], emotion: Emotion, questions: Questions) -> Candidate:
    """Choose one of several candidates for an emotion."""
    by_name = {one.name: one for one in named}
    return questions.choose(f"Who speaks {emotion}", by_name, f"--emotion {{}}={emotion}")


def ask_others(others: Sequence[Candidate], questions: Questions) -> EmotionMap:
    """Ask for the emotions of the candidates whose names contain none."""

    def read(answer: str) -> EmotionMap:
        return parse_pairs(
            others, [] if answer == NO_CANDIDATE else [part for part in answer.split(",") if part.strip()]
        )

    names = join_names(one.name for one in others)
    question = f"Who else speaks an emotion: {names}? (NAME=EMOTION, NAME=EMOTION)"
    return questions.ask(question, NO_CANDIDATE, f"--emotion {others[0].name}=EMOTION", read)


def parse_pairs(candidates: Sequence[Candidate], flags: Sequence[str]) -> EmotionMap:
    """Parse several `NAME=EMOTION`; return the candidate of each emotion. Raise `UsageError` for a wrong one."""
    chosen: EmotionMap = {}
    for flag in flags:
        name, equals, emotion = flag.rpartition("=")
        if not equals:
            raise UsageError(f"{flag.strip()!r} is not of the form NAME=EMOTION.")
        try:
            known = parse_emotion(emotion)
            chosen[known] = get_candidate(candidates, name.strip())
        except UnknownEmotion as error:
            raise UsageError(error.detail, hint=error.hint) from None
    return chosen


def get_candidate(candidates: Sequence[Candidate], name: str) -> Candidate:
    """Return the candidate with a name; raise `UsageError` if there is none or more than one."""
    found = find_candidates(candidates, name)
    if len(found) > 1:
        raise UsageError(f"{name!r} may be {join_names(one.name for one in found)}.", hint="Give one of these.")
    if not found:
        known = join_names(one.name for one in candidates)
        raise UsageError(f"There is no speaker or checkpoint {name!r}.", hint=f"There is: {known}.")
    return found[0]


def choose_vocoders(
    checkpoints: Iterable[ModelFiles], found: ScanResult, wanted: Path | None, questions: Questions
) -> dict[ModelFiles, ModelFiles]:
    """Choose the vocoder of each checkpoint; a question is asked only once for the same vocoders."""
    among = find_vocoders(found, wanted) if wanted else found.vocoders
    separate = [part for part in checkpoints if part.architecture not in END_TO_END]

    @cache
    def choice(vocoders: tuple[ModelFiles, ...]) -> ModelFiles:
        by_place = {format_vocoder_path(one, vocoders): one for one in vocoders}
        return questions.choose("Which vocoder", by_place, "--vocoder {}")

    return {part: choice(tuple(find_compatible_vocoders(part, among))) for part in separate}


def format_vocoder_path(vocoder: ModelFiles, vocoders: Sequence[ModelFiles]) -> str:
    """Return the folder of a vocoder if it contains no other, else the path of its config."""
    folder = vocoder.config.parent
    alone = folder.name and [one.config.parent for one in vocoders].count(folder) == 1
    return str(folder if alone else vocoder.config)


def find_vocoders(found: ScanResult, wanted: Path) -> list[ModelFiles]:
    """Return the vocoders of a folder or config, whose path is relative to the voice's or the working folder."""
    meant = resolve_user_path(found, wanted)
    vocoders = [
        one
        for one in found.vocoders
        if meant & {resolve_voice_path(found, one.config.parent), resolve_voice_path(found, one.config)}
    ]
    if not vocoders:
        known = ", ".join(format_vocoder_path(one, found.vocoders) for one in found.vocoders)
        raise UsageError(f"There is no vocoder {wanted} within {found.folder}.", hint=f"There is: {known}.")
    return vocoders


def choose_weights(
    parts: Iterable[ModelFiles], found: ScanResult, wanted: Sequence[Path], questions: Questions
) -> dict[ModelFiles, PurePosixPath]:
    """Choose the weight file of each network; raise `UsageError` for a flag that names none."""
    known = {resolve_voice_path(found, path) for part in (*found.acoustic, *found.vocoders) for path in part.weights}
    if strange := [path for path in wanted if not known & resolve_user_path(found, path)]:
        raise UsageError(f"{strange[0]} is no weight file of any config within {found.folder}.")
    meant = set().union(*(resolve_user_path(found, path) for path in wanted))
    weights = {}
    for part in parts:
        named = [path for path in part.weights if resolve_voice_path(found, path) in meant]
        by_name = {str(path): path for path in named or part.weights}
        weights[part] = questions.choose(f"Which weights belong to {part.config}", by_name, "--weights {}")
    return weights


def resolve_user_path(found: ScanResult, path: Path) -> set[Path]:
    """Return the absolute paths that a user's path may mean: relative to the voice's or to the working folder."""
    return {(found.folder / path).resolve(), path.resolve()}


def resolve_voice_path(found: ScanResult, path: PurePosixPath) -> Path:
    """Return the absolute path of a path within the voice's folder."""
    return (found.folder / path).resolve()


def show_found(found: ScanResult, voice: Voice) -> None:
    """Print the model files, the checkpoint and speaker of each emotion, and notes."""
    manifest = voice.manifest
    configs = {str(part.config): part for part in found.acoustic}
    rows = [
        *(
            ("checkpoint", name, one.architecture, one.model, f"phonemes, {language}" if language else "letters")
            for name, one in manifest.checkpoints.items()
            for language in [get_phoneme_language(configs[one.config])]
        ),
        *(("vocoder", name, one.architecture, one.model, "") for name, one in manifest.vocoders.items()),
    ]
    show_rows(("part", "name", "architecture", "weights", "reads"), rows)
    sys.stdout.write("\n")
    emotions = [
        (emotion, one.checkpoint, one.speaker or "", one.vocoder or "") for emotion, one in manifest.emotions.items()
    ]
    show_rows(("emotion", "checkpoint", "speaker", "vocoder"), emotions)
    sys.stdout.write(f"\n{manifest.name}: {manifest.sample_rate} Hz, {manifest.locale}, licence {manifest.license}\n")
    if len(manifest.emotions) > 1:
        sys.stdout.write(f"The strength of its emotions {'can' if manifest.degree else 'cannot'} be varied.\n")
    for remark in (*found.left_out, *list_unused_files(found, manifest), *list_foreign_phonemizers(found)):
        sys.stdout.write(f"Note: {remark}.\n")


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
        languages={part: choose_language(part, options.language, questions) for part in checkpoints if part.languages},
    )


def choose_language(part: ModelFiles, wanted: str | None, questions: Questions) -> str:
    """Return the language in which a multi-lingual checkpoint speaks; raise `UsageError` if it lacks the wanted one."""
    if wanted is not None and wanted not in part.languages:
        raise UsageError(f"{part.config} has no language {wanted!r}.", hint=f"It has {', '.join(part.languages)}.")
    by_name = {name: name for name in ([wanted] if wanted else part.languages)}
    return questions.choose(f"Which language of {part.config}", by_name, "--language {}")


def choose_name(folder: Path, wanted: str | None, installed: Sequence[Path], questions: Questions) -> str:
    """Return the voice's name: the requested one, else the folder's; ask if the folder's is invalid or taken."""
    others = read_voice_names(installed)
    taken = {name.lower() for other, name in others.items() if other.resolve() != folder.resolve()}
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
    """Map each checkpoint that was fine-tuned from neutral's to neutral's.

    The weights decide; only checkpoints with the same speakers are compared.
    """
    from app.synthesis.interpolation import is_fine_tuned_from
    from app.synthesis.networks import read_arrays

    def read(part: ModelFiles) -> dict[str, Array]:
        path = folder / weights[part]
        return read_arrays(path.read_bytes(), path)

    neutral = emotions[Emotion.NEUTRAL].part
    alike = [
        part
        for part in {one.part for one in emotions.values()} - {neutral}
        if (part.architecture, part.speakers) == (neutral.architecture, neutral.speakers)
    ]
    if not alike or neutral.architecture not in MIXES_CHECKPOINTS:
        return {}
    base = read(neutral)
    return {part: neutral for part in alike if is_fine_tuned_from(read(part), base)}


RETRY_HINT = "voice.json stays, so that it can be corrected by hand; or give other answers, and --force."
EXAMPLE = "I am so happy that you are here!"


def add_voice(options: argparse.Namespace) -> int:
    """Scan the folder, ask questions, write voice.json, test the voice, and print the next step."""
    folder, graph = split_graph(options.folder)
    check_folder(folder, options.force)
    installed = settings().voices
    found = discover(folder, read_pth, graph)
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


def split_graph(path: Path) -> tuple[Path, str | None]:
    """Return the folder of a voice and, if the path is that of a Piper voice's `.onnx` file, the name of the file."""
    if path.suffix != GRAPH_EXTENSION or not path.is_file():
        return path, None
    if not path.with_name(f"{path.name}.json").is_file():
        raise UsageError(f"There is no {path.name}.json next to {path}.", hint="A Piper voice consists of both files.")
    return path.parent, path.name


def check_folder(folder: Path, force: bool) -> None:
    """Raise `UsageError` for an unusable folder, before anything is loaded."""
    if not folder.is_dir():
        raise UsageError(
            f"There is no folder {folder}.", hint="Name the one that holds the files of coqui-tts or Piper."
        )
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
