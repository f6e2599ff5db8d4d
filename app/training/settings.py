"""Define the settings of a training; their names are those of the command line and of the hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.errors import IntoneError
from app.types import Emotion


class ModelKind(StrEnum):
    """Kind of model to train."""

    GLOW_TTS = "glow_tts"
    TACOTRON2 = "tacotron2"
    HIFIGAN_V1 = "hifigan_v1"
    HIFIGAN_V2 = "hifigan_v2"
    HIFIGAN_SOURCE = "hifigan_source"
    VOCOS_SOURCE = "vocos_source"

    @property
    def acoustic(self) -> bool:
        """Whether the model converts phonemes to mel spectrograms; the others convert mel spectrograms to sound."""
        return self in (ModelKind.GLOW_TTS, ModelKind.TACOTRON2)

    @property
    def architecture(self) -> str:
        """Name of the architecture in voice.json."""
        return "hifigan" if self in (ModelKind.HIFIGAN_V1, ModelKind.HIFIGAN_V2) else self.value


class WrongHyperparameter(IntoneError):
    """A training setting is unknown or out of range."""


class TrainingSettings(BaseModel):
    """Settings of a training with their defaults; strings, as SageMaker passes them, are converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    model: ModelKind = ModelKind.GLOW_TTS
    """Kind of model to train."""
    emotion: Emotion | None = None
    """Train this emotion alone, as a checkpoint of its own in addition to those of the base."""
    name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)
    """Name of the resulting voice; by default that of the base."""
    display_name: str | None = Field(default=None, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")
    """Name of the voice for people; by default its `name`."""
    epochs: float = Field(default=1000, gt=0)
    """Passes over the training data."""
    time_limit: float = Field(default=86_400, gt=0)
    """Seconds after which the training ends, regardless of the number of epochs."""
    batch_size: int = Field(default=16, ge=1, le=1024)
    """Recordings, or excerpts of them, in each step."""
    learning_rate: float | None = Field(default=None, gt=0, lt=1)
    """Highest learning rate; the default depends on the model."""
    predicted_mels: bool = False
    """Train Vocos also on mel spectrograms that the base's GlowTTS predicts from the recordings' phonemes, with the
    durations of the corpus: in use, its input is predicted as well."""
    seed: int = Field(default=1, ge=0, lt=2**32)
    """The same seed, data and settings give the same losses."""

    @model_validator(mode="after")
    def _check_model(self) -> Self:
        if self.emotion and not self.model.acoustic:
            raise ValueError(f"emotion is for acoustic models; a {self.model} serves all emotions")
        if self.emotion is Emotion.NEUTRAL:
            raise ValueError("emotion is for what stands beside neutral; leave it out to learn neutral")
        if self.predicted_mels and self.model is not ModelKind.VOCOS_SOURCE:
            raise ValueError(f"predicted_mels is for vocos_source, not for {self.model}")
        return self


def parse_settings(values: Mapping[str, Any]) -> TrainingSettings:
    """Validate the values; raise `WrongHyperparameter`, which names the wrong ones."""
    try:
        return TrainingSettings.model_validate(values)
    except ValidationError as error:
        wrong = [": ".join([*map(str, one["loc"]), one["msg"]]) for one in error.errors(include_input=False)]
        known = ", ".join(TrainingSettings.model_fields)
        raise WrongHyperparameter("; ".join(wrong) + ".", hint=f"The settings are {known}.") from None
