"""`voice.json`: what a voice folder says about itself."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.errors import InvalidVoice
from app.types import Emotion

FILE_NAME = "voice.json"
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
LONGEST_NAME = 64


def _inside(path: str) -> str:
    """Refuse a path that could leave the voice's folder."""
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or "\\" in path or ":" in path or "\0" in path:
        raise ValueError("must be a relative path that stays inside the folder")
    return path


RelativePath = Annotated[str, Field(min_length=1), AfterValidator(_inside)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Frontend(_Strict):
    """How text becomes phonemes, where it is not what the checkpoint's own config says."""

    phonemizer: Literal["espeak"]
    """The only one that there is."""
    language: str
    """Language of espeak-ng, such as `en-us`."""


class Checkpoint(_Strict):
    """One acoustic model."""

    model: RelativePath
    """Weights: `.safetensors`, or `.pth` that loads without running code."""
    config: RelativePath
    """coqui's `config.json`."""
    architecture: Literal["glow_tts", "tacotron", "tacotron2"]
    """What kind of model it is."""
    sha256: Sha256 | None = None
    """Hash of the weights, checked when it is given."""
    base: str | None = None
    """The checkpoint that this one was fine-tuned from."""
    speakers: tuple[str, ...] | None = None
    """Names of the speakers in the order of their embeddings, where the config does not lead to them."""


class VocoderFiles(_Strict):
    """One vocoder."""

    model: RelativePath
    """Weights: `.safetensors`, or `.pth` that loads without running code."""
    config: RelativePath
    """coqui's `config.json`, or that of a `hifigan_source` or `vocos_source`."""
    architecture: Literal["hifigan", "hifigan_source", "vocos_source"]
    """What kind of model it is."""
    sha256: Sha256 | None = None
    """Hash of the weights, checked when it is given."""


class SpokenEmotion(_Strict):
    """Which weights speak an emotion."""

    checkpoint: str
    """A name under `checkpoints`."""
    vocoder: str
    """A name under `vocoders`."""
    speaker: str | None = None
    """Name among the speakers of a multi-speaker checkpoint."""
    gain_db: Annotated[float, Field(ge=-40, le=20)] = 0.0
    """Decibels added to everything that this emotion says."""


class Manifest(_Strict):
    """The whole of `voice.json`."""

    schema_version: Literal[1] = Field(alias="schema")
    """Of this description."""
    name: Annotated[str, Field(pattern=NAME_PATTERN, max_length=LONGEST_NAME)]
    """What requests call the voice, in any case."""
    display_name: str = ""
    """What people call it."""
    locale: str = "en-US"
    """Language and country of what it reads."""
    gender: str = "unknown"
    """Shown by `GET /voices`."""
    license: str = "unknown"
    """Shown by `GET /voices`."""
    sample_rate: Annotated[int, Field(ge=8000, le=48000)]
    """Hertz; that of its checkpoints."""
    words_per_minute: Annotated[float, Field(gt=0, le=600)] = 165
    """Speaking rate at speed 1, for estimates."""
    frontend: Frontend | None = None
    """How text becomes phonemes, where it is not what the checkpoints' own configs say."""
    checkpoints: Annotated[dict[str, Checkpoint], Field(min_length=1)]
    """Acoustic models by names of your choice."""
    vocoders: Annotated[dict[str, VocoderFiles], Field(min_length=1)]
    """Vocoders by names of your choice."""
    emotions: dict[Emotion, SpokenEmotion]
    """Which weights speak each emotion; neutral must be there."""
    fallbacks: dict[Emotion, tuple[Emotion, ...]] = {}
    """What to try, in order, for an emotion that is missing; neutral is always last."""
    degree: bool = False
    """Whether the strength of an emotion can be varied."""
    sample: RelativePath | None = None
    """A recording that shows the voice."""

    @property
    def language(self) -> str | None:
        """Language of the phonemizer; None leaves it to the checkpoint's config."""
        return self.frontend.language if self.frontend else None

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        if Emotion.NEUTRAL not in self.emotions:
            raise ValueError("emotions must name neutral: it is every voice's last resort")
        for emotion, spoken in self.emotions.items():
            if spoken.checkpoint not in self.checkpoints:
                raise ValueError(f"{emotion} names the checkpoint {spoken.checkpoint!r}, which is not listed")
            if spoken.vocoder not in self.vocoders:
                raise ValueError(f"{emotion} names the vocoder {spoken.vocoder!r}, which is not listed")
        for name, checkpoint in self.checkpoints.items():
            if checkpoint.base is not None and checkpoint.base not in self.checkpoints:
                raise ValueError(f"checkpoint {name} names the base {checkpoint.base!r}, which is not listed")
        return self


def read_manifest(folder: Path) -> Manifest:
    """Read a folder's `voice.json`; what is wrong with it is said as `InvalidVoice`."""
    path = folder / FILE_NAME
    try:
        return Manifest.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InvalidVoice(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise InvalidVoice(f"{path}: {_in_words(error)}") from None


def _in_words(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"not valid JSON ({error})."
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg'].removeprefix('Value error, ')}"
        for problem in problems
    )
