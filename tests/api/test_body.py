"""Decoding of request bodies by their charset."""

from __future__ import annotations

import encodings

import pytest

from app.api.parsing.body import decode_body
from app.errors import UnreadableBody


@pytest.mark.parametrize("charset", [None, "utf-8", "UTF-8", "latin-1", "utf-16", "cp1252", "iso-8859-15", "utf-8-sig"])
def test_the_charset_is_honoured(charset: str | None) -> None:
    assert decode_body("Grüße".encode(charset or "utf-8"), charset) == "Grüße"


def test_a_byte_order_mark_is_dropped_once() -> None:
    assert decode_body(b"\xef\xbb\xbfHi", None) == "Hi"
    assert decode_body(b"\xef\xbb\xbf\xef\xbb\xbfHi", None) == "\ufeffHi"


@pytest.mark.parametrize(
    ("body", "charset"), [(b"\xff", None), (b"\xc3", "utf-8"), (b"\xe9", "ascii"), (b"a", "utf-16")]
)
def test_undecodable_bytes_are_refused(body: bytes, charset: str | None) -> None:
    with pytest.raises(UnreadableBody):
        decode_body(body, charset)


@pytest.mark.parametrize(
    "charset", ["klingon", "rot13", "hex", "base64", "zip", "idna", "punycode", "unicode_escape", "é"]
)
def test_an_invalid_charset_is_refused(charset: str) -> None:
    with pytest.raises(UnreadableBody, match="charset"):
        decode_body(b"abc", charset)


def test_unknown_charsets_do_not_grow_the_codec_cache() -> None:
    before = dict(encodings._cache)  # type: ignore[attr-defined]
    for number in range(10):
        with pytest.raises(UnreadableBody):
            decode_body(b"abc", f"klingon-{number}")
    assert encodings._cache == before  # type: ignore[attr-defined]
