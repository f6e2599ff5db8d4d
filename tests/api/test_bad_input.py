"""Whatever a client sends, it gets a typed answer, and the service goes on."""

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
class Bad:
    """A request that is wrong, and the answer that it deserves."""

    name: str
    status: int
    code: str
    body: bytes | None = b'{"text": "Hi."}'
    type: str | None = JSON
    path: str = "/synthesize"
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)
    pointers: tuple[str, ...] | None = None


def fields(name: str, pointer: str, status: int = 422, code: str = "invalid_request", **values: Any) -> Bad:
    """JSON whose fields are wrong."""
    return Bad(name, status, code, json.dumps({"text": "Hi.", **values}).encode(), pointers=(pointer,))


def raw(name: str, body: str | bytes, status: int = 400, code: str = "unreadable_body", **more: Any) -> Bad:
    """A body that is wrong."""
    return Bad(name, status, code, body.encode() if isinstance(body, str) else body, **more)


BAD = [
    raw("empty text", '{"text": ""}', 422, "empty_text"),
    raw("blank text", '{"text": " \\t\\n\\u00a0\\u3000"}', 422, "empty_text"),
    raw("only a byte order mark", '{"text": "\\ufeff"}', 422, "empty_text"),
    raw("empty plain text", b"", 422, "empty_text", type=PLAIN),
    raw("blank plain text", b" \r\n", 422, "empty_text", type=PLAIN),
    raw("text over the limit", json.dumps({"text": "a" * 20_001}), 413, "text_too_long"),
    raw("plain text over the limit", b"a" * 20_001, 413, "text_too_long", type=PLAIN),
    raw("text of white space over the limit", b" " * 20_001, 413, "text_too_long", type=PLAIN),
    raw("no text", "{}", 422, "invalid_request", pointers=("#/text",)),
    fields("text is null", "#/text", text=None),
    fields("text is a number", "#/text", text=1),
    fields("text is a list", "#/text", text=["Hi"]),
    fields("voice is a number", "#/voice", voice=1),
    fields("emotion is an empty object", "#/emotion", emotion={}),
    fields("emotion is a list", "#/emotion", emotion=["joy"]),
    fields("emotion with a weight of nothing", "#/emotion", emotion={"joy": 0}),
    fields("emotion with a weight in words", "#/emotion", emotion={"joy": "much"}),
    fields("emotion with a boolean weight", "#/emotion", emotion={"joy": True}),
    fields("emotion with an endless weight", "#/emotion", emotion={"joy": 1e300}),
    fields("degree is a boolean", "#/degree", degree=True),
    fields("degree is a string", "#/degree", degree="1"),
    fields("degree too small", "#/degree", degree=0),
    fields("speed too large", "#/speed", speed=5),
    fields("format unknown", "#/format", format="wma"),
    fields("timing is a number", "#/timing", timing=1),
    fields("strict is a string", "#/strict", strict="true"),
    fields("seed negative", "#/seed", seed=-1),
    fields("seed fractional", "#/seed", seed=1.5),
    fields("seed over 32 bits", "#/seed", seed=2**32),
    fields("an unknown field", "#/loud", loud=True),
    raw(
        "a number beyond floats",
        '{"text": "Hi.", "degree": 1e400}',
        422,
        "invalid_request",
        pointers=("#/degree",),
    ),
    raw("an integer of 5000 digits", '{"text": "Hi.", "seed": %s}' % ("9" * 5000), 422, "invalid_request"),
    raw("a surrogate alone", '{"text": "Hi \\ud800"}', 422, "invalid_request", pointers=("#/text",)),
    raw("an unknown field of a surrogate", '{"text": "Hi", "\\udc00": 1}', 422, "invalid_request"),
    raw("a field twice", '{"text": "a", "text": "b"}', 422, "invalid_request", pointers=("#/text",)),
    raw("a list", "[]", 422, "invalid_request"),
    raw("a string", '"Hi."', 422, "invalid_request"),
    raw("null", "null", 422, "invalid_request"),
    raw("no body", b""),
    raw("not a number", '{"text": "Hi.", "degree": NaN}'),
    raw("infinity", '{"text": "Hi.", "degree": -Infinity}'),
    raw("truncated JSON", '{"text": "Hi'),
    raw("two values", '{"text": "Hi."} {}'),
    raw("a line break inside a string", '{"text": "a\nb"}'),
    raw("broken UTF-8 in JSON", b'{"text": "\xff"}'),
    raw("broken UTF-8 in a text", b"Hi \xc3", type=PLAIN),
    raw("JSON in UTF-16", '{"text": "Hi."}'.encode("utf-16")),
    raw("deep nesting of lists", "[" * 500_000),
    raw("deep nesting of objects", '{"a":' * 100_000),
    raw("an unknown charset", b"Hi.", type="text/plain; charset=klingon"),
    raw("a charset that is none", b"Hi.", type="text/plain; charset=rot13"),
    raw("bytes outside the charset", b"\xe9", type="text/plain; charset=ascii"),
    raw("a body over the limit", b'{"text": "' + b"a" * (5 * MIB) + b'"}', 413, "body_too_large"),
    raw("a plain body over the limit", b"a" * (5 * MIB), 413, "body_too_large", type=PLAIN),
    Bad("no Content-Type", 415, "unsupported_media_type", type=None),
    Bad("a form", 415, "unsupported_media_type", b"text=Hi", "application/x-www-form-urlencoded"),
    Bad("a file form", 415, "unsupported_media_type", b"--x--", "multipart/form-data; boundary=x"),
    Bad("SSML without a text", 422, "empty_text", b"<speak/>", SSML),
    Bad("SSML that is not XML", 422, "invalid_ssml", b"<speak>Hi", SSML),
    Bad("SSML with a document type", 422, "invalid_ssml", b"<!DOCTYPE speak><speak>Hi</speak>", SSML),
    Bad("SSML with an unknown voice", 404, "voice_not_found", b'<speak><voice name="x">Hi</voice></speak>', SSML),
    fields("text beside SSML", "#/ssml", ssml="<speak>Hi</speak>"),
    fields("text beside a plan", "#/plan", plan={"utterances": [{"text": "Hi"}]}),
    fields("a rate that the format has not", "#/sample_rate", format="opus", sample_rate=22050),
    fields("a rate below all", "#/sample_rate", sample_rate=7999),
    raw("nothing to speak", "{}", 422, "invalid_request"),
    raw("a plan without utterances", '{"plan": {"utterances": []}}', 422, "invalid_request"),
    raw(
        "a plan with an unknown field", '{"plan": {"utterances": [{"text": "Hi", "loud": 1}]}}', 422, "invalid_request"
    ),
    raw(
        "a plan with a voice beside it",
        '{"voice": "wren", "plan": {"utterances": [{"text": "Hi"}]}}',
        422,
        "invalid_request",
    ),
    raw(
        "a plan with an unknown voice",
        '{"plan": {"utterances": [{"text": "Hi", "voice": "x"}]}}',
        404,
        "voice_not_found",
    ),
    raw(
        "a plan with an unknown emotion",
        '{"plan": {"utterances": [{"text": "Hi"}, {"text": "Hi", "emotion": "x"}]}}',
        422,
        "unknown_emotion",
        pointers=("#/plan/utterances/1",),
    ),
    raw(
        "a plan with an unknown emotion in a blend",
        '{"plan": {"utterances": [{"text": "Hi", "emotion": "auto", "blend": {"x": 1}}]}}',
        422,
        "unknown_emotion",
    ),
    raw(
        "a plan over the limit, which would take long to read",
        json.dumps({"plan": {"utterances": [{"text": "$1 " * 1_000_000}]}}),
        413,
        "text_too_long",
    ),
    raw("a field too many", json.dumps(dict.fromkeys(map(str, range(200_000)))), 422, "invalid_request"),
    Bad(
        "a Content-Type of 5000 digits",
        415,
        "unsupported_media_type",
        type="text/plain; charset*%s=x" % ("1" * 5000),
    ),
    Bad("a Content-Type of many parameters", 415, "unsupported_media_type", type='text/plain; a="' + ";" * 10_000),
    Bad("a compressed body", 415, "unsupported_content_encoding", headers={"Content-Encoding": "gzip"}),
    Bad("nonsense for a Content-Type", 415, "unsupported_media_type", type=";;;"),
    fields("an unknown voice", "", 404, "voice_not_found", voice="nobody"),
    fields("an empty voice", "", 404, "voice_not_found", voice=""),
    fields("a voice that is a path", "", 404, "voice_not_found", voice="../../etc/passwd"),
    fields("an unknown emotion", "", 422, "unknown_emotion", emotion="hungry"),
    fields("an empty emotion", "", 422, "unknown_emotion", emotion=""),
    Bad("an Accept that we cannot serve", 406, "not_acceptable", headers={"Accept": "image/png"}),
    Bad("an Accept that is nonsense", 406, "not_acceptable", headers={"Accept": ";;q=,"}),
    Bad("an Accept that refuses everything", 406, "not_acceptable", headers={"Accept": "*/*;q=0"}),
    Bad("a query beside JSON", 422, "invalid_request", path="/synthesize?emotion=joy", pointers=("#/emotion",)),
    *(
        Bad(f"query {query}", 422, "invalid_request", b"Hi.", PLAIN, f"/synthesize?{query}")
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
    Bad("an unknown voice in the query", 404, "voice_not_found", b"Hi.", PLAIN, "/synthesize?voice=%00"),
    Bad("the wrong method", 405, "method_not_allowed", method="PUT"),
    Bad("GET without a text", 422, "invalid_request", None, None, method="GET"),
    Bad("GET with a plan", 422, "invalid_request", None, None, "/synthesize?plan=%7B%7D", method="GET"),
    Bad("an invented method", 405, "method_not_allowed", method="SPEAK"),
    Bad("an unknown path", 404, "not_found", path="/speak"),
    Bad("a slash too many", 404, "not_found", path="/synthesize/"),
    Bad("an unknown voice's page", 404, "voice_not_found", None, None, "/voices/nobody", "GET"),
    Bad("broken percent-encoding", 404, "voice_not_found", None, None, "/voices/%ff%zz", "GET"),
    Bad("a path that climbs", 404, "not_found", None, None, "/voices/..%2f..%2fetc%2fpasswd", "GET"),
]


def send(client: httpx.Client, bad: Bad, path: str) -> httpx.Response:
    headers = {**bad.headers, **({} if bad.type is None else {"Content-Type": bad.type})}
    return client.request(bad.method, path, content=bad.body, headers=headers)


def check(answer: httpx.Response, bad: Bad) -> None:
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (bad.status, bad.code), problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail", "code", "hint", "request_id"}
    assert (problem["status"], problem["type"]) == (bad.status, f"/errors/{bad.code}")
    assert problem["title"] == TITLES[bad.code]
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["detail"] and problem["title"]
    assert all(set(error) == {"detail", "pointer"} for error in problem.get("errors", ()))
    if bad.pointers and bad.pointers != ("",):
        assert tuple(error["pointer"] for error in problem["errors"]) == bad.pointers


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_bad_input_to_synthesize_is_a_typed_error(client: httpx.Client, bad: Bad) -> None:
    check(send(client, bad, bad.path), bad)


@pytest.mark.parametrize(
    "bad",
    [
        bad
        for bad in BAD
        if bad.path.startswith("/synthesize")
        and bad.method != "GET"
        and bad.code not in ("not_acceptable", "not_found")
    ],
    ids=lambda bad: bad.name,
)
def test_bad_input_to_analyze_is_the_same_error(client: httpx.Client, bad: Bad) -> None:
    check(send(client, bad, bad.path.replace("/synthesize", "/analyze")), bad)


@pytest.fixture(scope="module", autouse=True)
def still_speaks(client: httpx.Client, server: Server) -> Iterator[None]:
    """After everything in this file: one process, one voice, no fault of its own."""
    yield
    assert client.post("/synthesize", json={"text": "Still here."}).status_code == 200
    assert server.process.poll() is None
    assert "internal_error" not in server.log_text()


def test_a_body_without_a_length_is_cut_off_at_the_limit(client: httpx.Client) -> None:
    chunks = (b"a" * MIB for _ in range(6))
    answer = client.post("/synthesize", content=chunks, headers={"Content-Type": PLAIN})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("path", ["/synthesize", "/analyze", "/invocations"])
def test_a_compressed_body_is_told_what_is_accepted(client: httpx.Client, path: str) -> None:
    zipped = gzip.compress(b'{"text": "Hi."}')
    answer = client.post(path, content=zipped, headers={"Content-Type": JSON, "Content-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")


def test_a_body_that_says_to_be_too_large_is_refused_before_it_comes(server: Server) -> None:
    """The headers alone are answered: nothing of the body is sent."""
    head = (
        f"POST /synthesize HTTP/1.1\r\nHost: localhost\r\nContent-Type: {PLAIN}\r\nContent-Length: {50 * MIB}\r\n\r\n"
    )
    assert b" 413 " in talk(server, head.encode()).split(b"\r\n")[0]


def test_a_client_that_sends_half_a_body_and_leaves_does_no_harm(server: Server, client: httpx.Client) -> None:
    head = f"POST /synthesize HTTP/1.1\r\nHost: localhost\r\nContent-Type: {PLAIN}\r\nContent-Length: 100\r\n\r\nhalf"
    with connect(server) as connection:
        connection.sendall(head.encode())
    assert client.get("/ready").status_code == 200


def connect(server: Server) -> socket.socket:
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname, address.port or 80), timeout=20)


def talk(server: Server, data: bytes) -> bytes:
    with connect(server) as connection:
        connection.sendall(data)
        return connection.recv(65536)


def test_order_of_checks(client: httpx.Client) -> None:
    """The first thing that is wrong is told, in a fixed order."""
    wrong: dict[str, Any] = {"text": " " * 20_001, "voice": "nobody", "emotion": "hungry", "degree": 9}
    accept = {"Accept": "image/png"}

    def code(**changes: Any) -> str:
        wrong.update(changes)
        answer = client.post("/synthesize", json=wrong, headers=accept)
        return str(answer.json()["code"])

    assert code() == "invalid_request"
    assert code(degree=1) == "text_too_long"
    assert code(text=" ") == "empty_text"
    assert code(text="Hi.") == "voice_not_found"
    assert code(voice=None) == "unknown_emotion"
    assert code(emotion=None) == "not_acceptable"


def test_hints_help(client: httpx.Client) -> None:
    voice = client.post("/synthesize", json={"text": "Hi.", "voice": "wrem"}).json()
    assert "wren" in voice["hint"] + voice["detail"]
    emotion = client.post("/synthesize", json={"text": "Hi.", "emotion": "hapy"}).json()
    assert "happy" in emotion["hint"] + emotion["detail"]
    long = client.post("/synthesize", json={"text": "a" * 20_001}).json()
    assert "20000" in long["detail"]
    form = client.post("/synthesize", data={"text": "Hi."}).json()
    assert "-H 'Content-Type: application/json'" in form["hint"]
