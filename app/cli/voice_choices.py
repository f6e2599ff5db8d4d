"""Which vocoder and which weight files a new voice takes: by what fits, by flag, else by answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path, PurePosixPath

from app.cli.output import Questions, listed
from app.cli.parser import UsageError
from app.emotion import parse_emotion
from app.errors import UnknownEmotion
from app.types import Emotion
from app.voices.describe import Candidate, Cast, best_candidates, candidates, find_candidates, fitting, nameless
from app.voices.discover import ModelFiles, ScanResult

NOBODY = "none of them"


def cast_of(found: ScanResult, flags: Sequence[str], questions: Questions) -> Cast:
    """The cast; an emotion that is not in it falls back to another."""
    everybody = candidates(found.acoustic)
    cast = pairs(everybody, flags)
    free = [one for one in everybody if one not in cast.values()]
    for emotion in Emotion:
        if emotion not in cast and (named := best_candidates(free, emotion)):
            cast[emotion] = one_of(named, emotion, questions)
    if Emotion.NEUTRAL not in cast:
        cast[Emotion.NEUTRAL] = one_of(nameless(free) or everybody, Emotion.NEUTRAL, questions)
    others = [one for one in nameless(free) if one not in cast.values()]
    return cast if flags or not others else others_of(others, questions) | cast


def one_of(named: Sequence[Candidate], emotion: Emotion, questions: Questions) -> Candidate:
    """Who of some speaks an emotion."""
    by_name = {one.name: one for one in named}
    return questions.choose(f"Who speaks {emotion}", by_name, f"--emotion {{}}={emotion}")


def others_of(others: Sequence[Candidate], questions: Questions) -> Cast:
    """What those speak whose names tell no emotion."""

    def read(answer: str) -> Cast:
        return pairs(others, [] if answer == NOBODY else [part for part in answer.split(",") if part.strip()])

    names = listed(one.name for one in others)
    question = f"Who else speaks an emotion: {names}? (NAME=EMOTION, NAME=EMOTION)"
    return questions.ask(question, NOBODY, f"--emotion {others[0].name}=EMOTION", read)


def pairs(everybody: Sequence[Candidate], flags: Sequence[str]) -> Cast:
    """`NAME=EMOTION` each -> who speaks the emotion."""
    return dict(pair(everybody, flag) for flag in flags)


def pair(everybody: Sequence[Candidate], flag: str) -> tuple[Emotion, Candidate]:
    """One `NAME=EMOTION`."""
    name, equals, emotion = flag.rpartition("=")
    if not equals:
        raise UsageError(f"{flag.strip()!r} is not of the form NAME=EMOTION.")
    try:
        return parse_emotion(emotion), one_called(everybody, name.strip())
    except UnknownEmotion as error:
        raise UsageError(error.detail, hint=error.hint) from None


def one_called(everybody: Sequence[Candidate], name: str) -> Candidate:
    """The one of a name."""
    found = find_candidates(everybody, name)
    if len(found) > 1:
        raise UsageError(f"{name!r} may be {listed(one.name for one in found)}.", hint="Give one of these.")
    if not found:
        known = listed(one.name for one in everybody)
        raise UsageError(f"There is no speaker or checkpoint {name!r}.", hint=f"There is: {known}.")
    return found[0]


def vocoders_of(
    checkpoints: Iterable[ModelFiles], found: ScanResult, wanted: Path | None, questions: Questions
) -> dict[ModelFiles, ModelFiles]:
    """The vocoder of each checkpoint; the same question is asked once."""
    among = vocoders_in(found, wanted) if wanted else found.vocoders

    @cache
    def choice(vocoders: tuple[ModelFiles, ...]) -> ModelFiles:
        by_place = {place(one, vocoders): one for one in vocoders}
        return questions.choose("Which vocoder", by_place, "--vocoder {}")

    return {part: choice(tuple(fitting(part, among))) for part in checkpoints}


def place(vocoder: ModelFiles, vocoders: Sequence[ModelFiles]) -> str:
    """The folder of a vocoder, where it has one for itself; else its config."""
    folder = vocoder.config.parent
    alone = folder.name and [one.config.parent for one in vocoders].count(folder) == 1
    return str(folder if alone else vocoder.config)


def vocoders_in(found: ScanResult, wanted: Path) -> list[ModelFiles]:
    """The vocoders of a folder or a config, which is named as seen from the voice's folder or from here."""
    meant = spots(found, wanted)
    vocoders = [one for one in found.vocoders if meant & {there(found, one.config.parent), there(found, one.config)}]
    if not vocoders:
        known = ", ".join(place(one, found.vocoders) for one in found.vocoders)
        raise UsageError(f"There is no vocoder {wanted} within {found.folder}.", hint=f"There is: {known}.")
    return vocoders


def weights_of(
    parts: Iterable[ModelFiles], found: ScanResult, wanted: Sequence[Path], questions: Questions
) -> dict[ModelFiles, PurePosixPath]:
    """The weight file of each network."""
    known = {there(found, path) for part in (*found.acoustic, *found.vocoders) for path in part.weights}
    if strange := [path for path in wanted if not known & spots(found, path)]:
        raise UsageError(f"{strange[0]} is no weight file of any config within {found.folder}.")
    meant = set().union(*(spots(found, path) for path in wanted))
    weights = {}
    for part in parts:
        named = [path for path in part.weights if there(found, path) in meant]
        by_name = {str(path): path for path in named or part.weights}
        weights[part] = questions.choose(f"Which weights belong to {part.config}", by_name, "--weights {}")
    return weights


def spots(found: ScanResult, path: Path) -> set[Path]:
    """Where a path may lead that a person gave."""
    return {(found.folder / path).resolve(), path.resolve()}


def there(found: ScanResult, path: PurePosixPath) -> Path:
    """Where a path of the voice leads."""
    return (found.folder / path).resolve()
