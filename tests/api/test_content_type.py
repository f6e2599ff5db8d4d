"""The headers that say what a body is."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import Request

from app.api.parsing.negotiation import MAX_CONTENT_TYPE, parse_media_type, refuse_content_encoding
from app.errors import UnsupportedContentEncoding, UnsupportedMediaType
from tests.serving import service_without_models


def request(*headers: tuple[str, str]) -> Request:
    sent = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": sent})


def of_type(content_type: str) -> Request:
    return request(("content-type", content_type))


@pytest.mark.parametrize(
    ("content_type", "name", "charset"),
    [
        ("application/json", "application/json", None),
        ("Application/JSON; charset=utf-8", "application/json", "utf-8"),
        ("text/plain", "text/plain", None),
        ('text/plain; charset="iso-8859-1"', "text/plain", "iso-8859-1"),
        ("text/plain;charset=UTF-16;format=flowed", "text/plain", "UTF-16"),
        ("text/plain; charset", "text/plain", None),
        ("text/plain; Charset=utf-8; charset=ascii", "text/plain", "utf-8"),
        ('text/plain; a="x; charset=utf-16"; charset="us\\-ascii"', "text/plain", "us-ascii"),
        ("text/plain;; charset = utf-8 ;", "text/plain", "utf-8"),
        ("text/plain; charset*9=x; charset*=utf-8''ascii", "text/plain", None),
    ],
)
def test_a_known_media_type_is_taken_apart(content_type: str, name: str, charset: str | None) -> None:
    media = parse_media_type(of_type(content_type))
    assert (media.name, (media.charset or "").lower()) == (name, (charset or "").lower())


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text", "text/html", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "é/ü", ";"],
)
def test_another_media_type_is_refused(content_type: str | None) -> None:
    with pytest.raises(UnsupportedMediaType):
        parse_media_type(request() if content_type is None else of_type(content_type))


@pytest.mark.parametrize("parameters", ["charset=", 'charset="utf-8', "charset=utf 8", "=utf-8", "a=(b)", 'a="b"c'])
def test_parameters_that_cannot_be_read_are_refused(parameters: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="parameters"):
        parse_media_type(of_type(f"text/plain; {parameters}"))


def test_two_types_are_refused() -> None:
    with pytest.raises(UnsupportedMediaType, match="several"):
        parse_media_type(request(("content-type", "text/plain"), ("content-type", "application/json")))


def test_a_type_has_a_longest_length() -> None:
    start = "text/plain; charset=utf-8; a="
    longest = start + "x" * (MAX_CONTENT_TYPE - len(start))
    assert parse_media_type(of_type(longest)).charset == "utf-8"
    with pytest.raises(UnsupportedMediaType, match="1000 characters"):
        parse_media_type(of_type(f"{longest}x"))


def test_a_form_is_told_how_curl_sends_json() -> None:
    with pytest.raises(UnsupportedMediaType) as caught:
        parse_media_type(of_type("application/x-www-form-urlencoded"))
    assert "-H 'Content-Type: application/json'" in caught.value.hint


@pytest.mark.parametrize("encoding", ["", "identity", "Identity", " identity , identity"])
def test_an_uncompressed_body_is_taken(encoding: str) -> None:
    refuse_content_encoding(request(("content-encoding", encoding)))


@pytest.mark.parametrize("encoding", ["gzip", "x", "identity, br", "GZIP", "é"])
def test_a_compressed_body_is_refused(encoding: str) -> None:
    with pytest.raises(UnsupportedContentEncoding):
        refuse_content_encoding(request(("content-encoding", encoding)))


def test_a_coding_in_a_second_header_counts_too() -> None:
    with pytest.raises(UnsupportedContentEncoding, match="'deflate'"):
        refuse_content_encoding(request(("content-encoding", "identity"), ("content-encoding", "deflate")))


@pytest.mark.parametrize(
    "content_type",
    ["text/plain; charset*%s=x" % ("1" * 5000), 'text/plain; a="' + ";" * 10_000],
    ids=["digits", "long"],
)
def test_openais_route_refuses_a_hostile_type(content_type: str) -> None:
    with service_without_models() as client:
        assert refusal(client, {"Content-Type": content_type}) == (415, "unsupported_media_type", None)


def test_openais_route_refuses_a_compressed_body_with_what_it_accepts() -> None:
    with service_without_models() as client:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        assert refusal(client, headers) == (415, "unsupported_content_encoding", "identity")


def refusal(client: httpx.Client, headers: dict[str, str]) -> tuple[int, str, str | None]:
    """Status, code and Accept-Encoding of the one route that reads its body before the models are loaded."""
    answer = client.post("/v1/audio/speech", content=b"{}", headers=headers)
    return answer.status_code, answer.json()["error"]["code"], answer.headers.get("accept-encoding")
