"""Generate requests over HTTP: hostile bodies, heads, paths and queries of every route."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from scripts.attack.bodies import make_fields, make_openai_fields, make_options, write_json
from scripts.attack.hostile import NAMES, SECRET, SIGNS, VALUES, make_ssml, make_text
from scripts.soak.wire import INJECTED, write_request

JSON, SSML, TEXT = "application/json", "application/ssml+xml", "text/plain"
OWN_ROUTES = ("/synthesize", "/analyze", "/analyze", "/invocations")
"""Analyzing costs a tenth of speaking, and reads the same body."""
OTHER_ROUTES = (
    *("/", "/health", "/ready", "/ping", "/metrics", "/voices", "/voices/wren", "/voices/wren/sample", "/ssml"),
    *("/docs", "/openapi.json", "/page/index.html", "/static-offline-docs/favicon.png", "/v1/models"),
    "/v1/models/tts-1",
    *("/v1/audio/models", "/v1/audio/voices", "/voices/reload", "/v1/text-to-speech/wren/stream-input", "/nosuch"),
)
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "G\xc9T", "X" * 300)
TRAVERSALS = (
    "/..",
    "/../../etc/passwd",
    "//",
    "/./",
    "%2e%2e/",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "%0A",
    "%0d%0a",
    "\\..",
    ";a=b",
    "?",
    "#",
    "%",
    "%zz",
    "%ff",
)
TYPES = (
    *(JSON, SSML, TEXT, "", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/xml", "*/*"),
    *(f"{JSON}; charset=utf-16", f"{TEXT}; charset=utf-7", f"{TEXT}; charset=zip", f"{TEXT}; charset*{'1' * 900}=x"),
    f'{TEXT}; a="{";" * 900}',
    *(f"{TEXT}; charset=iso-8859-1", f'{TEXT}; charset="utf\\-8"', f"{TEXT}; charset", f"{SSML};;;", "a" * 5000),
    f"{TEXT}; charset=\u00fc",
)
ACCEPTS = (
    "*/*",
    "audio/mpeg",
    "application/x-ndjson",
    "text/event-stream",
    JSON,
    "audio/*;q=nan",
    "audio/flac;q=1e-999",
    ",;q=,=",
    "a/b," * 900,
    "audio/wav;q=0",
)
RANGES = (
    "bytes=0-0",
    "bytes=-1",
    "bytes=5-2",
    "bytes=" + "9" * 400 + "-",
    "bytes=0-1,2-3",
    "items=0-",
    "bytes=--",
    "bytes=0-" + "9" * 9000,
)
TAGS = ("*", '"x"', 'W/"x"', ",,,", '"' * 900, "W/" * 500)


@dataclass(frozen=True, slots=True)
class Generated:
    """A request."""

    kind: str
    data: bytes
    is_refused: bool = False
    """Whether nothing but an error is right."""


def generate_requests(chance: random.Random) -> Iterator[Generated]:
    """Yield requests without end."""
    makers: tuple[tuple[int, Callable[[random.Random], Generated]], ...] = (
        (34, _make_speech), (14, _make_openai), (10, _make_whole_body), (10, _make_query), (8, _make_other_route),
        (8, _make_path), (8, _make_head), (4, _make_multipart), (4, _make_broken_head),
    )  # fmt: skip
    weights, functions = zip(*makers, strict=True)
    while True:
        yield chance.choices(functions, weights)[0](chance)


def _make_speech(chance: random.Random) -> Generated:
    path = chance.choice(OWN_ROUTES)
    body = write_json(chance, make_fields(chance))
    return Generated(f"JSON {path}", write_request("POST", path, body, [("Content-Type", JSON)]))


def _make_openai(chance: random.Random) -> Generated:
    body = write_json(chance, make_openai_fields(chance))
    return Generated("JSON /v1/audio/speech", write_request("POST", "/v1/audio/speech", body, [("Content-Type", JSON)]))


def _make_whole_body(chance: random.Random) -> Generated:
    media = chance.choice(TYPES)
    text = make_ssml(chance) if "xml" in media else make_text(chance)
    charset = chance.choice(("utf-8", "utf-8", "utf-16", "latin-1", "utf-8-sig"))
    query = urlencode({name: str(value)[:300] for name, value in make_options(chance).items()}, errors="replace")
    headers = [("Content-Type", media)] * chance.choice((1, 1, 1, 2))
    path = f"{chance.choice(OWN_ROUTES)}{'?' if query else ''}{query}"
    return Generated("whole body", write_request("POST", path, text.encode(charset, "replace"), headers))


def _make_query(chance: random.Random) -> Generated:
    content = ("ssml", make_ssml(chance)[:900]) if chance.random() < 0.3 else ("text", make_text(chance)[:300])
    pairs = [content, *((name, str(value)[:300]) for name, value in make_options(chance).items())]
    pairs += chance.choice(([], [], [], [content], [("plan", "{}")], [(chance.choice(NAMES)[:99], "1")]))
    query = urlencode(pairs, errors="replace")
    query = (
        query
        if chance.random() < 0.8
        else query[:-1] + chance.choice(("%", "%ff", "&" * 200, "%0d%0a" + quote(INJECTED)))
    )
    headers = [
        chance.choice(
            (
                ("Range", chance.choice(RANGES)),
                ("If-None-Match", chance.choice(TAGS)),
                ("If-Range", '"x"'),
                ("Accept", chance.choice(ACCEPTS)),
            )
        )
    ]
    method = chance.choice(("GET", "GET", "GET", "HEAD"))
    return Generated("query", write_request(method, f"/synthesize?{query}", b"", headers))


def _make_other_route(chance: random.Random) -> Generated:
    method = chance.choice(METHODS)
    body = chance.choice((b"", b"{}", b"\x00" * 1000))
    return Generated("method", write_request(method, chance.choice((*OTHER_ROUTES, *OWN_ROUTES)), body))


def _make_path(chance: random.Random) -> Generated:
    path = chance.choice(OTHER_ROUTES)
    tricks = (
        path + chance.choice(TRAVERSALS),
        "/page" + chance.choice(TRAVERSALS) + "/page/index.html",
        "/voices/" + quote(chance.choice((*NAMES, *VALUES, SECRET)), safe=""),
        "/v1/models/" + quote(chance.choice(NAMES)) + chance.choice(TRAVERSALS),
        "/static-offline-docs/" + "../" * chance.randrange(1, 9) + "etc/passwd",
        "/static-offline-docs/" + "%2e%2e%2f" * chance.randrange(1, 9) + "etc%2fpasswd",
        "/voices/wren" + chance.choice(TRAVERSALS) + "/sample",
        "http://evil.example" + path,
        "/" + "a/" * chance.choice((10, 5000)),
        path + "?" + "a=b&" * chance.choice((10, 3000)),
        path + "%0d%0a" + quote(INJECTED),
    )
    return Generated("path", write_request("GET", chance.choice(tricks)))


def _make_head(chance: random.Random) -> Generated:
    """Return a request that is right except for a field of its head."""
    odd = chance.choice(SIGNS + "\u00ff")
    headers = chance.choice(
        (
            [("Host", chance.choice(("evil.example", "", "localhost:99999999", "[::1", "127.0.0.1%00", "a" * 9000)))],
            [("X-Request-Id", chance.choice(("a" * 65, "%0d%0a" + INJECTED, SECRET * 9, odd, "{}")))],
            [("X-Amzn-SageMaker-Custom-Attributes", chance.choice(("a" * 1025, odd, "\t", INJECTED)))],
            [("Origin", chance.choice(("null", "http://evil.example", "http://localhost", odd, "a" * 9000)))],
            [("Content-Encoding", chance.choice(("gzip", "br, gzip", "identity", "identity," * 500, odd)))],
            [("Cookie", 'a="' + "\\" * 9000)],
            [("Authorization", chance.choice(("Bearer", "Bearer " + "x" * 9000, "Basic " + odd, "\t")))],
            [("Expect", chance.choice(("100-continue", "200-ok")))],
            [("X-Forwarded-For", "1.2.3.4, " * 900), ("Forwarded", 'for="[::1]"')],
            [("Accept", chance.choice(ACCEPTS))] * chance.randrange(1, 4),
            [("Upgrade", chance.choice(("websocket", "h2c"))), ("Connection", "Upgrade")],
            [(f"X-{number}", "x" * 99) for number in range(chance.choice((50, 99, 2000)))],
        )
    )  # fmt: skip
    path, media, body = chance.choice(
        (
            ("/synthesize", TEXT, SECRET.encode()),
            ("/invocations", JSON, b'{"text": "Hm."}'),
            ("/v1/audio/speech", JSON, b'{"input": "Hm."}'),
        )
    )
    is_upgrade = headers[0][0] == "Upgrade"
    return Generated(
        "head",
        write_request(
            "GET" if is_upgrade else "POST",
            path,
            b"" if is_upgrade else body,
            [("Content-Type", media), *headers, *([("Connection", "close")] if is_upgrade else [])],
        ),
    )


def _make_multipart(chance: random.Random) -> Generated:
    boundary = chance.choice(("x", "", "a" * 900, '"', "-" * 70))
    disposition = f'Content-Disposition: form-data; name="{chance.choice(NAMES)[:99]}"; filename="../x"'
    part = f"--{boundary}\r\n{disposition}\r\n\r\n{SECRET}\r\n"
    body = (part * chance.choice((1, 500)) + chance.choice(("", f"--{boundary}--"))).encode()
    path = chance.choice((*OWN_ROUTES, "/v1/audio/speech", "/voices/reload"))
    data = write_request("POST", path, body, [("Content-Type", f"multipart/form-data; boundary={boundary}")])
    return Generated("multipart", data, is_refused=True)


def _make_broken_head(chance: random.Random) -> Generated:
    """Return bytes that are no request, or whose end is ambiguous."""
    body, length = b'{"text": "Hm."}', b"Content-Length: 15"
    right = write_request("POST", "/synthesize", body, [("Content-Type", JSON)])
    lengths = (b"-1", b"+15", b"0x0f", b"9" * 30, b"1 5", b"", b"15\r\nContent-Length: 4")
    codings = (b"gzip, chunked", b"chunked, chunked", b"xchunked", b"chunked\r\nContent-Length: 15")
    chunks = (b"zz\r\n", b"-1\r\n\r\n", b"f" * 30 + b"\r\n", b"1;" + b"a" * 99_999 + b"\r\n")
    chunked = right.replace(length, b"Transfer-Encoding: chunked")
    made = (
        right.replace(b"\r\n", b"\n", chance.randrange(1, 5)),
        right.replace(length, b"Content-Length: " + chance.choice(lengths)),
        right.replace(length, b"Transfer-Encoding: " + chance.choice(codings)),
        chunked.replace(body, chance.choice(chunks)),
        right.replace(b"Host: localhost", b"Host: localhost\r\nHost: evil.example"),
        right.replace(b"Host", b" Host"),
        right.replace(b"HTTP/1.1", chance.choice((b"HTTP/9.9", b"HTTP/1.1 x", b"", b"ICY"))),
        b"\x16\x03\x01\x02\x00" + bytes(600),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /" + b"a" * chance.choice((30_000, 300_000)) + b" HTTP/1.1\r\n\r\n",
    )
    return Generated("broken head", chance.choice(made))
