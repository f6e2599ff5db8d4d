"""Content negotiation: the format of a response by its fields and the Accept header."""

from __future__ import annotations

import pytest

from app.api.parsing.negotiation import ResponseFormat, check_format, negotiate
from app.errors import InvalidRequest, NotAcceptable


@pytest.mark.parametrize(
    ("accept", "format"),
    [
        ("", "wav"),
        ("*/*", "wav"),
        ("audio/*", "wav"),
        ("audio/wav", "wav"),
        ("audio/x-wav", "wav"),
        ("Audio/FLAC", "flac"),
        ("audio/x-flac", "flac"),
        ("audio/flac, audio/wav", "flac"),
        ("audio/wav;q=0.5, audio/flac", "flac"),
        ("audio/flac;q=0.2, */*;q=0.1", "flac"),
        ("audio/wav;q=0, audio/*", "flac"),
        ("audio/amr, audio/flac;q=0.1", "flac"),
        ("audio/mpeg", "mp3"),
        ("audio/mp3", "mp3"),
        ("audio/ogg", "opus"),
        ("audio/ogg; codecs=opus", "opus"),
        ("audio/wav;q=0.5, audio/ogg;codecs=opus;q=0.6", "opus"),
        ("audio/opus", "opus"),
        ("audio/aac", "aac"),
        ("audio/pcm;rate=24000", "pcm"),
        ("audio/basic", "ulaw"),
        ("audio/PCMU;rate=8000", "ulaw"),
        ("audio/PCMA;rate=8000, audio/basic;q=0.5", "alaw"),
        ("audio/webm,audio/ogg,audio/wav,audio/*;q=0.9,application/ogg;q=0.7,video/*;q=0.6,*/*;q=0.5", "opus"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "wav"),
        ("nonsense, audio/flac", "flac"),
    ],
)
def test_accept_selects_the_format(accept: str, format: str) -> None:
    assert negotiate(None, False, False, accept) == ResponseFormat(format, timing=False)


@pytest.mark.parametrize("accept", ["audio/amr", "image/png", "nonsense", "audio/wav;q=0", "audio/wav;q=x", "*/*;q=0"])
def test_accept_without_a_supported_format_is_refused(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        negotiate(None, False, False, accept)


@pytest.mark.parametrize("accept", ["application/json", "application/*", "application/json, */*;q=0.5"])
def test_accept_json_means_timing(accept: str) -> None:
    assert negotiate(None, False, False, accept) == ResponseFormat("wav", timing=True)
    assert negotiate("flac", False, False, accept) == ResponseFormat("flac", timing=True)


def test_format_overrides_accept() -> None:
    assert negotiate("flac", False, False, "audio/wav") == ResponseFormat("flac", timing=False)
    assert negotiate("wav", False, False, "image/png") == ResponseFormat("wav", timing=False)


def test_timing_overrides_accept_and_format_alone_selects_the_audio_format() -> None:
    assert negotiate(None, True, False, "audio/flac") == ResponseFormat("wav", timing=True)
    assert negotiate("flac", True, False, "image/png") == ResponseFormat("flac", timing=True)


def test_format_names_are_case_insensitive_and_unknown_ones_are_refused_with_a_pointer() -> None:
    assert check_format("FLAC") == "flac"
    assert check_format("ulaw_8000") == "ulaw"
    assert check_format(None) is None
    with pytest.raises(InvalidRequest) as caught:
        check_format("mp9")
    assert [field.pointer for field in caught.value.fields] == ["#/format"]


LINES = ResponseFormat("wav", timing=True, stream=True)
EVENTS = ResponseFormat("wav", timing=True, stream=True, sse=True)


@pytest.mark.parametrize(
    ("timing", "stream", "accept", "response"),
    [
        (False, True, "audio/flac", ResponseFormat("flac", timing=False, stream=True)),
        (False, True, "application/json, */*;q=0.5", ResponseFormat("wav", timing=False, stream=True)),
        (True, True, "", LINES),
        (True, True, "*/*", LINES),
        (True, True, "application/json", LINES),
        (True, True, "text/event-stream", EVENTS),
        (True, None, "text/event-stream", EVENTS),
        (True, None, "application/x-ndjson", LINES),
        (False, None, "application/x-ndjson", LINES),
        (False, None, "application/ndjson;q=0.5, text/event-stream;q=0.4", LINES),
        (False, None, "text/event-stream", EVENTS),
        (False, True, "text/*", EVENTS),
        (True, False, "text/event-stream", ResponseFormat("wav", timing=True)),
        (False, None, "application/json, application/x-ndjson", ResponseFormat("wav", timing=True)),
        (False, None, "application/x-ndjson, application/json", LINES),
        (False, None, "text/event-stream, */*", EVENTS),
    ],
)
def test_accept_selects_the_form_of_a_stream(
    timing: bool, stream: bool | None, accept: str, response: ResponseFormat
) -> None:
    assert negotiate(None, timing, stream, accept) == response


@pytest.mark.parametrize(("stream", "accept"), [(True, "application/json"), (False, "application/x-ndjson")])
def test_a_media_type_that_contradicts_the_stream_is_refused(stream: bool, accept: str) -> None:
    with pytest.raises(NotAcceptable):
        negotiate(None, False, stream, accept)
