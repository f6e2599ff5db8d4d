"""Choose the speakers, vocoders and weight files of a new voice: the only match, by flag, or by asking."""

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
    """Return the candidate for each emotion; the voice falls back to another for emotions without one."""
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
    """Choose one of several candidates for an emotion."""
    by_name = {one.name: one for one in named}
    return questions.choose(f"Who speaks {emotion}", by_name, f"--emotion {{}}={emotion}")


def others_of(others: Sequence[Candidate], questions: Questions) -> Cast:
    """Ask for the emotions of the candidates whose names contain none."""

    def read(answer: str) -> Cast:
        return pairs(others, [] if answer == NOBODY else [part for part in answer.split(",") if part.strip()])

    names = listed(one.name for one in others)
    question = f"Who else speaks an emotion: {names}? (NAME=EMOTION, NAME=EMOTION)"
    return questions.ask(question, NOBODY, f"--emotion {others[0].name}=EMOTION", read)


def pairs(everybody: Sequence[Candidate], flags: Sequence[str]) -> Cast:
    """Parse several `NAME=EMOTION`; return the candidate of each emotion."""
    return dict(pair(everybody, flag) for flag in flags)


def pair(everybody: Sequence[Candidate], flag: str) -> tuple[Emotion, Candidate]:
    """Parse one `NAME=EMOTION`; raise `UsageError` if it is wrong."""
    name, equals, emotion = flag.rpartition("=")
    if not equals:
        raise UsageError(f"{flag.strip()!r} is not of the form NAME=EMOTION.")
    try:
        return parse_emotion(emotion), one_called(everybody, name.strip())
    except UnknownEmotion as error:
        raise UsageError(error.detail, hint=error.hint) from None


def one_called(everybody: Sequence[Candidate], name: str) -> Candidate:
    """Return the candidate with a name; raise `UsageError` if there is none or more than one."""
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
    """Choose the vocoder of each checkpoint; a question is asked only once for the same vocoders."""
    among = vocoders_in(found, wanted) if wanted else found.vocoders

    @cache
    def choice(vocoders: tuple[ModelFiles, ...]) -> ModelFiles:
        by_place = {place(one, vocoders): one for one in vocoders}
        return questions.choose("Which vocoder", by_place, "--vocoder {}")

    return {part: choice(tuple(fitting(part, among))) for part in checkpoints}


def place(vocoder: ModelFiles, vocoders: Sequence[ModelFiles]) -> str:
    """Return the folder of a vocoder if it contains no other, else the path of its config."""
    folder = vocoder.config.parent
    alone = folder.name and [one.config.parent for one in vocoders].count(folder) == 1
    return str(folder if alone else vocoder.config)


def vocoders_in(found: ScanResult, wanted: Path) -> list[ModelFiles]:
    """Return the vocoders of a folder or config, whose path is relative to the voice's or the working folder."""
    meant = spots(found, wanted)
    vocoders = [one for one in found.vocoders if meant & {there(found, one.config.parent), there(found, one.config)}]
    if not vocoders:
        known = ", ".join(place(one, found.vocoders) for one in found.vocoders)
        raise UsageError(f"There is no vocoder {wanted} within {found.folder}.", hint=f"There is: {known}.")
    return vocoders


def weights_of(
    parts: Iterable[ModelFiles], found: ScanResult, wanted: Sequence[Path], questions: Questions
) -> dict[ModelFiles, PurePosixPath]:
    """Choose the weight file of each network; raise `UsageError` for a flag that names none."""
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
    """Return the absolute paths that a user's path may mean: relative to the voice's or to the working folder."""
    return {(found.folder / path).resolve(), path.resolve()}


def there(found: ScanResult, path: PurePosixPath) -> Path:
    """Return the absolute path of a path within the voice's folder."""
    return (found.folder / path).resolve()
