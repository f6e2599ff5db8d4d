"""Read the options of a socket: those of ElevenLabs' query that have an effect here, and ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from app.api.parsing.negotiation import check_rate
from app.api.parsing.request import check_voices, parse_emotion, read_query
from app.api.schemas.request import check_fields, warn_ignored
from app.errors import FieldError, InvalidRequest, quote_value
from app.fields import Speed
from app.types import PlanWarning

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline
    from app.types import SpeechRequest

DEFAULT_OUTPUT_FORMAT = "mp3_44100_128"
OUTPUT_FORMAT = re.compile(r"(?P<name>pcm|mp3|opus|ulaw|alaw)_(?P<rate>[0-9]{4,5})(?:_[0-9]{2,3})?")
"""Format, sample rate, and a bit rate that has no effect."""
OPUS_RATE = 48_000
SPEECH_FIELDS = (
    "voices",
    "emotion",
    "degree",
    "strength",
    "expressiveness",
    "seed",
    "instructions",
    "context",
    "lexicon",
    "tags",
)
"""Fields of `POST /synthesize` that a socket takes, too."""
OWN_PARAMETERS = (
    "output_format",
    "auto_mode",
    "sync_alignment",
    "first_clause",
    "utterances",
    "inactivity_timeout",
)
WITHOUT_EFFECT = (
    "apply_text_normalization",
    "enable_logging",
    "enable_ssml_parsing",
    "language_code",
    "model_id",
    "optimize_streaming_latency",
)
"""Parameters of ElevenLabs that are documented to have no effect."""
DEFAULT_INACTIVITY_SECONDS, MAX_INACTIVITY_SECONDS = 20, 600
SPEED = TypeAdapter[float](Speed, config=ConfigDict(strict=True))


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """Options of a socket, from its address."""

    speech: SpeechRequest
    """Options of each context; its text is empty."""
    format: str
    """Key of `FORMATS`."""
    auto_mode: bool
    """Whether each message holds whole sentences or phrases, to be spoken at once."""
    sync_alignment: bool
    """Whether the times of characters count from the beginning of the context instead of that of the message."""
    first_clause: bool
    """Whether the first clause of a context is spoken as soon as a comma ends it."""
    with_utterances: bool
    """Whether messages with the plan entry of each utterance are sent."""
    inactivity_seconds: float
    """Seconds without a message after which the socket is closed."""
    warnings: tuple[PlanWarning, ...] = ()
    """Warnings about the address."""

    def with_key(self, name: str | None) -> LiveOptions:
        """Return the options for the client that a key names."""
        return replace(self, speech=replace(self.speech, key_name=name))


def read_options(query: bytes, voice: str, pipeline: Pipeline, key_name: str | None) -> LiveOptions:
    """Read the options of a socket; raise `InvalidRequest`, `VoiceNotFound` or `UnknownEmotion`.

    Parameters that ElevenLabs has and that have no effect here are ignored; others are reported.
    """
    given = read_query(query)
    fields = {name: given[name] for name in SPEECH_FIELDS if name in given}
    body = check_fields({"text": "-", "tags": True, **fields})
    check_voices(body.voices, pipeline.registry)
    format, rate = read_output_format(str(given.get("output_format", DEFAULT_OUTPUT_FORMAT)))
    from app.types import SpeechRequest  # the pipeline has imported it; nothing else must wait for it

    speech = SpeechRequest(
        **body.collect_given(),
        text="",
        voice=pipeline.registry.get(voice).name,
        emotion=parse_emotion(body.emotion),
        has_emotion=body.emotion is not None,
        key_name=key_name,
        rate_for=lambda own: rate,
    )
    return LiveOptions(
        speech,
        format,
        auto_mode=read_flag(given, "auto_mode"),
        sync_alignment=read_flag(given, "sync_alignment"),
        first_clause=read_flag(given, "first_clause"),
        with_utterances=read_flag(given, "utterances", default=True),
        inactivity_seconds=read_seconds(given, "inactivity_timeout"),
        warnings=warn_ignored(name for name in given if name not in {*SPEECH_FIELDS, *OWN_PARAMETERS, *WITHOUT_EFFECT}),
    )


def read_output_format(written: str) -> tuple[str, int]:
    """Return the format and the sample rate (Hertz) of ElevenLabs' name for both, such as `pcm_24000`."""
    match = OUTPUT_FORMAT.fullmatch(written)
    if not match:
        raise make_query_error("output_format", f"{quote_value(written)} is none of pcm_24000, mp3_44100_128, …")
    name, rate = match["name"], int(match["rate"])
    if name == "pcm" and not 8000 <= rate <= OPUS_RATE:
        raise make_query_error("output_format", "the rate must be between 8000 and 48000 Hz")
    check_rate(rate, name)
    return name, rate


def apply_voice_settings(speech: SpeechRequest, settings: Mapping[str, Any] | None) -> SpeechRequest:
    """Return the options of a context with the speed of `voice_settings`, whose other fields have no effect."""
    speed = (settings or {}).get("speed")
    if speed is None:
        return speech
    try:
        return replace(speech, speed=SPEED.validate_python(speed))
    except ValidationError as error:
        wrong = FieldError.at(error.errors()[0]["msg"], "voice_settings", "speed")
        raise InvalidRequest.from_fields([wrong], hint="") from None


def read_flag(given: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    """Return a parameter that is true or false."""
    value = str(given.get(name, default)).lower()
    if value not in ("true", "false", "1", "0"):
        raise make_query_error(name, f"{quote_value(value)} is neither true nor false")
    return value in ("true", "1")


def read_seconds(given: Mapping[str, Any], name: str) -> float:
    """Return a parameter in whole seconds, 1 to 600."""
    value = str(given.get(name, DEFAULT_INACTIVITY_SECONDS))
    if not re.fullmatch(r"[0-9]{1,3}", value) or not 1 <= int(value) <= MAX_INACTIVITY_SECONDS:
        raise make_query_error(name, f"must be a number from 1 to {MAX_INACTIVITY_SECONDS}")
    return float(value)


def make_query_error(name: str, detail: str) -> InvalidRequest:
    """Return the error of a parameter."""
    return InvalidRequest.from_fields([FieldError.at(detail, name)], hint="")
