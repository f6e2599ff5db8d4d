"""Read the `.onnx.json` of a Piper voice: sample rate, phonemes, speakers and the scales of its noise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError

from app.errors import InvalidVoice
from app.voices.coqui_config import sort_by_index

PAD, BEGIN, END = "_", "^", "$"
"""Symbols between phonemes, before the first and after the last."""
PHONEME_TYPES = ("espeak", "text")
"""How a voice may read its text: as phonemes of espeak-ng, or letter by letter."""
Scale = Annotated[float, Field(ge=0, le=10)]


class PiperConfig(BaseModel):
    """The parts of a `.onnx.json` that speech needs; the names are Piper's, the defaults those of its program."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    sample_rate: Annotated[int, Field(validation_alias=AliasPath("audio", "sample_rate"), ge=8000, le=48000)]
    """Hertz."""
    espeak_voice: Annotated[str, Field(validation_alias=AliasPath("espeak", "voice"))] = ""
    """Language of espeak-ng, such as `en-us`; unused if the voice reads letters."""
    phoneme_type: str = PHONEME_TYPES[0]
    phoneme_id_map: Mapping[str, tuple[Annotated[int, Field(ge=0, le=65_535)], ...]]
    """Ids of each symbol."""
    phoneme_map: Mapping[str, tuple[str, ...]] = {}
    """Symbols that replace a phoneme of espeak-ng."""
    vowel_clusters: tuple[tuple[str, ...], ...] = ()
    """Phonemes that are one symbol together."""
    num_speakers: Annotated[int, Field(ge=0, le=100_000)] = 1
    speaker_id_map: Mapping[str, int] = {}
    """Number of each speaker; empty if there is only one."""
    noise_scale: Annotated[Scale, Field(validation_alias=AliasPath("inference", "noise_scale"))] = 0.667
    """Deviation of the latents from their mean."""
    length_scale: Annotated[Scale, Field(validation_alias=AliasPath("inference", "length_scale"), gt=0)] = 1.0
    """Factor on durations."""
    noise_w: Annotated[Scale, Field(validation_alias=AliasPath("inference", "noise_w"))] = 0.8
    """Deviation of the durations from their mean, before the network that predicts them."""
    language_code: Annotated[str, Field(validation_alias=AliasPath("language", "code"))] = ""
    """Language and country of the text, such as `en_US`."""

    @property
    def ids(self) -> dict[str, int]:
        """Id of each symbol."""
        return {symbol: ids[0] for symbol, ids in self.phoneme_id_map.items()}

    @property
    def reads_phonemes(self) -> bool:
        """Whether the voice reads phonemes of espeak-ng, not letters."""
        return self.phoneme_type == PHONEME_TYPES[0]

    @property
    def language(self) -> str:
        """Language of the text, and its country if the config names it, such as `en-us`."""
        return (self.language_code.replace("_", "-") or self.espeak_voice).lower()


def is_piper_config(values: Mapping[str, Any]) -> bool:
    """Return whether a JSON object describes a Piper voice."""
    return isinstance(values.get("phoneme_id_map"), Mapping) and isinstance(values.get("audio"), Mapping)


def parse_piper_config(values: Mapping[str, Any], path: Path) -> PiperConfig:
    """Check a config of Piper; raise `InvalidVoice` if it is damaged or its phonemes are not supported."""
    try:
        config = PiperConfig.model_validate(values)
    except ValidationError as error:
        problems = (
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise InvalidVoice(f"{path}: {'; '.join(problems)}.") from None
    if config.phoneme_type not in PHONEME_TYPES or config.vowel_clusters:
        what = "clusters of vowels" if config.vowel_clusters else f"phonemes of the type {config.phoneme_type!r}"
        raise InvalidVoice(f"{path}: {what} are not supported.", hint="Voices with phonemes of espeak-ng are.")
    if unusual := [symbol for symbol, ids in config.phoneme_id_map.items() if len(ids) != 1]:
        raise InvalidVoice(f"{path}: the symbol {unusual[0]!r} has not one id.")
    if missing := [symbol for symbol in (PAD, BEGIN, END) if symbol not in config.phoneme_id_map]:
        raise InvalidVoice(f"{path}: phoneme_id_map has no {missing[0]!r}.")
    return config


def read_piper_phonemes(values: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the phonemes and marks that a voice knows; None if it reads letters."""
    return frozenset(values["phoneme_id_map"]) if values.get("phoneme_type", "espeak") == "espeak" else None


def read_piper_speakers(path: Path, values: Mapping[str, Any]) -> list[str]:
    """Return the speakers of a config in the order of their numbers; empty if there is only one."""
    config = parse_piper_config(values, path)
    if config.num_speakers <= 1:
        return []
    names = config.speaker_id_map or {str(number): number for number in range(config.num_speakers)}
    return sort_by_index(names, path)
