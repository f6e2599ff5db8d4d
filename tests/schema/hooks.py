"""Make the requests of schemathesis cheap to speak and often valid: by itself, it knows no voices and no SSML."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape
from zlib import crc32

import schemathesis
from schemathesis.core.parameters import ParameterLocation

JSON = "application/json"
SSML = "application/ssml+xml"
MAX_LENGTH = 60
"""Of a text in characters."""
MAX_TURNS = 20
MAX_ENCODED = 8000
"""Bytes of an encoded value of a query."""
MARKUP = (
    "<speak>{}</speak>",
    '<speak>{} <break time="500ms"/> again</speak>',
    '<speak xmlns:mstts="https://www.w3.org/2001/mstts"><mstts:express-as style="sad">{}</mstts:express-as></speak>',
    '<speak><prosody rate="80%" volume="+6dB" pitch="+2st">{}</prosody><mark name="end"/></speak>',
    '<speak><voice name="alloy">{}</voice> <say-as interpret-as="date" format="mdy">12/24/2025</say-as></speak>',
    '<speak>{} <phoneme ph="təˈmeɪtoʊ">tomato</phoneme> <what>else</what></speak>',
    "<speak><p>{}</s></speak>",
    "{}",
)
ACCEPT = (
    *("*/*",) * 6,
    *("audio/mpeg", "application/json", "audio/ogg;q=0.5, audio/flac;q=0.2", "audio/aac", "text/html", "nonsense"),
    *("application/x-ndjson", "text/event-stream"),
)
RANGES = ("bytes=0-", "bytes=0-99", "bytes=-50", "bytes=99999999-", "bytes=5-4", "items=1-2")
NAMES = {
    "voice": ("wren", "Alloy", "nova"),
    "emotion": ("auto", "Joy", "cheerful", "sadness", "joy:0.6,surprise:0.4"),
    "format": ("wav", "FLAC", "mp3", "opus", "aac", "m4b", "pcm", "ulaw", "ALAW_8000"),
    "response_format": ("wav", "FLAC", "mp3", "opus", "aac", "m4b", "pcm", "ulaw", "ALAW_8000"),
    "model": ("intone", "TTS-1", "gpt-4o-mini-tts-2025-12-15"),
    "voices": ("narration=wren", '{"dialogue": "alloy", "Ruth": "wren"}'),
    "lexicon": ('{"gif": "jif"}', '{"tomato": "/təˈmɑːtəʊ/"}'),
    "pauses": ("audiobook", "assistant,paragraph=1.4"),
}
OPTIONS_OF_TEXT = ("input_format", "tags")
"""Fields that are refused beside SSML."""


@schemathesis.serializer("application/xml")  # SSML is of its family
def xml(context: schemathesis.SerializationContext, value: object) -> bytes:
    """Send the body as it stands."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Make a request mostly valid, except for parts that violate the schema on purpose."""
    if case.meta is None:
        return
    if case.meta.is_negative_at(ParameterLocation.QUERY):
        case.query = {name: _shorten_encoded(value) for name, value in (case.query or {}).items()}
    else:
        case.query = {} if case.media_type == JSON else make_valid_fields(case.query)
        if case.method == "GET" and "voice" in case.operation.query and not {"text", "ssml"} & set(case.query):
            case.query = {**case.query, "text": "Hello."}
    if not case.meta.is_negative_at(ParameterLocation.BODY):
        case.body = _make_valid_body(case)
    if case.method == "GET" or case.media_type:
        # The representation of a missing body contains its address, which differs from run to run.
        seed = str((case.path_parameters, case.query, case.body if case.media_type else ""))
        headers = {"Accept": _choose(ACCEPT, seed)}
        if "Range" in case.operation.headers:
            headers["Range"] = _choose(RANGES, seed)
        case.headers = {**(case.headers or {}), **headers}  # type: ignore[assignment, dict-item]


def _shorten_encoded(value: Any) -> Any:
    """Return a value of as many characters; encoded, it would fill the head of a request, which is refused (431)."""
    return "x" * len(value) if isinstance(value, str) and len(quote(value, errors="replace")) > MAX_ENCODED else value


def _make_valid_body(case: schemathesis.Case) -> Any:
    if case.media_type == SSML:
        return wrap_in_ssml(str(case.body))
    if isinstance(case.body, dict):
        return make_valid_fields(case.body)
    if not isinstance(case.body, str):
        return case.body
    return case.body[:MAX_LENGTH]


def make_valid_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields with names that exist, three times out of four, and with one text."""
    valid = {name: _make_valid_value(name, value) for name, value in fields.items()}
    if isinstance(valid.get("text"), str) and isinstance(valid.get("ssml"), str):
        del valid["ssml"]
    if valid.get("ssml"):
        valid = {name: value for name, value in valid.items() if name not in OPTIONS_OF_TEXT}
    if valid.get("ssml") is True and isinstance(valid.get("input"), str):
        valid["input"] = wrap_in_ssml(valid["input"])
    return valid


def wrap_in_ssml(text: str) -> str:
    """Return SSML, which is mostly well-formed."""
    if text.startswith("<speak"):
        return text
    return _choose(MARKUP, text).replace("{}", escape(text[:MAX_LENGTH]))


def _make_valid_value(name: str, value: Any) -> Any:
    if name == "plan" and isinstance(value, dict):
        return {
            **make_valid_fields(value),
            "utterances": [make_valid_fields(utterance) for utterance in value["utterances"]],
        }
    if name == "turns" and isinstance(value, list):
        return value[:MAX_TURNS]
    if not isinstance(value, str):
        return value
    if name in NAMES:
        return _choose((*NAMES[name], value), value)
    if name == "ssml":
        return wrap_in_ssml(value)
    return value[:MAX_LENGTH] if name in ("text", "input") else value


def _choose(choices: tuple[str, ...], value: str) -> str:
    """Choose the same item for the same value, so that failures are reproducible."""
    return choices[crc32(value.encode("utf-8", "surrogatepass")) % len(choices)]
