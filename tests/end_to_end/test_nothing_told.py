"""A marked word goes in through every door, spoken or refused; neither the log nor the counters ever say it."""

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

Door = tuple[str, str, dict[str, Any]]


def typed(content: str, kind: str) -> dict[str, Any]:
    return {"content": content, "headers": {"Content-Type": kind}}


def openai(**fields: str) -> Door:
    return "POST", "/v1/audio/speech", {"json": {"model": "tts-1", "input": TEXT, **fields}}


SPOKEN: dict[str, Door] = {
    "JSON": ("POST", "/synthesize", {"json": {"text": TEXT}}),
    "a stream": ("POST", "/synthesize", {"json": {"text": TEXT, "stream": True}}),
    "its plan": ("POST", "/synthesize", {"json": {"text": TEXT, "timing": True}}),
    "SSML as a field": ("POST", "/synthesize", {"json": {"ssml": SSML}}),
    "SSML as the body": ("POST", "/synthesize", typed(SSML, "application/ssml+xml")),
    "plain text": ("POST", "/synthesize?seed=3", typed(TEXT, "text/plain")),
    "the query": ("GET", f"/synthesize?text={WORD}&emotion=joy", {}),
    "the query of a HEAD": ("HEAD", f"/synthesize?text={WORD}", {}),
    "a plan": ("POST", "/synthesize", {"json": {"plan": PLAN}}),
    "an analysis": ("POST", "/analyze", {"json": {"text": TEXT}}),
    "OpenAI": openai(**{WORD: WORD}),
    "OpenAI's instructions": openai(instructions=WORD),
    "OpenAI's events": openai(stream_format="sse"),
    "SageMaker": ("POST", "/invocations", {"json": {"text": TEXT}}),
    "another script": ("POST", "/synthesize", {"json": {"text": f"{WORD} кварц 你好 😀."}}),
    "a word of thousands of letters": ("POST", "/synthesize", {"json": {"text": WORD * 300}}),
}

REFUSED: dict[str, Door] = {
    "an unknown field": ("POST", "/synthesize", {"json": {"text": "Hi.", WORD: WORD}}),
    "a voice": ("POST", "/synthesize", {"json": {"text": "Hi.", "voice": WORD}}),
    "an emotion": ("POST", "/synthesize", {"json": {"text": "Hi.", "emotion": WORD}}),
    "broken JSON": ("POST", "/synthesize", typed(f'{{"text": "{WORD}', "application/json")),
    "broken SSML": ("POST", "/synthesize", typed(f"<speak><{WORD}>", "application/ssml+xml")),
    "an entity": ("POST", "/synthesize", typed(f"<speak>&{WORD};</speak>", "application/ssml+xml")),
    "bytes that are no text": ("POST", "/synthesize", typed(f"{WORD}\udcff", "text/plain")),
    "a form": ("POST", "/synthesize", {"data": {"text": WORD}}),
    "a media type": ("POST", "/synthesize", typed(TEXT, f"text/{WORD}")),
    "a wish for a format": ("POST", "/synthesize", {"json": {"text": TEXT}, "headers": {"Accept": f"audio/{WORD}"}}),
    "an unknown parameter": ("GET", f"/synthesize?text=Hi.&{WORD}={WORD}", {}),
    "a parameter twice": ("GET", f"/synthesize?text={WORD}&text={WORD}", {}),
    "too long a text": ("POST", "/synthesize", {"json": {"text": f"{WORD} " * 3000}}),
    "a path": ("GET", f"/{WORD}", {}),
    "a path under a route": ("GET", f"/voices/{WORD}", {}),
    "a method": (WORD.upper(), "/synthesize", {}),
    "an id of a request": ("GET", "/voices/x", {"headers": {"X-Request-Id": f"<{WORD}>"}}),
    "OpenAI's model": openai(model=WORD),
    "OpenAI's voice": openai(voice=WORD),
    "a model's path": ("GET", f"/v1/models/{WORD}", {}),
    "a plan's field": ("POST", "/synthesize", {"json": {"plan": {"utterances": [{"text": TEXT, WORD: 1}]}}}),
    "an analysis of nonsense": ("POST", "/analyze", typed(f"[{WORD}]", "application/json")),
}


def told(server: Server, client: httpx.Client, since: int) -> str:
    """What the log says behind a place in it, and the counters."""
    return (server.log_text()[since:] + client.get("/metrics").text).lower()


def knock(server: Server, client: httpx.Client, door: Door, request_id: str) -> tuple[int, dict[str, Any]]:
    """The status of the answer, and the log line of the request."""
    method, path, options = door
    headers = {"X-Request-Id": request_id, **options.get("headers", {})}
    content = options.get("content")
    if content is not None:
        options = {**options, "content": content.encode("utf-8", "surrogateescape")}
    answer = client.request(method, path, **{**options, "headers": headers})

    def lines() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in server.log_text().splitlines() if line.startswith("{")]
        return [line for line in found if line.get("request_id") == answer.headers["x-request-id"]]

    wait_until(lambda: bool(lines()), 20, server)
    (line,) = lines()
    return answer.status_code, line


@pytest.mark.parametrize("door", SPOKEN)
def test_what_is_spoken_is_not_told(server: Server, client: httpx.Client, door: str) -> None:
    since = len(server.log_text())
    status, line = knock(server, client, SPOKEN[door], f"spoken-{list(SPOKEN).index(door)}")
    assert (status, line["status"]) == (200, 200)
    assert line["characters"] >= len(WORD) and line["ms"] > 0
    assert WORD.lower() not in told(server, client, since)


@pytest.mark.parametrize("door", REFUSED)
def test_what_is_refused_is_not_told(server: Server, client: httpx.Client, door: str) -> None:
    since = len(server.log_text())
    status, line = knock(server, client, REFUSED[door], f"refused-{list(REFUSED).index(door)}")
    assert 400 <= status < 500 and line["status"] == status
    assert line["code"] != "internal_error"
    assert WORD.lower() not in told(server, client, since)


def test_the_log_line_of_speech_has_its_numbers(server: Server, client: httpx.Client) -> None:
    _, line = knock(server, client, SPOKEN["a stream"], "numbers")
    assert (line["method"], line["route"], line["stream"]) == ("POST", "/synthesize", True)
    assert list(line["stages"]) == ["queue", "analyze", "acoustic", "vocoder", "encode"]
    assert (line["characters"], line["utterances"]) == (len(TEXT), sum(line["emotions"].values()))
    assert 0 < line["first_byte_ms"] <= line["ms"]
    assert line["audio_seconds"] > 0


def test_every_field_of_a_log_line_is_documented(server: Server, client: httpx.Client) -> None:
    document = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    table = document[document.index("| field | meaning |") :].partition("\n\n")[0]
    documented = {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    doors = {"fields-of-a-stream": SPOKEN["a stream"], "fields-of-an-error": REFUSED["a voice"]}
    fields = {field for name, door in doors.items() for field in knock(server, client, door, name)[1]}
    assert documented == fields | {"key", "left_out"}


def test_the_stages_of_the_log_are_those_of_the_header(server: Server, client: httpx.Client) -> None:
    answer = client.post("/synthesize", json={"text": TEXT}, headers={"X-Request-Id": "stages"})
    header = dict(part.strip().split(";dur=") for part in answer.headers["server-timing"].split(","))
    wait_until(lambda: '"request_id": "stages"' in server.log_text(), 20)
    (line,) = [json.loads(one) for one in server.log_text().splitlines() if '"request_id": "stages"' in one]
    assert {name: float(value) for name, value in header.items()} == line["stages"]
