"""Define and read `voice.json`, the manifest of a voice folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.errors import InvalidVoice
from app.fields import Sha256
from app.types import Emotion
from app.voices.architectures import END_TO_END, SOURCE_VOCODERS

FILE_NAME = "voice.json"
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
MAX_NAME_LENGTH = 64


def _check_relative(path: str) -> str:
    """Return the path; raise `ValueError` if it could leave the voice's folder."""
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or "\\" in path or ":" in path or "\0" in path:
        raise ValueError("must be a relative path that stays inside the folder")
    return path


SAMPLE_TYPES: Mapping[str, str] = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
}
"""Media types of samples, by the ending of the file."""


def _check_sample(path: str) -> str:
    """Return the path; raise `ValueError` unless its ending is that of a known audio format."""
    if PurePosixPath(path).suffix.lower() not in SAMPLE_TYPES:
        raise ValueError(f"must end with {', '.join(SAMPLE_TYPES)}")
    return path


RelativePath = Annotated[str, Field(min_length=1), AfterValidator(_check_relative)]


class _StrictModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Frontend(_StrictModel):
    """Conversion of text to phonemes, if it differs from the checkpoint's own config."""

    phonemizer: Literal["espeak"]
    """Phonemizer; `espeak` is the only one."""
    language: str
    """espeak-ng language, such as `en-us`."""


class NetworkFiles(_StrictModel):
    """The files of a network."""

    model: RelativePath
    """Weights: a `.safetensors` file, a `.pth` file that loads without running code, or Piper's `.onnx`."""
    config: RelativePath
    """coqui's `config.json`, or Piper's `.onnx.json`."""
    architecture: str
    """Architecture of the model."""
    sha256: Sha256 | None = None
    """SHA-256 of the weights, checked if given."""


class Checkpoint(NetworkFiles):
    """An acoustic model."""

    architecture: Literal[
        "glow_tts",
        "tacotron",
        "tacotron2",
        "vits",
        "piper",
        "fast_pitch",
        "fast_speech",
        "fastspeech2",
        "speedy_speech",
        "align_tts",
        "overflow",
        "neuralhmm_tts",
    ]
    """Architecture of the model."""
    base: str | None = None
    """Name of the checkpoint that this one was fine-tuned from."""
    speakers: tuple[str, ...] | None = None
    """Names of the speakers in the order of their embeddings, if the config does not lead to them."""
    language: str | None = None
    """Language of a multi-lingual checkpoint in which the voice speaks, by its name in the config."""
    pitch_variation: Annotated[float, Field(ge=0.05, le=1)] = 0.3
    """Standard deviation of the pitch in the training's recordings, as a share of its mean, from which the model's
    change for some semitones follows; only for a `fast_pitch` or `fastspeech2` that predicts the pitch."""


class VocoderFiles(NetworkFiles):
    """A vocoder."""

    config: RelativePath
    """coqui's `config.json`, or the config of a `hifigan_source` or `vocos_source`."""
    architecture: Literal[
        "hifigan",
        "hifigan_source",
        "vocos_source",
        "melgan",
        "multiband_melgan",
        "fullband_melgan",
        "parallel_wavegan",
        "univnet",
    ]
    """Architecture of the model."""


EXPRESSION_BANDS = (250, 500, 1000, 2000, 3000, 4000, 6000)
"""Frequencies in hertz at which an expression sets levels."""
Semitones = Annotated[float, Field(ge=-12, le=12)]
Factor = Annotated[float, Field(ge=0.25, le=2.5)]
Decibels = Annotated[float, Field(ge=-20, le=20)]


class Expression(_StrictModel):
    """Change of an emotion's pitch, spectrum and rate, in addition to what its checkpoint has learned.

    It grows with the degree. Slope and ending are smaller in utterances below a second."""

    pitch: Semitones = 0.0
    """Semitones added to the pitch."""
    pitch_range: Factor = 1.0
    """Factor on the melody, the movement of the pitch around its slope over more than a syllable."""
    accents: Factor = 1.0
    """Factor on the movement of the pitch within a syllable."""
    slope: Semitones = 0.0
    """Semitones by which the pitch rises from the beginning to the end of an utterance."""
    ending: Semitones = 0.0
    """Semitones added towards the end: from 65 % of an utterance's time on, and fully from 90 %."""
    tremor: Annotated[float, Field(ge=0, le=2)] = 0.0
    """Semitones of a vibration of the pitch at 5 Hz, to each side."""
    speed: Annotated[float, Field(ge=0.5, le=2)] = 1.0
    """Factor on the speaking rate."""
    bands: tuple[Decibels, Decibels, Decibels, Decibels, Decibels, Decibels, Decibels] = (0.0,) * 7
    """Decibels added to voiced sounds at 250, 500, 1000, 2000, 3000, 4000 and 6000 Hz."""


NO_EXPRESSION = Expression()
EXPRESSION_LIMITS: Mapping[str, tuple[float, float]] = {
    name: (field.metadata[0].ge, field.metadata[1].le)
    for name, field in Expression.model_fields.items()
    if name != "bands"
}
"""Minimum and maximum of each field of an expression that is one number."""


class SpokenEmotion(_StrictModel):
    """The models that speak an emotion."""

    checkpoint: str
    """Name of an acoustic model in `checkpoints`."""
    vocoder: str | None = None
    """Name of a vocoder in `vocoders`; none for an architecture that makes samples itself, such as `vits`."""
    speaker: str | None = None
    """Name of a speaker of a multi-speaker checkpoint."""
    gain_db: Annotated[float, Field(ge=-40, le=20)] = 0.0
    """Gain in decibels for all speech with this emotion."""
    expression: Expression | None = None
    """Change of pitch, spectrum and rate; the vocoder needs a harmonic source."""
    expression_by_degree: dict[Annotated[float, Field(gt=0, le=2)], Expression] = {}
    """Expressions at degrees other than 1, if `expression` does not grow evenly with the degree; between two degrees
    they are interpolated, and beyond the last one they go on as before it."""

    @property
    def expressions(self) -> Mapping[float, Expression]:
        """Expression at each degree that has one."""
        return {1.0: self.expression, **self.expression_by_degree} if self.expression else {}


class Manifest(_StrictModel):
    """Content of `voice.json`."""

    schema_version: Literal[1] = Field(alias="schema")
    """Version of this format."""
    name: Annotated[str, Field(pattern=NAME_PATTERN, max_length=MAX_NAME_LENGTH)]
    """Name of the voice in requests; case is ignored."""
    display_name: str = ""
    """Human-readable name."""
    locale: str = "en-US"
    """Language and country of the text that the voice reads, such as `de-DE`; by default that of the checkpoint's
    phonemes. They decide how numbers and abbreviations are read, and the phonemes, unless `frontend` names a language
    or the checkpoint's config an accent of the same language."""
    gender: str = "unknown"
    """Gender of the voice, shown by `GET /voices`."""
    license: str = "unknown"
    """License of the voice, shown by `GET /voices`."""
    sample_rate: Annotated[int, Field(ge=8000, le=48000)]
    """Sample rate of the speech in hertz: that of the vocoders, or of a VITS or a Piper voice."""
    words_per_minute: Annotated[float, Field(gt=0, le=600)] = 165
    """Speaking rate at speed 1, for estimates of duration."""
    frontend: Frontend | None = None
    """Conversion of text to phonemes, if it differs from the checkpoints' own configs."""
    checkpoints: Annotated[dict[str, Checkpoint], Field(min_length=1)]
    """Acoustic models by names of your choice."""
    vocoders: dict[str, VocoderFiles] = {}
    """Vocoders by names of your choice."""
    emotions: dict[Emotion, SpokenEmotion]
    """The models that speak each emotion; neutral is required."""
    fallbacks: dict[Emotion, tuple[Emotion, ...]] = {}
    """Emotions to try, in order, in place of a missing one; neutral is always last."""
    style: Literal["prosody"] | None = None
    """`prosody` approximates missing emotions by rule, instead of a fallback: by pitch, rate and level of neutral."""
    degree: bool = False
    """Whether requests can vary the strength of an emotion."""
    sample: Annotated[RelativePath, AfterValidator(_check_sample)] | None = None
    """A sample recording of the voice, served at `GET /voices/{name}/sample`; by default, a sentence is synthesized."""
    gain_db: Annotated[float, Field(ge=-40, le=20)] = 0.0
    """Gain in decibels for all speech of the voice, in addition to that of the emotion, so that voices are equally
    loud; `intone voices --check` measures it."""

    @property
    def networks(self) -> list[NetworkFiles]:
        """All acoustic models and vocoders."""
        return [*self.checkpoints.values(), *self.vocoders.values()]

    @property
    def language(self) -> str | None:
        """Language of the phonemizer; None means that of the checkpoint's config."""
        return self.frontend.language if self.frontend else None

    def get_vocoder_name(self, emotion: Emotion) -> str:
        """Return the name of an emotion's vocoder; raise `InvalidVoice` if its model makes samples itself."""
        spoken = self.emotions[emotion]
        if spoken.vocoder is None:
            architecture = self.checkpoints[spoken.checkpoint].architecture
            raise InvalidVoice(
                f"{self.name} has no vocoder: the {architecture} that speaks {emotion} makes samples itself.",
                hint="Name a voice whose acoustic model and vocoder are separate.",
            )
        return spoken.vocoder

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        if Emotion.NEUTRAL not in self.emotions:
            raise ValueError("emotions must name neutral: it is every voice's last resort")
        for emotion, spoken in self.emotions.items():
            if spoken.checkpoint not in self.checkpoints:
                raise ValueError(f"{emotion} names the checkpoint {spoken.checkpoint!r}, which is not listed")
            if spoken.expression_by_degree and (not spoken.expression or 1 in spoken.expression_by_degree):
                raise ValueError(f"{emotion} needs the expression of degree 1 in expression, and others by degree")
            _check_vocoder(emotion, spoken, self)
        # All emotions, because a mixture of two is spoken by the vocoder of one.
        plain = not all(
            spoken.vocoder and self.vocoders[spoken.vocoder].architecture in SOURCE_VOCODERS
            for spoken in self.emotions.values()
        )
        if plain and any(spoken.expression for spoken in self.emotions.values()):
            raise ValueError("an expression needs vocoders with a harmonic source for all emotions")
        if self.style and self.emotions[Emotion.NEUTRAL].expression:
            raise ValueError("a style approximates emotions by the expression of neutral, which has one already")
        for name, checkpoint in self.checkpoints.items():
            if checkpoint.base is not None and checkpoint.base not in self.checkpoints:
                raise ValueError(f"checkpoint {name} names the base {checkpoint.base!r}, which is not listed")
        return self


def _check_vocoder(emotion: Emotion, spoken: SpokenEmotion, manifest: Manifest) -> None:
    """Raise `ValueError` unless an emotion names a listed vocoder exactly if its checkpoint needs one."""
    architecture = manifest.checkpoints[spoken.checkpoint].architecture
    if spoken.vocoder is None and architecture not in END_TO_END:
        raise ValueError(f"{emotion} names no vocoder, which its {architecture} needs")
    if spoken.vocoder is not None and architecture in END_TO_END:
        raise ValueError(f"{emotion} names the vocoder {spoken.vocoder!r}, but its {architecture} makes samples itself")
    if spoken.vocoder is not None and spoken.vocoder not in manifest.vocoders:
        raise ValueError(f"{emotion} names the vocoder {spoken.vocoder!r}, which is not listed")


def read_manifest(folder: Path) -> Manifest:
    """Read a folder's `voice.json`; raise `InvalidVoice` if it is invalid."""
    path = folder / FILE_NAME
    try:
        return Manifest.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InvalidVoice(f"{path} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        problems = (
            f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise InvalidVoice(f"{path}: {'; '.join(problems)}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidVoice(f"{path}: not valid JSON ({error}).") from None
