"""The option `lexicon` on every route, and the service's own lexicon."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.serving import analyze

READINGS = {"Siobhan": "Shivawn", "tide": "/taɪd/"}
TEXT = "Siobhan saw the Tide."


def test_the_plan_has_the_readings_and_returns_unchanged(client: httpx.Client) -> None:
    plan = analyze(client, text=TEXT, lexicon=READINGS)
    (one,) = plan["utterances"]
    assert (one["text"], one["spoken"], one["span"]) == (TEXT, "Shivawn saw the Tide.", [0, len(TEXT)])
    assert one["ssml"] == (
        '<sub alias="Shivawn">Siobhan</sub> saw the <phoneme alphabet="ipa" ph="taɪd">Tide</phoneme>.'
    )
    assert plan["warnings"] == []
    assert analyze(client, plan=plan)["utterances"] == plan["utterances"]


def test_entries_that_cannot_be_used_are_reported(client: httpx.Client) -> None:
    plan = analyze(client, text=TEXT, lexicon={"Siobhan": "/5/", "moon": ""})
    assert [one["code"] for one in plan["warnings"]] == ["lexicon_entry_ignored"] * 2
    assert plan["utterances"][0]["spoken"] == TEXT


def test_phonemes_that_the_voice_does_not_know_are_reported(client: httpx.Client) -> None:
    fields = {"text": "The tide rose.", "lexicon": {"tide": "/tɝd/"}}
    spoken = client.post("/synthesize", json={**fields, "timing": True, "seed": 0}).json()["plan"]
    for plan in (analyze(client, **fields), spoken):
        (warning,) = plan["warnings"]
        assert warning["code"] == "unread_characters" and "ɝ" in warning["detail"]


def test_synthesis_accepts_the_option_in_body_and_query(client: httpx.Client) -> None:
    query = json.dumps({"Siobhan": "Shivawn"})
    posted = client.post("/synthesize", json={"text": "Siobhan.", "lexicon": {"Siobhan": "Shivawn"}, "seed": 0})
    queried = client.get("/synthesize", params={"text": "Siobhan.", "lexicon": query})
    as_body = client.post(
        "/synthesize", params={"lexicon": query, "seed": 0}, content="Siobhan.", headers={"Content-Type": "text/plain"}
    )
    expected = client.post("/synthesize", json={"text": "Shivawn.", "seed": 0})
    plain = client.post("/synthesize", json={"text": "Siobhan.", "seed": 0})
    assert posted.status_code == queried.status_code == as_body.status_code == 200
    assert posted.content == queried.content == as_body.content == expected.content != plain.content


def test_openais_route_accepts_the_option(client: httpx.Client) -> None:
    body = {"model": "tts-1", "response_format": "pcm", "stream": False, "seed": 0}
    read = client.post("/v1/audio/speech", json={**body, "input": "Siobhan.", "lexicon": {"Siobhan": "Shivawn"}})
    expected = client.post("/v1/audio/speech", json={**body, "input": "Shivawn."})
    assert read.status_code == 200 and read.content == expected.content


def test_ssml_may_look_up_the_lexicon_of_the_request(client: httpx.Client) -> None:
    ssml = '<speak><lexicon uri="request" xml:id="r"/>Tide <lookup ref="r">tide</lookup></speak>'
    plan = analyze(client, ssml=ssml, lexicon={"tide": "tied"})
    assert [one["spoken"] for one in plan["utterances"]] == ["Tide tied"]


@pytest.mark.parametrize(
    "lexicon",
    [
        *("word", "[]", "{", '{"a": "b", "a": "c"}', "[" * 10_000),
        *([], 5, {"a": 1}, {"a": None}, {"a": {"b": "c"}}, {"a" * 101: "b"}, {"a": "b" * 101}),
        {f"word {number}": "b" for number in range(501)},
    ],
)
def test_a_wrong_lexicon_is_refused(client: httpx.Client, lexicon: Any) -> None:
    response = client.post("/analyze", json={"text": TEXT, "lexicon": lexicon})
    assert response.status_code == 422
    if len(lexicon if isinstance(lexicon, dict) else "") <= 500:
        assert [one["pointer"] for one in response.json()["errors"]] == ["#/lexicon"]


def test_the_largest_lexicon_is_accepted(client: httpx.Client) -> None:
    lexicon = {f"{number:03d}" + "w" * 97: "b" * 100 for number in range(500)}
    assert analyze(client, text=TEXT, lexicon=lexicon)["warnings"] == []


def test_the_lexicon_is_refused_beside_a_plan(client: httpx.Client) -> None:
    response = client.post("/analyze", json={"plan": analyze(client, text=TEXT), "lexicon": READINGS})
    assert response.status_code == 422
    assert [one["pointer"] for one in response.json()["errors"]] == ["#/lexicon"]


def test_a_lone_surrogate_is_refused(client: httpx.Client) -> None:
    content = b'{"text": "Out.", "lexicon": {"a": "\\ud800"}}'
    response = client.post("/analyze", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert [one["pointer"] for one in response.json()["errors"]] == ["#/lexicon"]
