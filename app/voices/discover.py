"""Find the models in a folder of coqui-tts files, by the content and the names of the files."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any, get_args

from app.emotion.taxonomy import EMOTION_OF_NAME
from app.errors import InvalidVoice
from app.types import Emotion
from app.voices.architectures import FAIRSEQ_VITS, UNSUPPORTED, UNSUPPORTED_VOCODERS
from app.voices.coqui_config import (
    is_fairseq_config,
    read_config,
    read_config_speakers,
    read_generator_name,
    read_languages,
    read_model_argument,
    read_speakers_file_name,
    sort_by_index,
)
from app.voices.manifest import FILE_NAME, MAX_NAME_LENGTH, Checkpoint, VocoderFiles
from app.voices.piper_config import is_piper_config, read_piper_speakers


class ConfigKind(StrEnum):
    """Kind of network that a config describes."""

    ACOUSTIC = "acoustic model"
    VOCODER = "vocoder"


SUPPORTED: Mapping[ConfigKind, tuple[str, ...]] = {
    ConfigKind.ACOUSTIC: get_args(Checkpoint.model_fields["architecture"].annotation),
    ConfigKind.VOCODER: get_args(VocoderFiles.model_fields["architecture"].annotation),
}
MAX_FILES = 10_000
"""Maximum files in the folder of one voice."""
MAX_CONFIG_BYTES = 10_000_000
"""Maximum bytes of a config; a larger JSON file is something else."""
D_VECTOR_KEYS = ("use_d_vector_file", "use_external_speaker_embedding_file")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A config file of coqui-tts, of Piper or of this project's own vocoders."""

    path: PurePosixPath
    """Relative to the voice's folder."""
    kind: ConfigKind
    architecture: str
    values: Mapping[str, Any] = field(compare=False, repr=False)

    @property
    def problem(self) -> str:
        """Reason why the model is not supported; empty if it is."""
        if self.architecture not in SUPPORTED[self.kind]:
            reason, way_out = UNSUPPORTED.get(self.architecture, ("is not supported", ""))
            return f"{self.path} is a {self.architecture}, which {reason}{way_out and ': '}{way_out}"
        if any(read_model_argument(self.values, name) for name in D_VECTOR_KEYS):
            reason = "takes its speakers from a file of vectors (d-vectors), which is not supported"
            return (
                f"{self.path} {reason}: use a model with a table of speakers, such as coqui's tts_models/en/vctk/vits"
            )
        return ""


def iterate_files(folder: Path) -> Iterator[PurePosixPath]:
    """Yield the files of a folder and its subfolders in order, relative to the folder; skip hidden ones."""
    count = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inner = PurePosixPath(Path(place).relative_to(folder).as_posix())
        if FILE_NAME in names and Path(place) != folder:
            raise InvalidVoice(f"{place} has a {FILE_NAME} of its own.", hint="Name the folder of one voice.")
        yield from (inner / name for name in sorted(names) if not name.startswith("."))
        count += len(names)
        if count > MAX_FILES:
            raise InvalidVoice(
                f"There are more than {MAX_FILES} files in {folder}.", hint="Name the folder of one voice."
            )


def read_config_file(folder: Path, path: PurePosixPath) -> ConfigFile | None:
    """Read a JSON file as a config; return None if it is not one. A file with `config` in its name must be readable."""
    if (folder / path).stat().st_size > MAX_CONFIG_BYTES:
        return None
    try:
        values = read_config(folder / path)
    except InvalidVoice:
        if "config" in path.name:
            raise
        return None
    if is_piper_config(values):
        return ConfigFile(path, ConfigKind.ACOUSTIC, "piper", values)
    if is_fairseq_config(values):
        return ConfigFile(path, ConfigKind.ACOUSTIC, FAIRSEQ_VITS, values)
    named = values.get("architecture") or values.get("generator_model") or values.get("model")
    if not isinstance(named, str) or not isinstance(values.get("audio"), dict):
        return None
    is_generator = "generator_model" in values
    architecture = read_generator_name(values) if is_generator else named.lower()
    vocoder = is_generator or architecture in (*SUPPORTED[ConfigKind.VOCODER], *UNSUPPORTED_VOCODERS)
    return ConfigFile(path, ConfigKind.VOCODER if vocoder else ConfigKind.ACOUSTIC, architecture, values)


def strip_extension(path: PurePosixPath) -> str:
    """Return a file's name without its extension, be it `.pth`, `.pth.tar` or `.onnx.json`."""
    return path.name.removesuffix(".tar").rpartition(".")[0].removesuffix(GRAPH_EXTENSION)


def find_emotion(name: str) -> Emotion | None:
    """Return the emotion in a name such as `angry`, `Sad_2` or `p225-anger`; None if there is none or several."""
    found = {EMOTION_OF_NAME[word] for word in re.findall(r"[a-z]+", name.lower()) if word in EMOTION_OF_NAME}
    return found.pop() if len(found) == 1 else None


def to_voice_name(name: str) -> str:
    """Convert a folder's name to a valid voice name; empty if no valid character is left."""
    clean = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")
    return clean[:MAX_NAME_LENGTH].rstrip("-._")


def to_locale(language: str) -> str:
    """Convert espeak-ng's `en-us` to `en-US`, without what follows the country."""
    parts = language.split("-")
    country = [part.upper() for part in parts[1:2] if len(part) == 2]
    return "-".join([parts[0].lower(), *country])


GRAPH_EXTENSION = ".onnx"
SAFETENSORS = ".safetensors"
WEIGHT_EXTENSIONS = (SAFETENSORS, GRAPH_EXTENSION, ".pth", ".pth.tar", ".pt")
OTHER_FILE_STEMS = {"speakers", "speaker_ids", "d_vectors", "language_ids", "model_se", "optimizer", "training"}
"""Names of other files next to a checkpoint; `training` is the state from which Intone's training resumes."""
GENERIC_WORDS = {"config", "model", "file", "best", "checkpoint"}
KIND_WORDS = {
    ConfigKind.ACOUSTIC: {
        *("acoustic", "tts", "glow", "glowtts", "tacotron", "tacotron2", "vits", "fastpitch", "fastspeech", "speedy"),
        *("align", "overflow", "neuralhmm"),
    },
    ConfigKind.VOCODER: {
        *("vocoder", "hifigan", "hifi", "gan", "generator", "vocos", "melgan", "wavegan", "univnet", "wavernn"),
        *("wavegrad", "fullband", "multiband"),
    },
}


def pair(configs: Sequence[ConfigFile], weights: Sequence[PurePosixPath]) -> dict[ConfigFile, list[PurePosixPath]]:
    """Map each config to the weight files that may belong to it.

    A file belongs to the nearest folder above it that holds a config, and there to the config with the most similar
    name. Files without a config go to the configs of their kind that have no file.
    """
    paired = distribute(
        configs, {path: find_most_similar(find_nearest_configs(configs, path), path) for path in weights}
    )
    unowned = set(weights).difference(*paired.values())
    poor = [one for one in configs if not paired[one]]
    return paired | distribute(poor, {path: find_most_similar(poor, path) for path in sorted(unowned)})


def distribute(
    configs: Sequence[ConfigFile], wanted: Mapping[PurePosixPath, list[ConfigFile]]
) -> dict[ConfigFile, list[PurePosixPath]]:
    """Map each config to its files, given the configs that claim each file.

    A file that several configs claim goes only to those that have no file of their own.
    """
    alone = {one: [path for path, wanting in wanted.items() if wanting == [one]] for one in configs}
    return {one: alone[one] or [path for path, wanting in wanted.items() if one in wanting] for one in configs}


def find_nearest_configs(configs: Sequence[ConfigFile], path: PurePosixPath) -> list[ConfigFile]:
    """Return the configs in the nearest folder above a file that holds any."""
    for folder in path.parents:
        if found := [one for one in configs if one.path.parent == folder]:
            return found
    return []


def find_most_similar(configs: Sequence[ConfigFile], path: PurePosixPath) -> list[ConfigFile]:
    """Return the configs with the name most similar to a weight file's; none if that names another kind of network."""
    scores = {one: score for one in configs if (score := count_shared_words(one, path)) is not None}
    return [one for one, score in scores.items() if score == max(scores.values())]


def count_shared_words(config: ConfigFile, path: PurePosixPath) -> tuple[int, bool, bool] | None:
    """Return how many words both names share, and whether these are all of the config's and the names are the same.

    Return None if the kinds differ.
    """
    if (config.architecture == "piper") != (path.suffix == GRAPH_EXTENSION):
        return None
    pairs = zip(config.path.parts, path.parts, strict=False)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    own, its = find_distinctive_words(config.path.parts[common:]), find_distinctive_words(path.parts[common:])
    kinds = {kind for kind, marks in KIND_WORDS.items() if marks & its}
    same = strip_extension(config.path) == strip_extension(path)
    return None if kinds and config.kind not in kinds else (len(own & its), own <= its, same)


def find_distinctive_words(parts: Sequence[str]) -> set[str]:
    """Return the distinctive words of a path, in lower case; numbers stay with the letters before them."""
    names = [*parts[:-1], strip_extension(PurePosixPath(parts[-1]))]
    words = re.findall(r"[a-z0-9]+", " ".join(names).lower())
    return {word for word in words if not word.isdecimal()} - GENERIC_WORDS


def rank_weights(folder: Path, weights: Sequence[PurePosixPath]) -> list[PurePosixPath]:
    """Return the weight files of one config, the most likely first; only one if its name decides.

    Of the same weights in two formats, safetensors is taken. coqui's trainer keeps the best weights so far as
    `best_model.pth`, next to copies with the number of the step.
    """
    named = {
        path.with_name(strip_extension(path)): path
        for path in sorted(weights, key=lambda path: path.suffix == SAFETENSORS)
    }

    def order(path: PurePosixPath) -> tuple[bool, int, float]:
        numbers = re.findall(r"\d+", strip_extension(path))
        return not numbers, int(numbers[-1]) if numbers else 0, (folder / path).stat().st_mtime

    ordered = sorted(named.values(), key=order, reverse=True)
    best = [path for path in ordered if "best_model" in path.name]
    return best[:1] or ordered


SPEAKER_FILES = ("speaker_ids.json", "speaker_ids.pth", "speakers.json", "speakers.pth")
"""Files in which coqui looks for the speakers if the config does not lead to them."""
DEFAULT_NAME = "main"

ReadPth = Callable[[Path], Mapping[str, Any]]
"""Function that reads a `.pth` file holding a dict without running its code."""


@dataclass(frozen=True, slots=True, eq=False)
class ModelFiles:
    """An acoustic model or a vocoder: a config and its weights, with paths relative to the voice's folder."""

    name: str
    """Unique among the models of its kind."""
    config: PurePosixPath
    architecture: str
    values: Mapping[str, Any]
    """Content of the config."""
    weights: tuple[PurePosixPath, ...]
    """The weight file, or the candidates if their names do not decide; the most likely first."""
    emotion: Emotion | None
    """Emotion in the name of the file or folder."""
    speakers: tuple[str, ...] = ()
    """Names in the order of their embeddings; empty if there is only one speaker."""
    named_in_config: bool = True
    """Whether the config leads to the speakers; otherwise voice.json must name them."""
    languages: tuple[str, ...] = ()
    """Languages of a multi-lingual model; empty if there is only one."""


@dataclass(frozen=True, slots=True)
class ScanResult:
    """Models found in a folder."""

    folder: Path
    acoustic: tuple[ModelFiles, ...]
    vocoders: tuple[ModelFiles, ...]
    left_out: tuple[str, ...]
    """Models that cannot be used, and why: sentences without a full stop."""


def discover(folder: Path, read_pth: ReadPth, graph: str | None = None) -> ScanResult:
    """Find the models in a folder and its subfolders; raise `InvalidVoice` if a file is invalid.

    With `graph`, the name of an `.onnx` file in the folder, only that voice of Piper is found.
    """
    files = [PurePosixPath(graph), PurePosixPath(f"{graph}.json")] if graph else list(iterate_files(folder))
    json_files = (path for path in files if path.suffix == ".json" and path.name != FILE_NAME)
    configs = [config for path in json_files if (config := read_config_file(folder, path)) is not None]
    weights = (path for path in files if path.name.endswith(WEIGHT_EXTENSIONS))
    paired = pair(configs, [path for path in weights if strip_extension(path) not in OTHER_FILE_STEMS])
    left_out = [config.problem for config in configs if config.problem]
    parts: dict[ConfigKind, list[ModelFiles]] = {kind: [] for kind in ConfigKind}
    for config in (one for one in configs if not one.problem):
        if paired[config]:
            parts[config.kind] += build_model_files(folder, config, paired[config], read_pth)
        else:
            left_out.append(f"there are no weights (.pth, .safetensors or .onnx) for {config.path}")
    acoustic, vocoders = (tuple(make_unique(parts[kind])) for kind in ConfigKind)
    return ScanResult(folder, acoustic, vocoders, tuple(left_out))


def build_model_files(
    folder: Path, config: ConfigFile, weights: Sequence[PurePosixPath], read_pth: ReadPth
) -> Iterator[ModelFiles]:
    """Yield the models of a config: one, or several acoustic models if the weights are named after emotions."""
    speakers, named_in_config = find_speakers(folder / config.path, config.values, read_pth)
    # The folder's name; in the voice's own folder, the config's name or its distinctive words.
    own = strip_extension(config.path) if config.architecture == "piper" else ""
    name = (
        config.path.parent.name or own or "_".join(sorted(find_distinctive_words([config.path.name]))) or DEFAULT_NAME
    )
    groups: dict[Emotion | None, list[PurePosixPath]] = {}
    for path in weights:
        key = find_emotion(strip_extension(path)) if config.kind is ConfigKind.ACOUSTIC else None
        groups.setdefault(key, []).append(path)
    for files in groups.values():
        ordered = tuple(rank_weights(folder, files))
        yield ModelFiles(
            name=name,
            config=config.path,
            architecture=config.architecture,
            values=config.values,
            weights=ordered,
            emotion=infer_emotion(config.path, ordered[0]),
            speakers=speakers,
            named_in_config=named_in_config,
            languages=tuple(read_languages(folder / config.path, config.values)),
        )


def infer_emotion(config: PurePosixPath, weights: PurePosixPath) -> Emotion | None:
    """Return the emotion in the name of a file, otherwise in that of the nearest folder."""
    names = [strip_extension(weights), strip_extension(config), *reversed(config.parent.parts)]
    return next((emotion for name in names if (emotion := find_emotion(name)) is not None), None)


def find_speakers(path: Path, values: Mapping[str, Any], read_pth: ReadPth) -> tuple[tuple[str, ...], bool]:
    """Return a config's speakers, from the files that coqui reads, and whether the config itself leads to them."""
    if is_piper_config(values):
        return tuple(read_piper_speakers(path, values)), True
    try:
        return tuple(read_config_speakers(path, values)), True
    except InvalidVoice:
        for file in (path.parent / name for name in (read_speakers_file_name(values), *SPEAKER_FILES) if name):
            if file.is_file():
                ids = read_config(file) if file.suffix == ".json" else read_pth(file)
                return tuple(sort_by_index(ids, file)), False
        raise


def make_unique(parts: Sequence[ModelFiles]) -> list[ModelFiles]:
    """Give each model the shortest name that is unique."""
    named = list(parts)
    for step in range(3):
        count = Counter(part.name for part in named)
        named = [part if count[part.name] == 1 else replace(part, name=list_longer_names(part)[step]) for part in named]
    return named


def list_longer_names(part: ModelFiles) -> list[str]:
    """Return the paths of a model's folder, config and weights, without extensions."""
    config, weights = part.config.with_suffix(""), part.weights[0]
    folder = config.parent if config.parent.name else config
    return [str(folder), str(config), str(weights.with_name(strip_extension(weights)))]
