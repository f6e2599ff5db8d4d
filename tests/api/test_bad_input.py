"""Invalid requests get a typed error response, and the service keeps running."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from app.errors import ERRORS
from tests.serving import Server

JSON = "application/json"
PLAIN = "text/plain"
SSML = "application/ssml+xml"
MIB = 1024 * 1024
TITLES = {kind.code: kind.title for kind in ERRORS}


@dataclass
class Case:
    """An invalid request and the error response that it must get."""

    name: str
    status: int
    code: str
    body: bytes | None = b'{"text": "Hi."}'
    type: str | None = JSON
    path: str = "/synthesize"
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)
    pointers: tuple[str, ...] | None = None
    """Pointers of the errors; None if they are not checked, and empty if the code alone names the field."""


def make_field_case(
    name: str, pointer: str | None, status: int = 422, code: str = "invalid_request", **values: Any
) -> Case:
    """Return a case whose body is JSON with an invalid field."""
    pointers = () if pointer is None else (pointer,)
    return Case(name, status, code, json.dumps({"text": "Hi.", **values}).encode(), pointers=pointers)


def make_body_case(name: str, body: str | bytes, status: int = 400, code: str = "unreadable_body", **more: Any) -> Case:
    """Return a case whose body as a whole is invalid."""
    return Case(name, status, code, body.encode() if isinstance(body, str) else body, **more)


CASES = [
    make_body_case("empty text", '{"text": ""}', 422, "empty_text"),
    make_body_case("blank text", '{"text": " \\t\\n\\u00a0\\u3000"}', 422, "empty_text"),
    make_body_case("only a byte order mark", '{"text": "\\ufeff"}', 422, "empty_text"),
    make_body_case("empty plain text", b"", 422, "empty_text", type=PLAIN),
    make_body_case("blank plain text", b" \r\n", 422, "empty_text", type=PLAIN),
    make_body_case("text over the limit", json.dumps({"text": "a" * 20_001}), 413, "text_too_long"),
    make_body_case("plain text over the limit", b"a" * 20_001, 413, "text_too_long", type=PLAIN),
    make_body_case("text of white space over the limit", b" " * 20_001, 413, "text_too_long", type=PLAIN),
    make_body_case("no text", "{}", 422, "invalid_request", pointers=("#/text",)),
    make_field_case("text is null", "#/text", text=None),
    make_field_case("text is a number", "#/text", text=1),
    make_field_case("text is a list", "#/text", text=["Hi"]),
    make_field_case("voice is a number", "#/voice", voice=1),
    make_field_case("emotion is an empty object", "#/emotion", emotion={}),
    make_field_case("emotion is a list", "#/emotion", emotion=["joy"]),
    make_field_case("emotion with a weight of zero", "#/emotion", emotion={"joy": 0}),
    make_field_case("emotion with a weight that is a string", "#/emotion", emotion={"joy": "much"}),
    make_field_case("emotion with a boolean weight", "#/emotion", emotion={"joy": True}),
    make_field_case("emotion with a huge weight", "#/emotion", emotion={"joy": 1e300}),
    make_field_case("degree is a boolean", "#/degree", degree=True),
    make_field_case("degree is a string", "#/degree", degree="1"),
    make_field_case("degree too small", "#/degree", degree=0),
    make_field_case("speed too large", "#/speed", speed=5),
    make_field_case("format unknown", "#/format", format="wma"),
    make_field_case("timing is a number", "#/timing", timing=1),
    make_field_case("strict is a string", "#/strict", strict="true"),
    make_field_case("seed negative", "#/seed", seed=-1),
    make_field_case("seed fractional", "#/seed", seed=1.5),
    make_field_case("seed over 32 bits", "#/seed", seed=2**32),
    make_field_case("an unknown field", "#/loud", loud=True),
    make_body_case(
        "a number beyond floats",
        '{"text": "Hi.", "degree": 1e400}',
        422,
        "invalid_request",
        pointers=("#/degree",),
    ),
    make_body_case("an integer of 5000 digits", '{"text": "Hi.", "seed": %s}' % ("9" * 5000), 422, "invalid_request"),
    make_body_case("a lone surrogate", '{"text": "Hi \\ud800"}', 422, "invalid_request", pointers=("#/text",)),
    make_body_case(
        "an unknown field named by a lone surrogate", '{"text": "Hi", "\\udc00": 1}', 422, "invalid_request"
    ),
    make_body_case("a duplicate field", '{"text": "a", "text": "b"}', 422, "invalid_request", pointers=("#/text",)),
    make_body_case("a list", "[]", 422, "invalid_request"),
    make_body_case("a string", '"Hi."', 422, "invalid_request"),
    make_body_case("null", "null", 422, "invalid_request"),
    make_body_case("no body", b""),
    make_body_case("not a number", '{"text": "Hi.", "degree": NaN}'),
    make_body_case("infinity", '{"text": "Hi.", "degree": -Infinity}'),
    make_body_case("truncated JSON", '{"text": "Hi'),
    make_body_case("two values", '{"text": "Hi."} {}'),
    make_body_case("a line break inside a string", '{"text": "a\nb"}'),
    make_body_case("broken UTF-8 in JSON", b'{"text": "\xff"}'),
    make_body_case("broken UTF-8 in a text", b"Hi \xc3", type=PLAIN),
    make_body_case("JSON in UTF-16", '{"text": "Hi."}'.encode("utf-16")),
    make_body_case("deep nesting of lists", "[" * 500_000),
    make_body_case("deep nesting of objects", '{"a":' * 100_000),
    Case("an unknown charset", 415, "unsupported_media_type", b"Hi.", "text/plain; charset=klingon"),
    Case("an unknown charset of JSON", 415, "unsupported_media_type", b'{"text": "Hi."}', f"{JSON}; charset=klingon"),
    Case("a codec that is not a charset", 415, "unsupported_media_type", b"Hi.", "text/plain; charset=rot13"),
    make_body_case("bytes outside the charset", b"\xe9", type="text/plain; charset=ascii"),
    make_body_case("a body over the limit", b'{"text": "' + b"a" * (5 * MIB) + b'"}', 413, "body_too_large"),
    make_body_case("a plain body over the limit", b"a" * (5 * MIB), 413, "body_too_large", type=PLAIN),
    Case("no Content-Type", 415, "unsupported_media_type", type=None),
    Case("a form", 415, "unsupported_media_type", b"text=Hi", "application/x-www-form-urlencoded"),
    Case("a multipart form", 415, "unsupported_media_type", b"--x--", "multipart/form-data; boundary=x"),
    Case("SSML without a text", 422, "empty_text", b"<speak/>", SSML),
    Case("SSML that is not XML", 422, "invalid_ssml", b"<speak>Hi", SSML),
    Case("SSML with a document type", 422, "invalid_ssml", b"<!DOCTYPE speak><speak>Hi</speak>", SSML),
    Case("SSML with an unknown voice", 404, "voice_not_found", b'<speak><voice name="x">Hi</voice></speak>', SSML),
    make_field_case("text and SSML", "#/ssml", ssml="<speak>Hi</speak>"),
    make_field_case("text and a plan", "#/plan", plan={"utterances": [{"text": "Hi"}]}),
    make_field_case("a rate that the format does not support", "#/sample_rate", format="opus", sample_rate=22050),
    make_field_case("a rate below the minimum", "#/sample_rate", sample_rate=7999),
    make_body_case("a plan without utterances", '{"plan": {"utterances": []}}', 422, "invalid_request"),
    make_body_case(
        "a plan with an unknown field", '{"plan": {"utterances": [{"text": "Hi", "loud": 1}]}}', 422, "invalid_request"
    ),
    make_body_case(
        "a plan and a voice",
        '{"voice": "wren", "plan": {"utterances": [{"text": "Hi"}]}}',
        422,
        "invalid_request",
    ),
    make_body_case(
        "a plan with an unknown voice",
        '{"plan": {"utterances": [{"text": "Hi", "voice": "x"}]}}',
        404,
        "voice_not_found",
        pointers=("#/plan/utterances/0",),
    ),
    make_body_case(
        "a plan with an unknown emotion",
        '{"plan": {"utterances": [{"text": "Hi"}, {"text": "Hi", "emotion": "x"}]}}',
        422,
        "unknown_emotion",
        pointers=("#/plan/utterances/1",),
    ),
    make_body_case(
        "a plan with an unknown emotion in a blend",
        '{"plan": {"utterances": [{"text": "Hi", "emotion": "auto", "blend": {"x": 1}}]}}',
        422,
        "unknown_emotion",
        pointers=("#/plan/utterances/0",),
    ),
    make_body_case(
        "a plan over the limit, which would take long to read",
        json.dumps({"plan": {"utterances": [{"text": "$1 " * 1_000_000}]}}),
        413,
        "text_too_long",
    ),
    make_body_case("too many fields", json.dumps(dict.fromkeys(map(str, range(200_000)))), 422, "invalid_request"),
    Case(
        "a Content-Type of 5000 digits",
        415,
        "unsupported_media_type",
        type="text/plain; charset*%s=x" % ("1" * 5000),
    ),
    Case("a Content-Type of many parameters", 415, "unsupported_media_type", type='text/plain; a="' + ";" * 10_000),
    Case("a compressed body", 415, "unsupported_content_encoding", headers={"Content-Encoding": "gzip"}),
    Case("an invalid Content-Type", 415, "unsupported_media_type", type=";;;"),
    make_field_case("an unknown voice", None, 404, "voice_not_found", voice="nobody"),
    make_field_case("an empty voice", None, 404, "voice_not_found", voice=""),
    make_field_case("a voice that is a path", None, 404, "voice_not_found", voice="../../etc/passwd"),
    make_field_case("an unknown emotion", "#/emotion", 422, "unknown_emotion", emotion="hungry"),
    make_field_case("an empty emotion", "#/emotion", 422, "unknown_emotion", emotion=""),
    Case("an Accept that cannot be satisfied", 406, "not_acceptable", headers={"Accept": "image/png"}),
    Case("an invalid Accept", 406, "not_acceptable", headers={"Accept": ";;q=,"}),
    Case("an Accept that refuses everything", 406, "not_acceptable", headers={"Accept": "*/*;q=0"}),
    Case("a query and JSON", 422, "invalid_request", path="/synthesize?emotion=joy", pointers=("#/emotion",)),
    *(
        Case(f"query {query}", 422, "invalid_request", b"Hi.", PLAIN, f"/synthesize?{query}")
        for query in (
            "seed=1&seed=1",
            "what=1",
            "text=Hi",
            "degree=nan",
            "timing=yes",
            "seed=1e3",
            "emotion=%ff",
        )
    ),
    Case("an unknown voice in the query", 404, "voice_not_found", b"Hi.", PLAIN, "/synthesize?voice=%00"),
    Case("the wrong method", 405, "method_not_allowed", method="PUT"),
    Case("GET without a text", 422, "invalid_request", None, None, method="GET"),
    Case("GET with a plan", 422, "invalid_request", None, None, "/synthesize?plan=%7B%7D", method="GET"),
    Case("an unknown method", 405, "method_not_allowed", method="SPEAK"),
    Case("an unknown path", 404, "not_found", path="/speak"),
    Case("a trailing slash", 404, "not_found", path="/synthesize/"),
    Case("an unknown voice's page", 404, "voice_not_found", None, None, "/voices/nobody", "GET"),
    Case("broken percent-encoding", 404, "voice_not_found", None, None, "/voices/%ff%zz", "GET"),
    Case("a path traversal", 404, "not_found", None, None, "/voices/..%2f..%2fetc%2fpasswd", "GET"),
]


def send(client: httpx.Client, case: Case, path: str) -> httpx.Response:
    headers = {**case.headers, **({} if case.type is None else {"Content-Type": case.type})}
    return client.request(case.method, path, content=case.body, headers=headers)


def check(response: httpx.Response, case: Case) -> None:
    problem = response.json()
    assert (response.status_code, problem["code"]) == (case.status, case.code), problem
    assert response.headers["content-type"] == "application/problem+json"
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail", "code", "hint", "request_id"}
    assert (problem["status"], problem["type"]) == (case.status, f"/errors/{case.code}")
    assert problem["title"] == TITLES[case.code]
    assert problem["request_id"] == response.headers["x-request-id"]
    assert problem["detail"] and problem["title"]
    assert all(set(error) == {"detail", "pointer"} for error in problem.get("errors", ()))
    if case.pointers is not None:
        assert tuple(error["pointer"] for error in problem.get("errors", ())) == case.pointers


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input_to_synthesize_is_a_typed_error(client: httpx.Client, case: Case) -> None:
    check(send(client, case, case.path), case)


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in CASES
        if case.path.startswith("/synthesize")
        and case.method != "GET"
        and case.code not in ("not_acceptable", "not_found")
    ],
    ids=lambda case: case.name,
)
def test_bad_input_to_analyze_is_the_same_error(client: httpx.Client, case: Case) -> None:
    check(send(client, case, case.path.replace("/synthesize", "/analyze")), case)


@pytest.fixture(scope="module", autouse=True)
def check_service_survives(client: httpx.Client, server: Server) -> Iterator[None]:
    """Check after all tests that the service still works, has not exited and has logged no internal error."""
    yield
    assert client.post("/synthesize", json={"text": "Still here."}).status_code == 200
    assert server.process.poll() is None
    assert "internal_error" not in server.log_text()


def test_a_body_without_a_length_is_refused_over_the_limit(client: httpx.Client) -> None:
    chunks = (b"a" * MIB for _ in range(6))
    response = client.post("/synthesize", content=chunks, headers={"Content-Type": PLAIN})
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("path", ["/synthesize", "/analyze", "/invocations"])
def test_a_compressed_body_is_refused_with_the_accepted_encoding(client: httpx.Client, path: str) -> None:
    zipped = gzip.compress(b'{"text": "Hi."}')
    response = client.post(path, content=zipped, headers={"Content-Type": JSON, "Content-Encoding": "gzip"})
    assert (response.status_code, response.headers["accept-encoding"]) == (415, "identity")


def test_a_content_length_over_the_limit_is_refused_before_the_body_is_sent(server: Server) -> None:
    head = (
        f"POST /synthesize HTTP/1.1\r\nHost: localhost\r\nContent-Type: {PLAIN}\r\nContent-Length: {50 * MIB}\r\n\r\n"
    )
    assert b" 413 " in exchange(server, head.encode()).split(b"\r\n")[0]


def test_the_service_survives_a_client_that_disconnects_within_a_body(server: Server, client: httpx.Client) -> None:
    head = f"POST /synthesize HTTP/1.1\r\nHost: localhost\r\nContent-Type: {PLAIN}\r\nContent-Length: 100\r\n\r\nhalf"
    with connect(server) as connection:
        connection.sendall(head.encode())
    assert client.get("/ready").status_code == 200


def connect(server: Server) -> socket.socket:
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname, address.port or 80), timeout=20)


def exchange(server: Server, data: bytes) -> bytes:
    with connect(server) as connection:
        connection.sendall(data)
        return connection.recv(65536)


def test_only_the_first_error_in_a_fixed_order_is_reported(client: httpx.Client) -> None:
    body: dict[str, Any] = {"text": " " * 20_001, "voice": "nobody", "emotion": "hungry", "degree": 9}
    accept = {"Accept": "image/png"}

    def get_code(**changes: Any) -> str:
        body.update(changes)
        response = client.post("/synthesize", json=body, headers=accept)
        return str(response.json()["code"])

    assert get_code() == "invalid_request"
    assert get_code(degree=1) == "text_too_long"
    assert get_code(text=" ") == "empty_text"
    assert get_code(text="Hi.") == "voice_not_found"
    assert get_code(voice=None) == "unknown_emotion"
    assert get_code(emotion=None) == "not_acceptable"


def test_errors_say_how_to_correct_the_request(client: httpx.Client) -> None:
    voice = client.post("/synthesize", json={"text": "Hi.", "voice": "wrem"}).json()
    assert "wren" in voice["hint"] + voice["detail"]
    emotion = client.post("/synthesize", json={"text": "Hi.", "emotion": "hapy"}).json()
    assert "happy" in emotion["hint"] + emotion["detail"]
    long = client.post("/synthesize", json={"text": "a" * 20_001}).json()
    assert "20000" in long["detail"]
    form = client.post("/synthesize", data={"text": "Hi."}).json()
    assert "-H 'Content-Type: application/json'" in form["hint"]
