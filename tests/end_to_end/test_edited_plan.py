"""Plan, edit, render: `/synthesize` speaks a plan from `/analyze`, edited or not."""

from __future__ import annotations

import base64
import copy
from typing import Any

import httpx
import numpy as np
import pytest

from tests.serving import analyze

TEXT = (
    "The parcel came at nine — it cost $5.50. I am so happy that it is finally here!\n\n"
    "Get out of my house, right now! She was weeping by the grave. "
    + "We walked along the wall and the gulls came, "
    * 8
)
SSML = (
    '<speak><break time="300ms"/>I am <sub alias="doctor">Dr.</sub> Who &amp; <mark name="here"/>I read '
    '<say-as interpret-as="digits">404</say-as>.<break time="1s"/> <prosody rate="fast" volume="-6dB" pitch="+2st">'
    'What a day!</prosody> <mstts:express-as style="sad" styledegree="0.5">It rains.</mstts:express-as></speak>'
)
REQUESTS: list[dict[str, Any]] = [
    {"text": TEXT},
    {"text": TEXT, "emotion": "fear", "degree": 1.3, "speed": 1.1},
    {"text": "What a day! It rains.", "emotion": {"joy": 1, "surprise": 1, "fear": 1}},
    {"ssml": SSML},
    {"ssml": SSML, "emotion": {"anger": 0.7, "disgust": 0.3}},
    {"ssml": "<speak>" + f"<phoneme ph='{'tɛ' * 50}'>tea</phoneme>, " * 4 + "that is all.</speak>"},
]
TIMES = ("start", "end", "words")


def speak(client: httpx.Client, **request: Any) -> httpx.Response:
    response = client.post("/synthesize", json={"seed": 7, **request})
    assert response.status_code == 200, response.text
    return response


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_plan_without_edits_gives_the_same_bytes(client: httpx.Client, request_: dict[str, Any]) -> None:
    plan = analyze(client, **request_)
    assert speak(client, plan=plan).content == speak(client, **request_).content


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_plan_without_edits_is_returned_unchanged(client: httpx.Client, request_: dict[str, Any]) -> None:
    plan = analyze(client, **request_)
    again = analyze(client, plan=plan)
    assert again["utterances"] == plan["utterances"]
    spoken = speak(client, plan=plan, timing=True).json()["plan"]
    without_times = [{name: value for name, value in one.items() if name not in TIMES} for one in spoken["utterances"]]
    assert without_times == plan["utterances"]
    assert speak(client, plan=spoken).content == speak(client, plan=plan).content


def test_every_edited_field_is_kept(client: httpx.Client) -> None:
    plan = analyze(client, text="It rains. It rains. It rains.")
    one, two, three = plan["utterances"]
    one |= {"emotion": "terrified", "degree": 1.5, "pause_after": 2.0}
    two |= {"text": "The sun shines.", "speed": 0.5, "volume": 0.25}
    three |= {"pitch": 4}
    edited = speak(client, plan=plan, timing=True).json()["plan"]["utterances"]
    assert [each["emotion"] for each in edited] == ["fear", two["emotion"], three["emotion"]]
    assert (edited[0]["source"], edited[0]["degree"], edited[0]["pause_after"]) == ("pinned", 1.5, 2.0)
    assert edited[1]["start"] == pytest.approx(edited[0]["end"] + 2.0, abs=0.001)
    assert (edited[1]["text"], edited[1]["spoken"], edited[1]["span"]) == ("The sun shines.",) * 2 + (None,)
    assert (edited[1]["speed"], edited[1]["volume"], edited[2]["pitch"]) == (0.5, 0.25, 4)
    assert all(word["span"] is None for word in edited[1]["words"])
    assert edited[0]["analyzed"] == one["analyzed"] and edited[0]["analyzed"]["emotion"] != "fear"


def test_an_utterance_with_a_seed_sounds_the_same_beside_others(client: httpx.Client) -> None:
    one, two = (
        {"text": text, "emotion": "neutral", "seed": seed} for text, seed in (("It rains.", 5), ("Come in.", 6))
    )

    def cut(*utterances: dict[str, Any]) -> dict[str, Any]:
        body = client.post(
            "/synthesize", json={"plan": {"utterances": utterances}, "timing": True, "format": "pcm"}
        ).json()
        samples, rate = np.frombuffer(base64.b64decode(body["audio"]), np.int16), body["sample_rate"]
        spoken = body["plan"]["utterances"]
        assert [each.get("seed") for each in spoken] == [each.get("seed") for each in utterances]
        return {each["text"]: samples[round(each["start"] * rate) : round(each["end"] * rate)] for each in spoken}

    first, second = cut(one, two), cut(two, one)
    other = cut(one, {**two, "seed": 7})
    for text in ("It rains.", "Come in."):
        # Chunks of the first utterance of a request are shorter, which changes the last bits.
        assert np.abs(first[text].astype(int) - second[text]).max() <= 4
    assert not np.array_equal(first["Come in."], other["Come in."])


def test_auto_runs_the_classifier_again(client: httpx.Client) -> None:
    plan = analyze(client, text="I am so happy that it is finally here!", emotion="anger")
    plan["utterances"][0]["emotion"] = "auto"
    (one,) = analyze(client, plan=plan)["utterances"]
    assert (one["emotion"], one["source"]) == ("joy", "classifier") and one["probabilities"]["joy"] > 0.5


def test_only_the_text_is_required(client: httpx.Client) -> None:
    plan = {"utterances": [{"text": "I am so happy that it is finally here!"}, {"text": "", "pause_after": 1.0}]}
    body = speak(client, plan=plan, timing=True).json()
    first, pause = body["plan"]["utterances"]
    assert first["emotion"] == "joy" and pause["end"] == pause["start"]
    assert body["duration"] == pytest.approx(pause["end"] + 1.0, abs=0.001)
    assert body["plan"]["warnings"] == []


def test_computed_fields_are_accepted_and_computed_again(client: httpx.Client) -> None:
    plan = analyze(client, text="It costs $5.")
    wrong = copy.deepcopy(plan)
    wrong["utterances"][0] |= {"spoken": "nonsense", "checkpoint": "none", "checkpoint_sha256": "0", "start": 5.0}
    wrong |= {"duration_estimate": 1e6, "classifier": {"name": "none"}, "warnings": [{"code": "x"}], "marks": [1]}
    assert analyze(client, plan=wrong) == plan


@pytest.mark.parametrize("name", ["voice", "emotion", "degree", "speed"])
def test_fields_that_a_plan_contains_are_refused_with_a_plan(client: httpx.Client, name: str) -> None:
    value = {"voice": "wren", "emotion": "joy", "degree": 1, "speed": 1}[name]
    response = client.post("/synthesize", json={"plan": {"utterances": [{"text": "Hi."}]}, name: value})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, f"#/{name}")


def test_a_mark_has_the_start_time_of_the_following_word(client: httpx.Client) -> None:
    plan = speak(client, ssml=SSML, timing=True).json()["plan"]
    (mark,) = plan["marks"]
    words = [word for one in plan["utterances"] for word in one.get("words", [])]
    following = next(word for word in words if SSML[slice(*word["span"])] == "I" and word["start"] > 0.5)
    assert (mark["name"], mark["time"]) == ("here", following["start"])


def test_words_of_ssml_have_spans_in_the_document(client: httpx.Client) -> None:
    plan = speak(client, ssml=SSML, timing=True).json()["plan"]
    words = [(word["text"], SSML[slice(*word["span"])]) for one in plan["utterances"] for word in one.get("words", [])]
    assert ("Who", "Who") in words and ("404", "404") in words and ("rains", "rains") in words
    for utterance in plan["utterances"]:
        start, end = utterance["span"]
        assert utterance["text"].split(" ")[0] in SSML[start:end]


def test_timing_returns_the_same_file_as_without_timing(client: httpx.Client) -> None:
    timed = speak(client, text="It rains.", timing=True, format="flac").json()
    assert base64.b64decode(timed["audio"]) == speak(client, text="It rains.", format="flac").content
    assert (timed["format"], timed["content_type"], timed["sample_rate"]) == ("flac", "audio/flac", 24000)
