"""What schemathesis sends, made cheap to speak, and often right: it knows no voice and no SSML of its own."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape
from zlib import crc32

import schemathesis
from schemathesis.core.parameters import ParameterLocation

JSON = "application/json"
SSML = "application/ssml+xml"
LONGEST = 60
"""Characters of a text."""
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
)
RANGES = ("bytes=0-", "bytes=0-99", "bytes=-50", "bytes=99999999-", "bytes=5-4", "items=1-2")
NAMES = {
    "voice": ("wren", "Alloy", "nova"),
    "emotion": ("auto", "Joy", "cheerful", "sadness", "joy:0.6,surprise:0.4"),
    "format": ("wav", "FLAC", "mp3", "opus", "aac", "pcm"),
    "response_format": ("wav", "FLAC", "mp3", "opus", "aac", "pcm"),
    "model": ("intone", "TTS-1", "gpt-4o-mini-tts-2025-12-15"),
}


@schemathesis.serializer("application/xml")  # SSML is of its family
def xml(context: schemathesis.SerializationContext, value: object) -> bytes:
    """Send the body as it stands."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Change nothing where a schema is broken on purpose."""
    if case.meta is None:
        return
    if not case.meta.is_negative_at(ParameterLocation.QUERY):
        case.query = {} if case.media_type == JSON else likely(case.query)
        if case.method == "GET" and "voice" in case.operation.query and not {"text", "ssml"} & set(case.query):
            case.query = {**case.query, "text": "Hello."}
    if not case.meta.is_negative_at(ParameterLocation.BODY):
        case.body = _likely_body(case)
    if case.method == "GET" or case.media_type:
        seed = str(case.body) + str(case.query)
        headers = {"Accept": _one_of(ACCEPT, seed)}
        if "Range" in case.operation.headers:
            headers["Range"] = _one_of(RANGES, seed)
        case.headers = {**(case.headers or {}), **headers}


def _likely_body(case: schemathesis.Case) -> Any:
    if isinstance(case.body, dict):
        return likely(case.body)
    if not isinstance(case.body, str):
        return case.body
    return marked_up(case.body) if case.media_type == SSML else case.body[:LONGEST]


def likely(fields: dict[str, Any]) -> dict[str, Any]:
    """With names that exist, three times out of four, and one thing to speak."""
    made = {name: _likely(name, value) for name, value in fields.items()}
    if isinstance(made.get("text"), str) and isinstance(made.get("ssml"), str):
        del made["ssml"]
    if made.get("stream") and made.get("timing"):
        del made["stream"]
    if made.get("ssml") is True and isinstance(made.get("input"), str):
        made["input"] = marked_up(made["input"])
    return made


def marked_up(text: str) -> str:
    """SSML, most of it well-formed."""
    if text.startswith("<speak"):
        return text
    return _one_of(MARKUP, text).replace("{}", escape(text[:LONGEST]))


def _likely(name: str, value: Any) -> Any:
    if name == "plan" and isinstance(value, dict):
        return {**likely(value), "utterances": [likely(utterance) for utterance in value["utterances"]]}
    if not isinstance(value, str):
        return value
    if name in NAMES:
        return _one_of((*NAMES[name], value), value)
    if name == "ssml":
        return marked_up(value)
    return value[:LONGEST] if name in ("text", "input") else value


def _one_of(choices: tuple[str, ...], value: str) -> str:
    """The same one for the same value, so that failures can be told again."""
    return choices[crc32(value.encode("utf-8", "surrogatepass")) % len(choices)]
