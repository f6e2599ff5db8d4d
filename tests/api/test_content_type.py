"""The Content-Type and Content-Encoding headers of requests."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import Request

from app.api.parsing.body import MAX_CONTENT_TYPE, parse_media_type, refuse_content_encoding
from app.errors import UnsupportedContentEncoding, UnsupportedMediaType
from tests.serving import service_without_models


def make_request(*headers: tuple[str, str]) -> Request:
    raw_headers = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw_headers})


def make_request_of_type(content_type: str) -> Request:
    return make_request(("content-type", content_type))


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
def test_a_known_media_type_is_parsed(content_type: str, name: str, charset: str | None) -> None:
    media = parse_media_type(make_request_of_type(content_type))
    assert (media.name, (media.charset or "").lower()) == (name, (charset or "").lower())


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text", "text/html", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "é/ü", ";"],
)
def test_an_unsupported_media_type_is_refused(content_type: str | None) -> None:
    with pytest.raises(UnsupportedMediaType):
        parse_media_type(make_request() if content_type is None else make_request_of_type(content_type))


@pytest.mark.parametrize("parameters", ["charset=", 'charset="utf-8', "charset=utf 8", "=utf-8", "a=(b)", 'a="b"c'])
def test_malformed_parameters_are_refused(parameters: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="parameters"):
        parse_media_type(make_request_of_type(f"text/plain; {parameters}"))


def test_two_content_type_headers_are_refused() -> None:
    with pytest.raises(UnsupportedMediaType, match="several"):
        parse_media_type(make_request(("content-type", "text/plain"), ("content-type", "application/json")))


def test_the_length_of_a_content_type_is_limited() -> None:
    start = "text/plain; charset=utf-8; a="
    longest = start + "x" * (MAX_CONTENT_TYPE - len(start))
    assert parse_media_type(make_request_of_type(longest)).charset == "utf-8"
    with pytest.raises(UnsupportedMediaType, match="1000 characters"):
        parse_media_type(make_request_of_type(f"{longest}x"))


def test_the_error_for_a_form_explains_how_to_send_json_with_curl() -> None:
    with pytest.raises(UnsupportedMediaType) as caught:
        parse_media_type(make_request_of_type("application/x-www-form-urlencoded"))
    assert "-H 'Content-Type: application/json'" in caught.value.hint


@pytest.mark.parametrize("encoding", ["", "identity", "Identity", " identity , identity"])
def test_an_uncompressed_body_is_accepted(encoding: str) -> None:
    refuse_content_encoding(make_request(("content-encoding", encoding)))


@pytest.mark.parametrize("encoding", ["gzip", "x", "identity, br", "GZIP", "é"])
def test_a_compressed_body_is_refused(encoding: str) -> None:
    with pytest.raises(UnsupportedContentEncoding):
        refuse_content_encoding(make_request(("content-encoding", encoding)))


def test_a_coding_in_a_second_header_is_refused() -> None:
    with pytest.raises(UnsupportedContentEncoding, match="'deflate'"):
        refuse_content_encoding(make_request(("content-encoding", "identity"), ("content-encoding", "deflate")))


@pytest.mark.parametrize(
    "content_type",
    ["text/plain; charset*%s=x" % ("1" * 5000), 'text/plain; a="' + ";" * 10_000],
    ids=["digits", "long"],
)
def test_the_openai_route_refuses_a_hostile_content_type(content_type: str) -> None:
    with service_without_models() as client:
        assert request_speech(client, {"Content-Type": content_type}) == (415, "unsupported_media_type", None)


def test_the_openai_route_refuses_a_compressed_body_with_the_accepted_encoding() -> None:
    with service_without_models() as client:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        assert request_speech(client, headers) == (415, "unsupported_content_encoding", "identity")


def request_speech(client: httpx.Client, headers: dict[str, str]) -> tuple[int, str, str | None]:
    """Return status, code and Accept-Encoding of the one route that reads its body before the models are loaded."""
    response = client.post("/v1/audio/speech", content=b"{}", headers=headers)
    return response.status_code, response.json()["error"]["code"], response.headers.get("accept-encoding")
