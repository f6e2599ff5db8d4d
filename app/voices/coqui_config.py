"""Read coqui's `config.json`, as coqui does, and the speakers that it names."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path, PureWindowsPath
from typing import Any

from app.errors import InvalidVoice
from app.voices.architectures import FORWARD_TTS, PREDICTS_PITCH

MATCHING_SETTINGS = ("num_mels", "hop_length", "win_length", "fft_size", "mel_fmin", "upper_hz")
"""Settings that must be equal in an acoustic model and its vocoder. Normalization is converted instead, and frames are
interpolated between sample rates, as coqui does."""


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """Values and defaults of coqui's `BaseAudioConfig`; frequencies in hertz, lengths in samples."""

    sample_rate: int = 22050
    fft_size: int = 1024
    win_length: int = 1024
    hop_length: int = 256
    num_mels: int = 80
    mel_fmin: float = 0.0
    mel_fmax: float | None = None
    """None means half the sample rate."""
    preemphasis: float = 0.0
    log_func: str = "np.log10"
    spec_gain: float = 20.0
    """Factor of the logarithm."""
    do_amp_to_db_mel: bool = True
    """Whether the values are logarithms."""
    signal_norm: bool = True
    """Whether the values are normalized."""
    min_level_db: float = -100.0
    ref_level_db: float = 20.0
    symmetric_norm: bool = True
    max_norm: float = 4.0
    clip_norm: bool = True
    stats_path: str | None = None
    """File of means and standard deviations, relative to the config's folder."""

    @classmethod
    def from_dict(cls, audio: Mapping[str, Any]) -> AudioConfig:
        """Pick the known values of a config's `audio`; convert lengths in milliseconds to samples, as coqui does."""
        known = {field.name: audio[field.name] for field in fields(cls) if field.name in audio}
        rate = audio.get("sample_rate", cls().sample_rate)
        if audio.get("frame_length_ms") and audio.get("frame_shift_ms"):
            known["win_length"] = int(audio["frame_length_ms"] / 1000 * rate)
            known["hop_length"] = int(audio["frame_shift_ms"] / 1000 * rate)
        return cls(**known)

    @property
    def frame_rate(self) -> float:
        """Frames per second."""
        return self.sample_rate / self.hop_length

    @property
    def upper_hz(self) -> float:
        """Upper edge of the highest mel band, hertz."""
        return self.sample_rate / 2 if self.mel_fmax is None else self.mel_fmax


def check_fit(acoustic: AudioConfig, vocoder: AudioConfig, pair: str) -> None:
    """Raise `InvalidVoice` if the mel spectrograms of an acoustic model and a vocoder differ."""
    pairs = {name: (float(getattr(acoustic, name)), float(getattr(vocoder, name))) for name in MATCHING_SETTINGS}
    differences = [
        f"{name.replace('upper_hz', 'mel_fmax')} is {one} in the acoustic model and {other} in the vocoder"
        for name, (one, other) in pairs.items()
        if one != other
    ]
    if differences:
        raise InvalidVoice(
            f"{pair} do not fit together: {'; '.join(differences)}.",
            hint="Name a vocoder that was trained on the same mel spectrogram.",
        )


COMMENT_PATTERN = re.compile(r'("(?:[^"\\\n]|\\.)*+"?)|//[^\n]*')
"""A string (group 1, kept) or a comment: some configs released by coqui have `//` comments."""


def read_config(path: Path) -> dict[str, Any]:
    """Read a JSON object, with or without comments."""
    try:
        config = parse_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidVoice(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise InvalidVoice(f"{path} is not valid JSON: {error}.") from None
    if not isinstance(config, dict):
        raise InvalidVoice(f"{path} does not hold a JSON object.")
    return config


def parse_json(text: str) -> Any:
    """Parse JSON, with or without comments."""
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(COMMENT_PATTERN.sub(lambda found: found[1] or "", text))


RENAMED_GENERATORS = {"melgan_fb": "fullband_melgan"}
"""Architectures by the names that older releases of coqui gave them."""


def read_generator_name(config: Mapping[str, Any]) -> str:
    """Return the architecture of a vocoder's config, such as `hifigan` for `hifigan_generator`."""
    name = str(config.get("generator_model", "hifigan")).lower().removesuffix("_generator")
    return RENAMED_GENERATORS.get(name, name)


def check_upsampling(config: Mapping[str, Any], what: str) -> None:
    """Raise `InvalidVoice` if a generator of coqui makes another number of samples per frame than its config says."""
    parameters, hop = config.get("generator_model_params"), AudioConfig.from_dict(config["audio"]).hop_length
    factors = parameters.get("upsample_factors") if isinstance(parameters, Mapping) else None
    if not isinstance(factors, list) or not all(isinstance(one, int) for one in factors):
        raise InvalidVoice(f"{what}: its config has no list of upsample_factors.")
    samples = math.prod(factors) * (4 if read_generator_name(config) == "multiband_melgan" else 1)
    if samples != hop:
        raise InvalidVoice(
            f"{what}: hop_length is {hop}, but upsample_factors make {samples} samples of a frame.",
            hint="Use the config.json of the release that the weights are from.",
        )


def predicts_pitch(architecture: str, config: Mapping[str, Any]) -> bool:
    """Return whether an acoustic model predicts the pitch of each token."""
    chosen = (config.get("model_args") or {}).get("use_pitch")
    return architecture in FORWARD_TTS and bool(architecture in PREDICTS_PITCH if chosen is None else chosen)


def is_fairseq_config(config: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is the config of a VITS that was trained by fairseq, such as those of MMS."""
    return isinstance(config.get("model"), Mapping) and isinstance(config.get("data"), Mapping)


def read_phonemes(config: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the phonemes and marks in the vocabulary of a config; None if it reads letters or names none."""
    characters = config.get("characters")
    if not config.get("use_phonemes") or not isinstance(characters, Mapping) or characters.get("vocab_dict"):
        return None
    named = "".join(str(characters.get(name) or "") for name in ("characters", "phonemes", "punctuations"))
    return frozenset(named + " ") if named else None


def read_model_argument(config: Mapping[str, Any], name: str) -> Any:
    """Return an argument of a model, which newer configs have in `model_args`; None if it is not set."""
    return (config.get("model_args") or {}).get(name) or config.get(name)


def read_languages(path: Path, config: Mapping[str, Any]) -> list[str]:
    """Return the languages of a multi-lingual config in the order of their embeddings; empty if it has one language."""
    if not read_model_argument(config, "use_language_embedding"):
        return []
    listed = read_model_argument(config, "language_ids_file")
    if not isinstance(listed, str):
        return [str(name) for name in config.get("languages") or []]
    file = path.parent / PureWindowsPath(listed).name
    return sort_by_index(read_config(resolve_inside(path.parent, file.name)), file)


def read_config_speakers(path: Path, config: Mapping[str, Any]) -> list[str]:
    """Return a config's speakers in the order of their embeddings, from the config or from a JSON file next to it."""
    if not read_model_argument(config, "use_speaker_embedding"):
        return []
    if config.get("speakers"):
        return [str(name) for name in config["speakers"]]
    listed = read_speakers_file_name(config)
    if not listed.endswith(".json"):
        raise InvalidVoice(
            f"{path}: use_speaker_embedding is set, but speakers_file is {listed!r}.",
            hint='Name a JSON file, {"speaker": index, …}, relative to the config, or give `speakers` in voice.json.',
        )
    return sort_by_index(read_config(resolve_inside(path.parent, listed)), path.parent / listed)


def read_speakers_file_name(config: Mapping[str, Any]) -> str:
    """Return the name of the file that numbers the speakers; empty if the config names none.

    coqui writes the file's path on the training machine, with slashes or backslashes.
    """
    listed = read_model_argument(config, "speakers_file") or config.get("speaker_file")
    return PureWindowsPath(listed).name if isinstance(listed, str) else ""


def sort_by_index(ids: Mapping[str, Any], path: Path) -> list[str]:
    """Return the names of `{"speaker": index, …}` in the order of their indices."""
    numbers = [number for number in ids.values() if isinstance(number, int)]
    if sorted(numbers) != list(range(len(ids))):
        raise InvalidVoice(f"{path} does not number its speakers from 0 without a gap.")
    return sorted(ids, key=lambda name: int(ids[name]))


def resolve_inside(folder: Path, path: str) -> Path:
    """Resolve the path of a file in a folder; raise `InvalidVoice` if it leads out of the folder or is missing."""
    resolved = (folder / path).resolve()
    if not resolved.is_relative_to(folder.resolve()):
        raise InvalidVoice(f"{path} leads out of {folder}.")
    if not resolved.is_file():
        raise InvalidVoice(f"{path} is missing in {folder}.")
    return resolved
