"""Describe the voices as Wyoming does, with emotions as speakers, and read the voice of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wyoming.info import Attribution, Info, TtsProgram, TtsVoice, TtsVoiceSpeaker

from app.api.parsing.body import strip_bom
from app.errors import FieldError, InvalidRequest, VoiceNotFound
from app.packages import version
from app.types import Emotion, SpeechRequest

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline
    from app.voices import Registry, Voice

AUTO = "auto"
"""Speaker that speaks each sentence with the emotion of its words; the default."""


def make_info(registry: Registry) -> Info:
    """Describe the service and its voices, the default one first: clients offer the first one."""
    default = registry.get()
    voices = [default, *(one for one in registry.voices.values() if one is not default)]
    program = TtsProgram(
        name="Intone",
        description="Speech whose every sentence carries the emotion of its words",
        attribution=Attribution(name="Intone", url=""),
        installed=True,
        version=version(),
        voices=[_describe_voice(voice) for voice in voices],
        supports_synthesize_streaming=True,
    )
    return Info(tts=[program])


def _describe_voice(voice: Voice) -> TtsVoice:
    manifest = voice.manifest
    speakers = [AUTO, *(emotion.value for emotion in Emotion if emotion in manifest.emotions)]
    return TtsVoice(
        name=voice.name,
        description=manifest.display_name or voice.name,
        attribution=Attribution(name=f"Licence: {manifest.license}", url=""),
        installed=True,
        version=None,
        languages=[manifest.locale],
        speakers=[TtsVoiceSpeaker(name) for name in speakers],
    )


def make_speech_request(data: Mapping[str, Any], pipeline: Pipeline, *, with_text: bool) -> SpeechRequest:
    """Return the request in the data of `synthesize`, or of `synthesize-start`, whose text is yet to come.

    Raise `InvalidRequest`, `EmptyText`, `TextTooLong`, `VoiceNotFound` or `UnknownEmotion`.
    """
    from app.emotion import parse_emotion_spec  # a loaded pipeline has already imported it

    text_format = _read_string(data, "text_format") or "text"
    if text_format not in ("text", "ssml"):
        raise _make_field_error("text_format", "must be text or ssml")
    is_ssml = text_format == "ssml"
    if is_ssml and not with_text:
        raise _make_field_error("text_format", "SSML cannot arrive in pieces; send it in one event synthesize")
    text = read_text(data) if with_text else ""
    if with_text and not is_ssml:
        pipeline.check_text(text)
    wanted = data.get("voice") or {}
    if not isinstance(wanted, dict):
        raise _make_field_error("voice", "must be an object")
    name, language, speaker = (_read_string(wanted, key) for key in ("name", "language", "speaker"))
    voice = pipeline.registry.get(name) if name or not language else find_language(pipeline.registry, language)
    emotion = parse_emotion_spec(speaker or AUTO)
    # Texts of language models have tags, and Wyoming has no option that would switch them on.
    return SpeechRequest(
        text, voice=voice.name, emotion=emotion, has_emotion=bool(speaker), tags=not is_ssml, markup=is_ssml
    )


def find_language(registry: Registry, language: str) -> Voice:
    """Return the voice that speaks a language, the default one if it does; raise `VoiceNotFound` if none does."""
    voices = [registry.get(), *registry.voices.values()]
    wanted = language.lower().replace("_", "-")
    for shorten in (str, lambda tag: tag.partition("-")[0]):
        for voice in voices:
            if shorten(voice.manifest.locale.lower()) == shorten(wanted):
                return voice
    spoken = ", ".join(sorted({voice.manifest.locale for voice in voices}))
    raise VoiceNotFound(f"No voice speaks {language!r:.80}.", hint=f"Languages: {spoken}.")


def read_text(data: Mapping[str, Any]) -> str:
    """Return the text of an event, without a byte order mark."""
    text = data.get("text")
    if not isinstance(text, str):
        raise _make_field_error("text", "must be a string")
    return strip_bom(text)


def _read_string(data: Mapping[str, Any], name: str) -> str | None:
    """Return a string of an event; None if it is missing, null or empty."""
    value = data.get(name)
    if value is not None and not isinstance(value, str):
        raise _make_field_error(name, "must be a string")
    return value or None


def _make_field_error(name: str, detail: str) -> InvalidRequest:
    return InvalidRequest.from_fields([FieldError.at(detail, name)], hint="")
