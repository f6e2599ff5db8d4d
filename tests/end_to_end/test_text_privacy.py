"""The log and the metrics never contain text of a request, whether it succeeds or is refused."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from tests.serving import ROOT, Server, wait_until

WORD = "Quarzuhr"
TEXT = f"The {WORD} ticks. How nice!"
SSML = f"<speak>The {WORD} ticks.<mark name='{WORD}'/><break time='{WORD}'/></speak>"
PLAN = {"utterances": [{"text": TEXT, "emotion": "joy"}]}

RequestSpec = tuple[str, str, dict[str, Any]]


def build_body(content: str, kind: str) -> dict[str, Any]:
    return {"content": content, "headers": {"Content-Type": kind}}


def build_openai_request(**fields: str) -> RequestSpec:
    return "POST", "/v1/audio/speech", {"json": {"model": "tts-1", "input": TEXT, **fields}}


SPOKEN: dict[str, RequestSpec] = {
    "JSON": ("POST", "/synthesize", {"json": {"text": TEXT}}),
    "a stream": ("POST", "/synthesize", {"json": {"text": TEXT, "stream": True}}),
    "its plan": ("POST", "/synthesize", {"json": {"text": TEXT, "timing": True}}),
    "SSML as a field": ("POST", "/synthesize", {"json": {"ssml": SSML}}),
    "SSML as the body": ("POST", "/synthesize", build_body(SSML, "application/ssml+xml")),
    "plain text": ("POST", "/synthesize?seed=3", build_body(TEXT, "text/plain")),
    "the query": ("GET", f"/synthesize?text={WORD}&emotion=joy", {}),
    "the query of a HEAD": ("HEAD", f"/synthesize?text={WORD}", {}),
    "a plan": ("POST", "/synthesize", {"json": {"plan": PLAN}}),
    "an analysis": ("POST", "/analyze", {"json": {"text": TEXT}}),
    "OpenAI": build_openai_request(**{WORD: WORD}),
    "OpenAI's instructions": build_openai_request(instructions=WORD),
    "OpenAI's events": build_openai_request(stream_format="sse"),
    "SageMaker": ("POST", "/invocations", {"json": {"text": TEXT}}),
    "another script": ("POST", "/synthesize", {"json": {"text": f"{WORD} кварц 你好 😀."}}),
    "a word of thousands of letters": ("POST", "/synthesize", {"json": {"text": WORD * 300}}),
}

REFUSED: dict[str, RequestSpec] = {
    "an unknown field": ("POST", "/synthesize", {"json": {"text": "Hi.", WORD: WORD}}),
    "a voice": ("POST", "/synthesize", {"json": {"text": "Hi.", "voice": WORD}}),
    "an emotion": ("POST", "/synthesize", {"json": {"text": "Hi.", "emotion": WORD}}),
    "broken JSON": ("POST", "/synthesize", build_body(f'{{"text": "{WORD}', "application/json")),
    "broken SSML": ("POST", "/synthesize", build_body(f"<speak><{WORD}>", "application/ssml+xml")),
    "an entity": ("POST", "/synthesize", build_body(f"<speak>&{WORD};</speak>", "application/ssml+xml")),
    "undecodable bytes": ("POST", "/synthesize", build_body(f"{WORD}\udcff", "text/plain")),
    "a form": ("POST", "/synthesize", {"data": {"text": WORD}}),
    "a media type": ("POST", "/synthesize", build_body(TEXT, f"text/{WORD}")),
    "an Accept header": ("POST", "/synthesize", {"json": {"text": TEXT}, "headers": {"Accept": f"audio/{WORD}"}}),
    "an unknown parameter": ("GET", f"/synthesize?text=Hi.&{WORD}={WORD}", {}),
    "a parameter twice": ("GET", f"/synthesize?text={WORD}&text={WORD}", {}),
    "too long a text": ("POST", "/synthesize", {"json": {"text": f"{WORD} " * 3000}}),
    "a path": ("GET", f"/{WORD}", {}),
    "a path under a route": ("GET", f"/voices/{WORD}", {}),
    "a method": (WORD.upper(), "/synthesize", {}),
    "a request id": ("GET", "/voices/x", {"headers": {"X-Request-Id": f"<{WORD}>"}}),
    "OpenAI's model": build_openai_request(model=WORD),
    "OpenAI's voice": build_openai_request(voice=WORD),
    "a model's path": ("GET", f"/v1/models/{WORD}", {}),
    "a plan's field": ("POST", "/synthesize", {"json": {"plan": {"utterances": [{"text": TEXT, WORD: 1}]}}}),
    "an analysis of nonsense": ("POST", "/analyze", build_body(f"[{WORD}]", "application/json")),
}


def read_log_and_metrics(server: Server, client: httpx.Client, since: int) -> str:
    """Return the metrics and the log after a position, in lower case."""
    return (server.log_text()[since:] + client.get("/metrics").text).lower()


def send(server: Server, client: httpx.Client, request: RequestSpec, request_id: str) -> tuple[int, dict[str, Any]]:
    """Send a request; return the status code and the log line."""
    method, path, options = request
    headers = {"X-Request-Id": request_id, **options.get("headers", {})}
    content = options.get("content")
    if content is not None:
        options = {**options, "content": content.encode("utf-8", "surrogateescape")}
    response = client.request(method, path, **{**options, "headers": headers})

    def find_lines() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in server.log_text().splitlines() if line.startswith("{")]
        return [line for line in found if line.get("request_id") == response.headers["x-request-id"]]

    wait_until(lambda: bool(find_lines()), 20, server)
    (line,) = find_lines()
    return response.status_code, line


@pytest.mark.parametrize("name", SPOKEN)
def test_spoken_text_is_in_neither_log_nor_metrics(server: Server, client: httpx.Client, name: str) -> None:
    since = len(server.log_text())
    status, line = send(server, client, SPOKEN[name], f"spoken-{list(SPOKEN).index(name)}")
    assert (status, line["status"]) == (200, 200)
    assert line["characters"] >= len(WORD) and line["ms"] > 0
    assert WORD.lower() not in read_log_and_metrics(server, client, since)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_text_is_in_neither_log_nor_metrics(server: Server, client: httpx.Client, name: str) -> None:
    since = len(server.log_text())
    status, line = send(server, client, REFUSED[name], f"refused-{list(REFUSED).index(name)}")
    assert 400 <= status < 500 and line["status"] == status
    assert line["code"] != "internal_error"
    assert WORD.lower() not in read_log_and_metrics(server, client, since)


def test_the_log_line_of_a_stream_contains_its_measurements(server: Server, client: httpx.Client) -> None:
    _, line = send(server, client, SPOKEN["a stream"], "numbers")
    assert (line["method"], line["route"], line["stream"]) == ("POST", "/synthesize", True)
    assert list(line["stages"]) == ["queue", "analyze", "acoustic", "vocoder", "encode"]
    assert (line["characters"], line["utterances"]) == (len(TEXT), sum(line["emotions"].values()))
    assert 0 < line["first_byte_ms"] <= line["ms"]
    assert line["audio_seconds"] > 0


def test_every_field_of_a_log_line_is_documented(server: Server, client: httpx.Client) -> None:
    document = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    table = document[document.index("| field | meaning |") :].partition("\n\n")[0]
    documented = {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    requests = {"fields-of-a-stream": SPOKEN["a stream"], "fields-of-an-error": REFUSED["a voice"]}
    fields = {field for name, request in requests.items() for field in send(server, client, request, name)[1]}
    assert documented == fields | {"key", "left_out"}


def test_the_logged_stages_match_the_server_timing_header(server: Server, client: httpx.Client) -> None:
    response = client.post("/synthesize", json={"text": TEXT}, headers={"X-Request-Id": "stages"})
    header = dict(part.strip().split(";dur=") for part in response.headers["server-timing"].split(","))
    wait_until(lambda: '"request_id": "stages"' in server.log_text(), 20)
    (line,) = [json.loads(one) for one in server.log_text().splitlines() if '"request_id": "stages"' in one]
    assert {name: float(value) for name, value in header.items()} == line["stages"]
