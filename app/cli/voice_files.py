"""Which vocoder and which weight files a new voice takes: by what fits, by flag, else by answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path, PurePosixPath

from app.cli.questions import Questions
from app.cli.usage import UsageError
from app.voices.discover import Found, Part
from app.voices.fitting import fitting


def vocoders_of(
    checkpoints: Iterable[Part], found: Found, wanted: Path | None, questions: Questions
) -> dict[Part, Part]:
    """The vocoder of each checkpoint; the same question is asked once."""
    among = vocoders_in(found, wanted) if wanted else found.vocoders

    @cache
    def choice(vocoders: tuple[Part, ...]) -> Part:
        by_place = {place(one, vocoders): one for one in vocoders}
        return questions.choose("Which vocoder", by_place, "--vocoder {}")

    return {part: choice(tuple(fitting(part, among))) for part in checkpoints}


def place(vocoder: Part, vocoders: Sequence[Part]) -> str:
    """The folder of a vocoder, where it has one for itself; else its config."""
    folder = vocoder.config.parent
    alone = folder.name and [one.config.parent for one in vocoders].count(folder) == 1
    return str(folder if alone else vocoder.config)


def vocoders_in(found: Found, wanted: Path) -> list[Part]:
    """The vocoders of a folder or a config, which is named as seen from the voice's folder or from here."""
    meant = spots(found, wanted)
    vocoders = [one for one in found.vocoders if meant & {there(found, one.config.parent), there(found, one.config)}]
    if not vocoders:
        known = ", ".join(place(one, found.vocoders) for one in found.vocoders)
        raise UsageError(f"There is no vocoder {wanted} within {found.folder}.", hint=f"There is: {known}.")
    return vocoders


def weights_of(
    parts: Iterable[Part], found: Found, wanted: Sequence[Path], questions: Questions
) -> dict[Part, PurePosixPath]:
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


def spots(found: Found, path: Path) -> set[Path]:
    """Where a path may lead that a person gave."""
    return {(found.folder / path).resolve(), path.resolve()}


def there(found: Found, path: PurePosixPath) -> Path:
    """Where a path of the voice leads."""
    return (found.folder / path).resolve()
