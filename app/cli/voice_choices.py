"""Choose the speakers, vocoders and weight files of a new voice: the only match, by flag, or by asking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path, PurePosixPath

from app.cli.output import Questions, join_names
from app.cli.parser import UsageError
from app.emotion import parse_emotion
from app.errors import UnknownEmotion
from app.types import Emotion
from app.voices.describe import (
    Candidate,
    EmotionMap,
    find_best_candidates,
    find_candidates,
    find_compatible_vocoders,
    find_unnamed,
    list_candidates,
)
from app.voices.discover import ModelFiles, ScanResult

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
    """Parse several `NAME=EMOTION`; return the candidate of each emotion."""
    return dict(parse_pair(candidates, flag) for flag in flags)


def parse_pair(candidates: Sequence[Candidate], flag: str) -> tuple[Emotion, Candidate]:
    """Parse one `NAME=EMOTION`; raise `UsageError` if it is wrong."""
    name, equals, emotion = flag.rpartition("=")
    if not equals:
        raise UsageError(f"{flag.strip()!r} is not of the form NAME=EMOTION.")
    try:
        return parse_emotion(emotion), get_candidate(candidates, name.strip())
    except UnknownEmotion as error:
        raise UsageError(error.detail, hint=error.hint) from None


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

    @cache
    def choice(vocoders: tuple[ModelFiles, ...]) -> ModelFiles:
        by_place = {format_vocoder_path(one, vocoders): one for one in vocoders}
        return questions.choose("Which vocoder", by_place, "--vocoder {}")

    return {part: choice(tuple(find_compatible_vocoders(part, among))) for part in checkpoints}


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
