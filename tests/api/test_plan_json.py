"""Conversion of plans to JSON and back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from app.api.schemas.request import SpeechBody, check_fields
from app.errors import InvalidRequest, UnknownEmotion
from app.planning.edited import PlanBody, UtteranceBody, convert_utterance
from app.planning.serialize import plan_to_dict
from app.types import (
    NO_SPAN,
    ClassifierId,
    Decision,
    EditedUtterance,
    Emotion,
    Plan,
    PlanFingerprint,
    PlanWarning,
    Source,
    Utterance,
    Word,
)
from tests.growth import count_calls

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SECONDS = st.integers(0, 10**9).map(lambda steps: steps / 10**5)
SPAN = st.tuples(st.integers(0, 999), st.integers(0, 999)).map(lambda pair: (min(pair), max(pair)))
WORD = st.builds(Word, TEXT, SPAN, SECONDS, SECONDS)


@st.composite
def probabilities(draw: st.DrawFn) -> dict[Emotion, float]:
    weights = [draw(st.integers(0, 1000)) for _ in Emotion]
    return {
        emotion: round((weight + 1) / (sum(weights) + 7), 6) for emotion, weight in zip(Emotion, weights, strict=True)
    }


LABELLED = st.builds(
    Utterance,
    text=TEXT,
    span=SPAN,
    spoken=TEXT,
    voice=TEXT,
    emotion=st.sampled_from(Emotion),
    probabilities=st.none() | probabilities(),
    source=st.sampled_from(Source),
    reason=TEXT,
    checkpoint=TEXT,
    checkpoint_sha256=TEXT,
    degree=st.floats(0.01, 2),
    speed=st.floats(0.25, 4),
    volume=st.floats(0, 2),
    seed=st.none() | st.integers(0, 2**32 - 1),
    pause_after=st.integers(0, 2 * 10**6).map(lambda steps: steps / 10**5),
)
BLEND = {Emotion.JOY: 0.666667, Emotion.SURPRISE: 0.333334}
BLENDED = LABELLED.map(lambda one: replace(one, emotion=Emotion.JOY, source=Source.PINNED, blend=BLEND))
UTTERANCE = LABELLED | BLENDED
SPOKEN = st.builds(replace, UTTERANCE, start=SECONDS, end=SECONDS, words=st.lists(WORD, max_size=3).map(tuple))
PLAN = st.builds(
    Plan,
    voice=TEXT,
    classifier=st.builds(ClassifierId, TEXT, TEXT),
    utterances=st.lists(UTTERANCE | SPOKEN, min_size=1, max_size=3).map(tuple),
    duration_estimate=SECONDS,
    warnings=st.lists(st.builds(PlanWarning, TEXT, TEXT), max_size=2).map(tuple),
)


@given(PLAN)
def test_any_plan_survives_a_round_trip_through_json(plan: Plan) -> None:
    body = PlanBody.model_validate(json.loads(json.dumps(plan_to_dict(plan))))
    for one, back in zip(plan.utterances, body.utterances, strict=True):
        sentence, decision, _ = convert_utterance(back)
        assert decision is not None and sentence.text == one.text
        assert (decision.emotion, decision.source, decision.blend) == (one.emotion, one.source, one.blend)
        assert decision.probabilities == one.probabilities
        assert decision.reason == one.reason or not one.reason
        clause = sentence.clauses[-1]
        assert (clause.pause_after, clause.analyzed) == (one.pause_after, PlanFingerprint.of(one.emotion, one.text))
        manner = clause.manner
        assert (manner.degree, manner.speed, manner.volume) == (one.degree, one.speed, one.volume)


def convert_fields(**fields: object) -> EditedUtterance:
    return convert_utterance(UtteranceBody.model_validate(fields))


def serialize_utterance(**changes: object) -> dict[str, object]:
    (utterance,) = plan_to_dict(make_plan(make_utterance()))["utterances"]
    return {**utterance, **changes}


def test_only_the_text_is_required() -> None:
    sentence, decision, _ = convert_fields(text="It costs $5.")
    assert decision is None and sentence.clauses[0].spoken == "It costs five dollars."
    assert sentence.clauses[0].pause_after is None and sentence.clauses[0].start == NO_SPAN


def test_null_means_the_default_in_every_field() -> None:
    whole = dict.fromkeys(PlanBody.model_fields.keys() - {"utterances"})
    one = dict.fromkeys(UtteranceBody.model_fields.keys() - {"text"})
    sent, bare = (PlanBody.model_validate({"utterances": [{"text": "Hi.", **more}]}) for more in (one, {}))
    assert PlanBody.model_validate({**whole, "utterances": [{"text": "Hi."}]}) == bare
    assert convert_utterance(sent.utterances[0]) == convert_utterance(bare.utterances[0])


def test_markup_without_effect_in_a_plan_gives_a_warning() -> None:
    assert convert_fields(text="Hi.", ssml="<emphasis>Hi.</emphasis>").warnings
    assert not convert_fields(text="Hi.", ssml='<sub alias="Hello.">Hi.</sub>').warnings


def test_an_edited_emotion_is_pinned_and_auto_is_labelled_again() -> None:
    decision = convert_fields(**serialize_utterance(emotion="terrified")).decision
    assert decision == Decision(
        Emotion.FEAR, Source.PINNED, "fear, pinned by the plan", dict.fromkeys(Emotion, 0.142857)
    )
    assert convert_fields(**serialize_utterance(emotion="auto"))[1] is None


def test_an_edited_text_loses_its_span() -> None:
    kept = convert_fields(**serialize_utterance()).sentence
    edited = convert_fields(**serialize_utterance(text="Hello.")).sentence
    assert (kept.start, kept.end) == (0, 3)
    assert (edited.start, edited.clauses[0].start) == (NO_SPAN, NO_SPAN)


@pytest.mark.parametrize(
    ("changes", "emotion"),
    [
        ({"blend": {"anger": 0.8, "joy": 0.2}}, Emotion.ANGER),
        ({"blend": {"anger": 0.8, "joy": 0.2}, "emotion": "fear"}, Emotion.FEAR),
        ({"blend": {"anger": 0.8, "joy": 0.2}, "emotion": None}, Emotion.ANGER),
        ({"blend": {"anger": 0.2, "joy": 0.8}}, Emotion.JOY),
    ],
)
def test_the_edited_one_of_emotion_and_blend_applies(changes: dict[str, object], emotion: Emotion) -> None:
    decision = convert_fields(**serialize_utterance(**changes)).decision
    assert decision is not None and (decision.emotion, decision.source) == (emotion, Source.PINNED)


@pytest.mark.parametrize("emotion", ["auto", "sadness", "joy:0.6,surprise:0.4"])
def test_conflicting_emotion_and_blend_are_refused_if_it_is_unknown_which_was_edited(emotion: str) -> None:
    with pytest.raises(InvalidRequest, match="largest weight"):
        convert_fields(text="Hi.", emotion=emotion, blend={"joy": 0.6, "surprise": 0.4})


@pytest.mark.parametrize("emotion", ["auto", "joy", None])
@pytest.mark.parametrize("was_analyzed", [False, True])
def test_an_unknown_emotion_in_a_blend_is_refused_whatever_the_emotion(was_analyzed: bool, emotion: str | None) -> None:
    analyzed = serialize_utterance()["analyzed"] if was_analyzed else None
    with pytest.raises(UnknownEmotion):
        convert_fields(text="Hi.", emotion=emotion, blend={"joy": 0.9, "nope": 0.1}, analyzed=analyzed)


def test_an_empty_blend_is_refused() -> None:
    with pytest.raises(ValidationError):
        UtteranceBody(text="Hi.", blend={})


def test_markup_of_another_text_is_not_parsed() -> None:
    text = "The parcel came at 9:30 on May 5, 2024, and cost $12.50. " * 20
    ssml = f"{text}<sub alias='Too.'>Two.</sub>"
    calls = count_calls(lambda: convert_fields(text=f"{text}Two.", ssml=ssml))
    assert count_calls(lambda: convert_fields(text="One.", ssml=ssml)) < calls / 3


def test_a_long_text_is_split_into_clauses_with_the_pause_after_the_last() -> None:
    sentence, _, _ = convert_fields(text="We walked along the wall, and the gulls followed us. " * 12, pause_after=2.0)
    assert len(sentence.clauses) > 1
    assert [one.pause_after for one in sentence.clauses] == [None] * (len(sentence.clauses) - 1) + [2.0]


LONG = "We walked along the wall, and the gulls followed us. " * 12


@pytest.mark.parametrize(
    "ssml", [f"<speak>{LONG}</speak>", f"{LONG}<sub alias='The end.'>End.</sub>"], ids=["plain", "marked"]
)
def test_a_long_text_with_markup_is_split_into_clauses_like_any_other(ssml: str) -> None:
    text = LONG.strip() + " End." * ("End." in ssml)
    sentence, _, _ = convert_fields(text=text, ssml=ssml, pause_after=2.0, speed=0.5)
    assert all(0 < len(one.spoken) <= 250 for one in sentence.clauses)
    assert " ".join(one.text for one in sentence.clauses) == text
    assert [one.pause_after for one in sentence.clauses] == [None] * (len(sentence.clauses) - 1) + [2.0]
    assert {one.manner.speed for one in sentence.clauses} == {0.5}
    assert sentence.clauses[-1].spoken.endswith("The end.") is ("End." in ssml)


def make_utterance(**changes: object) -> Utterance:
    utterance = Utterance(
        "Hi.", (0, 3), "Hi.", "wren", Emotion.JOY, dict.fromkeys(Emotion, 1 / 7), Source.CLASSIFIER, "joy", "joy", "ab"
    )
    return replace(utterance, **changes)


def make_plan(*utterances: Utterance) -> Plan:
    return Plan("wren", ClassifierId("minilm", "1"), utterances, 1.0)


def test_before_synthesis_there_are_no_times() -> None:
    data = plan_to_dict(make_plan(make_utterance()))
    assert "marks" not in data
    assert {"start", "end", "words", "ssml"}.isdisjoint(data["utterances"][0])
    assert data["utterances"][0]["blend"] is None


def test_after_synthesis_times_are_given_and_words_if_they_are_known() -> None:
    word = Word("Hi", (0, 2), 0.0, 0.3)
    with_words, without = plan_to_dict(
        make_plan(make_utterance(start=0.0, end=0.5, words=(word,)), make_utterance(start=0.5, end=0.9))
    )["utterances"]
    assert (with_words["start"], with_words["end"]) == (0.0, 0.5)
    assert with_words["words"] == [{"text": "Hi", "span": [0, 2], "start": 0.0, "end": 0.3}]
    assert "words" not in without


def test_a_plan_records_the_analyzed_emotion_and_text_so_that_edits_are_detected() -> None:
    analyzed = plan_to_dict(make_plan(make_utterance()))["utterances"][0]["analyzed"]
    assert analyzed == {"emotion": "joy", "text_sha256": hashlib.sha256(b"Hi.").hexdigest()}


def test_the_seven_probabilities_sum_to_one_after_rounding() -> None:
    probabilities = plan_to_dict(make_plan(make_utterance()))["utterances"][0]["probabilities"]
    assert list(probabilities) == [emotion.value for emotion in Emotion]
    assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("body", "pointer", "model"),
    [
        ({"text": "Hi.", "loud": 1}, "#/loud", SpeechBody),
        ({"plan": {"utterances": [{"text": "Hi."}], "loud": 1}}, "#/plan/loud", PlanBody),
        ({"plan": {"utterances": [{"text": "Hi.", "loud": 1}]}}, "#/plan/utterances/0/loud", UtteranceBody),
    ],
)
def test_the_error_for_an_unknown_field_lists_the_known_ones(
    body: dict[str, object], pointer: str, model: type[BaseModel]
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_fields(body)
    (field,) = caught.value.fields
    assert (field.pointer, field.detail) == (
        pointer,
        f"unknown field; known are {', '.join(sorted(model.model_fields))}",
    )
