"""The option `pauses` on every route: presets, and changes of them in seconds."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.serving import analyze

TEXT = "Chapter 1\nThe Log\n\nThe tide was out. It was late.\n\nChapter 2\nThe Boat\n\nNobody came."


def read_pauses(client: httpx.Client, **fields: Any) -> list[float]:
    plan = analyze(client, text=TEXT, emotion="neutral", **fields)
    return [one["pause_after"] for one in plan["utterances"]][:-1]


def test_presets_and_changes_set_the_silence(client: httpx.Client) -> None:
    audiobook = [1.0, 1.5, 0.55, 2.5, 1.0, 1.5]
    assert read_pauses(client, pauses="audiobook") == audiobook
    assert read_pauses(client) == read_pauses(client, pauses="assistant") == read_pauses(client, pauses={})
    changed = [1.0, 1.5, 0.7, 4.0, 1.0, 1.5]
    assert read_pauses(client, pauses="audiobook,sentence=0.7,chapter=4") == changed
    assert read_pauses(client, pauses={"preset": "audiobook", "sentence": 0.7, "chapter": 4}) == changed


def test_body_query_and_openais_route_take_pauses(client: httpx.Client) -> None:
    fields: dict[str, Any] = {"pauses": "audiobook,paragraph=3", "emotion": "neutral", "seed": 0}
    posted = client.post("/synthesize", json={"text": TEXT, **fields})
    queried = client.get("/synthesize", params={"text": TEXT, **fields})
    usual = client.post("/synthesize", json={"text": TEXT, "emotion": "neutral", "seed": 0})
    assert posted.status_code == queried.status_code == 200
    assert posted.content == queried.content and len(posted.content) > len(usual.content)
    body = {"model": "tts-1", "input": TEXT, "response_format": "wav", "stream": False, "voice": "alloy", **fields}
    assert len(client.post("/v1/audio/speech", json=body).content) == len(posted.content)


def test_ssml_has_the_pauses_of_the_request(client: httpx.Client) -> None:
    ssml = "<speak><p>The tide was out. It was late.</p><p>Nobody came.</p></speak>"
    plan = analyze(client, ssml=ssml, emotion="neutral", pauses="audiobook")
    assert [one["pause_after"] for one in plan["utterances"]][:2] == [0.55, 1.2]


def test_a_line_of_signs_ends_a_scene(client: httpx.Client) -> None:
    def read(**fields: Any) -> list[float]:
        plan = analyze(client, text="It was late.\n\n* * *\n\nNobody came.", emotion="neutral", **fields)
        return [one["pause_after"] for one in plan["utterances"]]

    assert read(pauses="audiobook") == [2.0, 0.0, 0.0]
    assert read(pauses={"preset": "audiobook", "scene": 3}) == [3.0, 0.0, 0.0]
    assert read() == [0.75, 0.0, 0.0]


@pytest.mark.parametrize(
    "pauses",
    ["slow", "audiobook,paragraph=21", "paragraph", 3, [], {"paragraph": True}, {"tail": 1}, {"preset": "slow"}],
)
def test_wrong_pauses_are_refused(client: httpx.Client, pauses: object) -> None:
    response = client.post("/analyze", json={"text": TEXT, "pauses": pauses})
    assert response.status_code == 422
    assert [one["pointer"] for one in response.json()["errors"]] == ["#/pauses"]


def test_pauses_are_refused_beside_a_plan(client: httpx.Client) -> None:
    plan = analyze(client, text="The tide was out.")
    response = client.post("/analyze", json={"plan": plan, "pauses": "audiobook"})
    assert response.status_code == 422 and response.json()["errors"][0]["pointer"] == "#/pauses"
