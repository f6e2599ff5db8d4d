"""Strength, expressiveness and context over HTTP, with the shipped classifier and voice."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.serving import StartServer, analyze

STORY = (
    "The lamp went out at nine. Something moved on the stairs, slowly, one step at a time. "
    "I'm so scared, please don't leave me here! In the morning the sun was shining on the table. "
    "What a wonderful day, I love it! The shop opens at ten."
)


def select_emotional(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in plan["utterances"] if one["emotion"] != "neutral"]


def test_the_degree_of_a_labelled_sentence_is_its_strength(client: httpx.Client) -> None:
    emotional = select_emotional(analyze(client, text=STORY))
    assert len(emotional) >= 2
    assert all(one["degree"] == one["strength"] > 0 for one in emotional)


def test_neutral_sentences_have_zero_strength_and_pinned_ones_have_none(client: httpx.Client) -> None:
    plan = analyze(client, text=STORY)
    assert all(one["strength"] == 0 for one in plan["utterances"] if one["emotion"] == "neutral")
    assert {one["strength"] for one in analyze(client, text=STORY, emotion="joy")["utterances"]} == {None}


def test_fixed_strength_gives_every_emotion_the_same_degree(client: httpx.Client) -> None:
    assert {one["degree"] for one in select_emotional(analyze(client, text=STORY, strength="fixed"))} == {1.0}


def test_the_degree_of_the_request_multiplies_the_strength(client: httpx.Client) -> None:
    plain, half = (select_emotional(analyze(client, text=STORY, degree=degree)) for degree in (1.0, 0.5))
    assert [one["degree"] for one in half] == pytest.approx([0.5 * one["degree"] for one in plain])
    assert [one["strength"] for one in half] == [one["strength"] for one in plain]


def test_expressiveness_changes_threshold_and_strength(client: httpx.Client) -> None:
    none, some, more = (analyze(client, text=STORY, expressiveness=value) for value in (0, 1, 2))
    assert not select_emotional(none)
    assert len(select_emotional(more)) >= len(select_emotional(some)) > 0
    degrees = {one["text"]: one["degree"] for one in select_emotional(more)}
    assert all(degrees[one["text"]] > one["degree"] for one in select_emotional(some))


def test_a_text_sent_sentence_by_sentence_with_its_context_has_the_same_plan(client: httpx.Client) -> None:
    whole = analyze(client, text=STORY)["utterances"]
    sentences = [one["text"] for one in whole]
    alone = [analyze(client, text=one, context=sentences[:at])["utterances"] for at, one in enumerate(sentences)]
    as_text = [analyze(client, text=one, context=" ".join(sentences[:at])) for at, one in enumerate(sentences)]
    for name in ("emotion", "strength", "probabilities"):
        assert [one[name] for (one,) in alone] == [one[name] for one in whole]
        assert [one["utterances"][0][name] for one in as_text] == [one[name] for one in whole]


def test_a_context_is_not_spoken(client: httpx.Client) -> None:
    fields = {"text": "The shop opens at ten.", "emotion": "neutral", "seed": 1}
    with_context = client.post("/synthesize", json={**fields, "context": ["A very long story. " * 50]})
    assert with_context.content == client.post("/synthesize", json=fields).content


@pytest.mark.parametrize("context", [3, {"a": "b"}, ["a", 1], ["a"] * 101, "a" * 10_001, ["a" * 6000] * 2, "\ud800"])
def test_an_oversized_or_non_text_context_is_refused(client: httpx.Client, context: Any) -> None:
    body = json.dumps({"text": "Hello.", "context": context})  # a lone surrogate can be escaped but not encoded
    response = client.post("/analyze", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "#/context")


@pytest.mark.parametrize("context", [None, "", [], ["", " "], "One. Two. Three."])
def test_an_empty_or_plain_string_context_is_accepted(client: httpx.Client, context: Any) -> None:
    assert client.post("/analyze", json={"text": "Hello.", "context": context}).status_code == 200


def test_the_openai_route_accepts_the_same_fields(client: httpx.Client) -> None:
    body = {"model": "intone", "input": "Hello.", "context": ["We won!"], "expressiveness": 1.5, "strength": "fixed"}
    response = client.post("/v1/audio/speech", json=body)
    assert (response.status_code, response.headers.get("x-warnings")) == (200, None)
    refusal = client.post("/v1/audio/speech", json={**body, "expressiveness": 3})
    assert refusal.status_code == 400 and refusal.json()["error"]["param"] == "expressiveness"


def test_the_pause_between_a_quotation_and_its_tag_is_short(client: httpx.Client) -> None:
    plan = analyze(client, text='"Where have you been?" Ruth demanded. She put the keys down.', emotion="sadness")
    quotation, tag, after = plan["utterances"]
    assert [one["role"] for one in plan["utterances"]] == ["dialogue", "narration", "narration"]
    assert quotation["text"] == '"Where have you been?"' and tag["text"] == "Ruth demanded."
    assert 0 < quotation["pause_after"] <= 0.2 < tag["pause_after"]
    assert after["pause_after"] == 0


def test_a_plan_that_is_sent_back_keeps_strength_and_role(client: httpx.Client) -> None:
    plan = analyze(client, text='"I am so happy, I love you!" she said. ' + STORY)
    again = analyze(client, plan=plan)
    names = ("text", "emotion", "strength", "degree", "role", "reason")
    assert [[one[name] for name in names] for one in again["utterances"]] == [
        [one[name] for name in names] for one in plan["utterances"]
    ]


def test_the_settings_for_expression_apply_to_requests_without_such_fields(own_server: StartServer) -> None:
    server = own_server(INTONE_EXPRESSIVENESS="0", INTONE_STRENGTH="fixed")
    with httpx.Client(base_url=server.url, timeout=60) as client:
        assert not select_emotional(analyze(client, text=STORY))
        assert {one["degree"] for one in select_emotional(analyze(client, text=STORY, expressiveness=1))} == {1.0}
