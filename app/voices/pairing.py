"""Which weight file belongs to which config: by folder first, by name where a folder holds several configs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path, PurePosixPath

from app.voices.coqui_files import ConfigFile, Kind
from app.voices.naming import stem, words

ENDINGS = (".safetensors", ".pth", ".pth.tar", ".pt")
NOT_WEIGHTS = {"speakers", "speaker_ids", "d_vectors", "language_ids", "model_se", "optimizer", "training"}
"""Of these names lie other files beside a checkpoint; `training` is what a later training of ours goes on from."""
SAYS_NOTHING = {"config", "model", "file", "best", "checkpoint"}
KIND_WORDS = {
    Kind.ACOUSTIC: {"acoustic", "tts", "glow", "glowtts", "tacotron", "tacotron2"},
    Kind.VOCODER: {"vocoder", "hifigan", "hifi", "gan", "generator", "vocos", "melgan"},
}


def is_weights(path: PurePosixPath) -> bool:
    """Whether a file may hold weights, by its name."""
    return path.name.endswith(ENDINGS) and stem(path) not in NOT_WEIGHTS


def pair(configs: Sequence[ConfigFile], weights: Sequence[PurePosixPath]) -> dict[ConfigFile, list[PurePosixPath]]:
    """Each config -> the weight files that may be its own.

    A file belongs to the nearest folder above it that holds a config, and to that one there whose name is most alike.
    What no config wants goes to those of its kind that have nothing.
    """
    paired = share(configs, {path: most_alike(nearby(configs, path), path) for path in weights})
    unowned = set(weights).difference(*paired.values())
    poor = [one for one in configs if not paired[one]]
    return paired | share(poor, {path: most_alike(poor, path) for path in sorted(unowned)})


def share(
    configs: Sequence[ConfigFile], wanted: Mapping[PurePosixPath, list[ConfigFile]]
) -> dict[ConfigFile, list[PurePosixPath]]:
    """File -> who wants it becomes config -> its files; what several want is for those that have nothing else."""
    alone = {one: [path for path, wanting in wanted.items() if wanting == [one]] for one in configs}
    return {one: alone[one] or [path for path, wanting in wanted.items() if one in wanting] for one in configs}


def nearby(configs: Sequence[ConfigFile], path: PurePosixPath) -> list[ConfigFile]:
    """The configs in the nearest folder above a file that holds any."""
    for folder in path.parents:
        if found := [one for one in configs if one.path.parent == folder]:
            return found
    return []


def most_alike(configs: Sequence[ConfigFile], path: PurePosixPath) -> list[ConfigFile]:
    """Those whose name is most like that of a weight file; none where it is named as something else."""
    scores = {one: score for one in configs if (score := likeness(one, path)) is not None}
    return [one for one, score in scores.items() if score == max(scores.values())]


def likeness(config: ConfigFile, path: PurePosixPath) -> tuple[int, bool] | None:
    """How many words both names share, and whether these are all of the config's; None where the kinds differ."""
    pairs = zip(config.path.parts, path.parts, strict=False)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    own, its = telling(config.path.parts[common:]), telling(path.parts[common:])
    kinds = {kind for kind, marks in KIND_WORDS.items() if marks & its}
    return None if kinds and config.kind not in kinds else (len(own & its), own <= its)


def telling(parts: Sequence[str]) -> set[str]:
    """The words of a path that tell it from others."""
    names = [*parts[:-1], stem(PurePosixPath(parts[-1]))]
    return {word for name in names for word in words(name) if not word.isdecimal()} - SAYS_NOTHING


def best_first(folder: Path, weights: Sequence[PurePosixPath]) -> list[PurePosixPath]:
    """The files of one config; a single one where it is clear which of them is meant.

    Of the same weights in two formats safetensors is taken. coqui's trainer keeps its best so far as `best_model.pth`,
    beside copies with the number of the step.
    """
    named = {path.with_name(stem(path)): path for path in sorted(weights, key=lambda path: path.suffix == ENDINGS[0])}

    def order(path: PurePosixPath) -> tuple[bool, int, float]:
        numbers = re.findall(r"\d+", stem(path))
        return not numbers, int(numbers[-1]) if numbers else 0, (folder / path).stat().st_mtime

    ordered = sorted(named.values(), key=order, reverse=True)
    best = [path for path in ordered if "best_model" in path.name]
    return best[:1] or ordered
