"""What can be chosen of a training; the same names on the command line and as hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.errors import IntoneError
from app.types import Emotion


class ModelKind(StrEnum):
    """What can be trained."""

    GLOW_TTS = "glow_tts"
    TACOTRON2 = "tacotron2"
    HIFIGAN_V1 = "hifigan_v1"
    HIFIGAN_V2 = "hifigan_v2"
    HIFIGAN_SOURCE = "hifigan_source"
    VOCOS_SOURCE = "vocos_source"

    @property
    def acoustic(self) -> bool:
        """Whether it turns phonemes into mel spectrograms, not those into sound."""
        return self in (ModelKind.GLOW_TTS, ModelKind.TACOTRON2)

    @property
    def architecture(self) -> str:
        """What voice.json calls it."""
        return "hifigan" if self in (ModelKind.HIFIGAN_V1, ModelKind.HIFIGAN_V2) else self.value


class WrongHyperparameter(IntoneError):
    """A setting of the training is unknown, or out of range."""


class TrainingSettings(BaseModel):
    """Every setting with its default; strings, as SageMaker passes them, become what they stand for."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    model: ModelKind = ModelKind.GLOW_TTS
    """What to train."""
    emotion: Emotion | None = None
    """Learn this emotion alone, as a checkpoint of its own beside those of the base."""
    name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)
    """Of the voice that comes out; by default that of the base."""
    display_name: str | None = Field(default=None, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")
    """Of the voice, as people read it; by default its name."""
    epochs: float = Field(default=1000, gt=0)
    """How often everything is learned from."""
    time_limit: float = Field(default=86_400, gt=0)
    """Seconds after which it ends, however many epochs are done."""
    batch_size: int = Field(default=16, ge=1, le=1024)
    """Recordings, or stretches of them, in each step."""
    learning_rate: float | None = Field(default=None, gt=0, lt=1)
    """The highest; by default what suits the model."""
    predicted_mels: bool = False
    """Teach a Vocos also on the mel spectrograms that the base's GlowTTS makes of the recordings' phonemes, with the
    durations of the corpus: those are what it will be given."""
    seed: int = Field(default=1, ge=0, lt=2**32)
    """The same seed, data and settings give the same losses."""

    @model_validator(mode="after")
    def _fits_the_model(self) -> Self:
        if self.emotion and not self.model.acoustic:
            raise ValueError(f"emotion is for acoustic models; a {self.model} serves all emotions")
        if self.emotion is Emotion.NEUTRAL:
            raise ValueError("emotion is for what stands beside neutral; leave it out to learn neutral")
        if self.predicted_mels and self.model is not ModelKind.VOCOS_SOURCE:
            raise ValueError(f"predicted_mels is for vocos_source, not for {self.model}")
        return self


def parse_settings(values: Mapping[str, Any]) -> TrainingSettings:
    """Check the values; what is wrong with them is told by name."""
    try:
        return TrainingSettings.model_validate(values)
    except ValidationError as error:
        wrong = [": ".join([*map(str, one["loc"]), one["msg"]]) for one in error.errors(include_input=False)]
        known = ", ".join(TrainingSettings.model_fields)
        raise WrongHyperparameter("; ".join(wrong) + ".", hint=f"The settings are {known}.") from None
