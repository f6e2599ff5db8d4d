"""A folder of coqui-tts files -> what is in it, as far as the files themselves can tell. No network is loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from app.errors import InvalidVoice
from app.plan import Emotion
from app.voices.config_file import config_speakers, numbered, read_config, speakers_file
from app.voices.coqui_files import ConfigFile, Kind, configs_in, files_in
from app.voices.naming import emotion_in, stem
from app.voices.pairing import best_first, is_weights, pair, telling

SPEAKER_FILES = ("speaker_ids.json", "speaker_ids.pth", "speakers.json", "speakers.pth")
"""Where coqui looks for the speakers of a config that does not lead to them."""
UNNAMED = "main"

ReadPth = Callable[[Path], Mapping[str, Any]]
"""Reads a `.pth` that holds a dict, without running code of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """An acoustic model or a vocoder: a config and its weights. Paths are relative to the voice's folder."""

    name: str
    """Tells it from the others of its kind."""
    config: PurePosixPath
    architecture: str
    values: Mapping[str, Any]
    """What the config says."""
    weights: tuple[PurePosixPath, ...]
    """The file, or several where names do not tell which one is meant; the most likely first."""
    emotion: Emotion | None
    """That its file or folder is named after."""
    speakers: tuple[str, ...] = ()
    """Names in the order of their embeddings; empty where there is only one."""
    named_in_config: bool = True
    """Whether the config leads to the speakers; else voice.json has to name them."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is in a folder."""

    folder: Path
    acoustic: tuple[Part, ...]
    vocoders: tuple[Part, ...]
    left_out: tuple[str, ...]
    """What cannot be used, and why: sentences without a full stop."""


def discover(folder: Path, read_pth: ReadPth) -> Found:
    """Look through a folder and those in it. A file that is not what it should be is told as `InvalidVoice`."""
    files = list(files_in(folder))
    configs = configs_in(folder, files)
    paired = pair(configs, [path for path in files if is_weights(path)])
    left_out = [config.problem for config in configs if config.problem]
    parts: dict[Kind, list[Part]] = {kind: [] for kind in Kind}
    for config in (one for one in configs if not one.problem):
        if paired[config]:
            parts[config.kind] += parts_of(folder, config, paired[config], read_pth)
        else:
            left_out.append(f"there are no weights (.pth or .safetensors) for {config.path}")
    acoustic, vocoders = (tuple(told_apart(parts[kind])) for kind in Kind)
    return Found(folder, acoustic, vocoders, tuple(left_out))


def parts_of(folder: Path, config: ConfigFile, weights: Sequence[PurePosixPath], read_pth: ReadPth) -> Iterator[Part]:
    """What a config and its weights make: one network, or several where the weights are named after emotions."""
    speakers, named_in_config = speakers_of(folder / config.path, config.values, read_pth)
    for files in by_emotion(weights) if config.kind is Kind.ACOUSTIC else [weights]:
        ordered = tuple(best_first(folder, files))
        yield Part(
            name=short_name(config.path),
            config=config.path,
            architecture=config.architecture,
            values=config.values,
            weights=ordered,
            emotion=emotion_of(config.path, ordered[0]),
            speakers=speakers,
            named_in_config=named_in_config,
        )


def by_emotion(weights: Sequence[PurePosixPath]) -> list[list[PurePosixPath]]:
    """Weight files in groups that are named after the same emotion, or after none."""
    groups: dict[Emotion | None, list[PurePosixPath]] = {}
    for path in weights:
        groups.setdefault(emotion_in(stem(path)), []).append(path)
    return list(groups.values())


def emotion_of(config: PurePosixPath, weights: PurePosixPath) -> Emotion | None:
    """The emotion in the name of a file, else in that of the nearest folder."""
    names = [stem(weights), stem(config), *reversed(config.parent.parts)]
    return next((emotion for name in names if (emotion := emotion_in(name)) is not None), None)


def speakers_of(path: Path, values: Mapping[str, Any], read_pth: ReadPth) -> tuple[tuple[str, ...], bool]:
    """The speakers of a config, and whether it leads to them itself; else they are where coqui looks for them."""
    try:
        return tuple(config_speakers(path, values)), True
    except InvalidVoice:
        for file in (path.parent / name for name in (speakers_file(values), *SPEAKER_FILES) if name):
            if file.is_file():
                ids = read_config(file) if file.suffix == ".json" else read_pth(file)
                return tuple(numbered(ids, file)), False
        raise


def short_name(config: PurePosixPath) -> str:
    """The folder's name; in the voice's own folder what the config's name tells."""
    return config.parent.name or "_".join(sorted(telling([config.name]))) or UNNAMED


def told_apart(parts: Sequence[Part]) -> list[Part]:
    """Every part with a name of its own: the shortest that does."""
    named = list(parts)
    for longer in (folder_name, config_name, weights_name):
        count = Counter(part.name for part in named)
        named = [part if count[part.name] == 1 else replace(part, name=str(longer(part))) for part in named]
    return named


def folder_name(part: Part) -> PurePosixPath:
    """Path of the config's folder, where that is not the voice's own."""
    return part.config.parent if part.config.parent.name else config_name(part)


def config_name(part: Part) -> PurePosixPath:
    """Path of the config without its ending."""
    return part.config.with_suffix("")


def weights_name(part: Part) -> PurePosixPath:
    """Path of the weights without their ending."""
    return part.weights[0].with_name(stem(part.weights[0]))
