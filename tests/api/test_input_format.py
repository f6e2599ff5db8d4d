"""The option `input_format` on every route: Markdown, HTML and plain text over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.serving import analyze

MARKDOWN = "# The Log\n\nThe tide *was* out; it costs $x^2$.\n\n```\nmake\n```"


def read_spoken(plan: dict[str, Any]) -> list[str]:
    return [one["spoken"] for one in plan["utterances"]]


def test_markdown_is_recognized_and_what_is_not_read_is_reported(client: httpx.Client) -> None:
    plan = analyze(client, text=MARKDOWN)
    assert read_spoken(plan) == ["The Log", "The tide was out; it costs x squared."]
    assert plan["utterances"][0]["pause_after"] > 0.5
    assert [one["code"] for one in plan["warnings"]] == ["dropped_code"]
    for one in plan["utterances"]:
        start, end = one["span"]
        assert MARKDOWN[start:end][0] == one["text"][0] and MARKDOWN[start:end][-1] in ("g", ".")


def test_every_format_can_be_named(client: httpx.Client) -> None:
    text = "<p># Log"
    spoken = {name: read_spoken(analyze(client, text=text, input_format=name)) for name in ("text", "markdown", "html")}
    assert spoken == {"text": ["number Log"], "markdown": ["number Log"], "html": ["number Log"]}
    assert read_spoken(analyze(client, text="# Log", input_format="text")) == ["number Log"]
    assert read_spoken(analyze(client, text="# Log", input_format="markdown")) == ["Log"]
    assert read_spoken(analyze(client, text="a &lt; b", input_format="html")) == ["a less than b"]


def test_synthesis_accepts_the_option_in_body_and_query(client: httpx.Client) -> None:
    posted = client.post("/synthesize", json={"text": "# Log", "input_format": "text", "seed": 0})
    queried = client.get("/synthesize", params={"text": "# Log", "input_format": "text"})
    as_body = client.post(
        "/synthesize?input_format=text&seed=0", content="# Log", headers={"Content-Type": "text/plain"}
    )
    read_as_markdown = client.post("/synthesize", json={"text": "# Log", "seed": 0})
    assert posted.status_code == queried.status_code == as_body.status_code == 200
    assert posted.content == queried.content == as_body.content != read_as_markdown.content


def test_openais_route_accepts_the_option(client: httpx.Client) -> None:
    body = {"model": "tts-1", "input": MARKDOWN, "response_format": "pcm", "stream": False, "seed": 0}
    short, long = (client.post("/v1/audio/speech", json=more) for more in (body, {**body, "input_format": "text"}))
    assert short.status_code == long.status_code == 200
    assert "dropped_code" in short.headers["x-warnings"] and "x-warnings" not in long.headers
    assert len(short.content) < len(long.content)


@pytest.mark.parametrize("name", ["auto", "markdown"])
def test_the_format_of_a_text_is_refused_beside_other_content(client: httpx.Client, name: str) -> None:
    plan = analyze(client, text="The tide was out.")
    for content in ({"ssml": "<speak>Out.</speak>"}, {"plan": plan}):
        response = client.post("/analyze", json={**content, "input_format": name})
        assert response.status_code == 422
        assert [one["pointer"] for one in response.json()["errors"]] == ["#/input_format"]
    speech = {"model": "tts-1", "input": "<speak>Out.</speak>", "ssml": True, "input_format": name}
    response = client.post("/v1/audio/speech", json=speech)
    assert (response.status_code, response.json()["error"]["param"]) == (400, "input_format")


def test_an_unknown_format_is_refused(client: httpx.Client) -> None:
    response = client.post("/analyze", json={"text": "The tide was out.", "input_format": "rtf"})
    assert response.status_code == 422 and response.json()["errors"][0]["pointer"] == "#/input_format"


def test_a_text_with_nothing_to_read_is_a_short_silence(client: httpx.Client) -> None:
    plan = client.post("/synthesize", json={"text": "```\nmake\n```", "timing": True}).json()["plan"]
    assert [one["code"] for one in plan["warnings"]] == ["dropped_code", "nothing_spoken"]


def test_a_plan_of_markdown_that_is_sent_back_is_unchanged(client: httpx.Client) -> None:
    plan = analyze(client, text="So $v = \\frac{1}{2}$\nand **then**:\n\n| Port | Ships |\n|---|---|\n| Kiel | 12 |")
    assert read_spoken(plan) == ["So v equals a half and then:", "Port, Ships", "Kiel, twelve"]
    assert analyze(client, plan=plan)["utterances"] == plan["utterances"]
