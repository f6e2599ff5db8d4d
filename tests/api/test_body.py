"""Decoding of request bodies by their charset."""

from __future__ import annotations

import codecs
import encodings

import pytest

from app.api.parsing.body import JSON, PLAIN_TEXT, SSML, MediaType, decode_body
from app.errors import UnreadableBody, UnsupportedMediaType

DOCUMENT = '<?xml version="1.0" encoding="{}"?>\n<speak>Grüße</speak>'


def decode_plain(body: bytes, charset: str | None) -> str:
    return decode_body(body, MediaType(PLAIN_TEXT, charset))


@pytest.mark.parametrize("media", [PLAIN_TEXT, SSML, JSON])
@pytest.mark.parametrize("charset", [None, "utf-8", "UTF-8", "latin-1", "utf-16", "cp1252", "iso-8859-15", "utf-8-sig"])
def test_the_charset_is_honoured(media: str, charset: str | None) -> None:
    assert decode_body("Grüße".encode(charset or "utf-8"), MediaType(media, charset)) == "Grüße"


def test_a_byte_order_mark_is_dropped_once() -> None:
    assert decode_plain(b"\xef\xbb\xbfHi", None) == "Hi"
    assert decode_plain(b"\xef\xbb\xbf\xef\xbb\xbfHi", None) == "\ufeffHi"


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE])
def test_a_byte_order_mark_names_the_charset_unless_the_body_is_json(mark: bytes) -> None:
    charset = f"utf-{8 * len(mark)}-{'le' if mark[0] == 0xFF else 'be'}"
    body = mark + "Grüße".encode(charset)
    assert decode_plain(body, None) == "Grüße"
    assert decode_body(body, MediaType(SSML, None)) == "Grüße"
    with pytest.raises(UnreadableBody):
        decode_body(body, MediaType(JSON, None))


@pytest.mark.parametrize(
    ("declared", "sent"),
    [
        ("iso-8859-1", "iso-8859-1"),
        ("WINDOWS-1252", "cp1252"),
        ("ISO-8859-15", "iso-8859-15"),
        ("utf-8", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16", "utf-8"),  # as .NET writes strings
        ("iso-8859-1", "utf-8-sig"),
        ("cp037", "utf-8"),
    ],
)
@pytest.mark.parametrize("before", ["", "\n \t"])
def test_an_xml_declaration_names_the_charset_if_it_can_be_right(declared: str, sent: str, before: str) -> None:
    document = before + DOCUMENT.format(declared)
    assert decode_body(document.encode(sent), MediaType(SSML, None)) == document


def test_the_content_type_overrides_an_xml_declaration() -> None:
    document = DOCUMENT.format("iso-8859-1")
    assert decode_body(document.encode(), MediaType(SSML, "utf-8")) == document


def test_a_plain_text_declares_no_charset() -> None:
    document = DOCUMENT.format("iso-8859-1")
    assert decode_plain(document.encode(), None) == document


@pytest.mark.parametrize(
    ("body", "charset", "hint"),
    [
        (b"\xff", None, "name the charset in the Content-Type"),
        (b"\xc3", "utf-8", ""),
        (b"\xe9", "ascii", ""),
        (b"a", "utf-16", ""),
    ],
)
def test_undecodable_bytes_are_refused(body: bytes, charset: str | None, hint: str) -> None:
    with pytest.raises(UnreadableBody) as caught:
        decode_plain(body, charset)
    assert hint in caught.value.hint


CODECS = ["klingon", "rot13", "hex", "base64", "zip", "idna", "punycode", "unicode_escape", "é"]


@pytest.mark.parametrize("media", [PLAIN_TEXT, SSML, JSON])
@pytest.mark.parametrize("charset", CODECS)
def test_an_unsupported_charset_is_refused(media: str, charset: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="charset") as caught:
        decode_body(b"abc", MediaType(media, charset))
    assert "UTF-8" in caught.value.hint


@pytest.mark.parametrize("charset", CODECS[:-1])
def test_an_unsupported_charset_of_an_xml_declaration_is_refused(charset: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="charset"):
        decode_body(DOCUMENT.format(charset).encode(), MediaType(SSML, None))


def test_unknown_charsets_do_not_grow_the_codec_cache() -> None:
    before = dict(encodings._cache)  # type: ignore[attr-defined]
    for number in range(10):
        with pytest.raises(UnsupportedMediaType):
            decode_plain(b"abc", f"klingon-{number}")
    assert encodings._cache == before  # type: ignore[attr-defined]
