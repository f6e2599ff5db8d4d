"""Bytes to characters, and media types."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from app.api.body import decode, media_type
from app.errors import UnreadableBody, UnsupportedMediaType


def request(content_type: str | None) -> Request:
    headers = [] if content_type is None else [(b"content-type", content_type.encode("latin-1"))]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers})


@pytest.mark.parametrize(
    ("content_type", "name", "charset"),
    [
        ("application/json", "application/json", None),
        ("Application/JSON; charset=utf-8", "application/json", "utf-8"),
        ("text/plain", "text/plain", None),
        ('text/plain; charset="iso-8859-1"', "text/plain", "iso-8859-1"),
        ("text/plain;charset=UTF-16;format=flowed", "text/plain", "UTF-16"),
        ("text/plain; charset", "text/plain", None),
    ],
)
def test_a_known_media_type_is_taken_apart(content_type: str, name: str, charset: str | None) -> None:
    media = media_type(request(content_type))
    assert (media.name, (media.charset or "").lower()) == (name, (charset or "").lower())


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text", "text/html", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "é/ü", ";"],
)
def test_another_media_type_is_refused(content_type: str | None) -> None:
    with pytest.raises(UnsupportedMediaType):
        media_type(request(content_type))


def test_a_form_is_told_how_curl_sends_json() -> None:
    with pytest.raises(UnsupportedMediaType) as caught:
        media_type(request("application/x-www-form-urlencoded"))
    assert "-H 'Content-Type: application/json'" in caught.value.hint


@pytest.mark.parametrize("charset", [None, "utf-8", "UTF-8", "latin-1", "utf-16", "cp1252", "iso-8859-15", "utf-8-sig"])
def test_the_charset_is_honoured(charset: str | None) -> None:
    assert decode("Grüße".encode(charset or "utf-8"), charset) == "Grüße"


def test_a_byte_order_mark_is_dropped_once() -> None:
    assert decode(b"\xef\xbb\xbfHi", None) == "Hi"
    assert decode(b"\xef\xbb\xbf\xef\xbb\xbfHi", None) == "\ufeffHi"


@pytest.mark.parametrize(
    ("body", "charset"), [(b"\xff", None), (b"\xc3", "utf-8"), (b"\xe9", "ascii"), (b"a", "utf-16")]
)
def test_undecodable_bytes_are_refused(body: bytes, charset: str | None) -> None:
    with pytest.raises(UnreadableBody):
        decode(body, charset)


@pytest.mark.parametrize(
    "charset", ["klingon", "rot13", "hex", "base64", "zip", "idna", "punycode", "unicode_escape", "é"]
)
def test_what_is_no_character_set_is_refused(charset: str) -> None:
    with pytest.raises(UnreadableBody, match="charset"):
        decode(b"abc", charset)
