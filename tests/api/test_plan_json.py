"""A plan survives its way through JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.plan_json import plan_from_dict, plan_to_dict
from app.plan import ClassifierName, Emotion, Plan, PlanWarning, Source, Utterance, Word

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


UTTERANCE = st.builds(
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
    blend=st.none() | st.just({Emotion.JOY: 0.6, Emotion.SURPRISE: 0.4}),
    degree=st.floats(0.01, 2),
    speed=st.floats(0.25, 4),
    volume=st.floats(0, 2),
    pause_after=SECONDS,
)
SPOKEN = st.builds(replace, UTTERANCE, start=SECONDS, end=SECONDS, words=st.lists(WORD, max_size=3).map(tuple))
PLAN = st.builds(
    Plan,
    voice=TEXT,
    classifier=st.builds(ClassifierName, TEXT, TEXT),
    utterances=st.lists(UTTERANCE | SPOKEN, max_size=3).map(tuple),
    duration_estimate=SECONDS,
    warnings=st.lists(st.builds(PlanWarning, TEXT, TEXT), max_size=2).map(tuple),
)


@given(PLAN)
def test_a_plan_comes_back_from_json_as_it_was(plan: Plan) -> None:
    assert plan_from_dict(json.loads(json.dumps(plan_to_dict(plan)))) == plan


def utterance(**changes: object) -> Utterance:
    made = Utterance(
        "Hi.", (0, 3), "Hi.", "wren", Emotion.JOY, {e: 1 / 7 for e in Emotion}, Source.CLASSIFIER, "joy", "joy", "ab"
    )
    return replace(made, **changes)


def plan(*utterances: Utterance) -> Plan:
    return Plan("wren", ClassifierName("minilm", "1"), utterances, 1.0)


def test_before_synthesis_there_are_no_times() -> None:
    data = plan_to_dict(plan(utterance()))
    assert "marks" not in data
    assert {"start", "end", "words", "ssml"}.isdisjoint(data["utterances"][0])
    assert data["utterances"][0]["blend"] is None


def test_after_synthesis_times_are_given_and_words_where_they_are_known() -> None:
    word = Word("Hi", (0, 2), 0.0, 0.3)
    with_words, without = plan_to_dict(
        plan(utterance(start=0.0, end=0.5, words=(word,)), utterance(start=0.5, end=0.9))
    )["utterances"]
    assert (with_words["start"], with_words["end"]) == (0.0, 0.5)
    assert with_words["words"] == [{"text": "Hi", "span": [0, 2], "start": 0.0, "end": 0.3}]
    assert "words" not in without


def test_what_was_first_planned_can_be_told_from_what_was_edited() -> None:
    analyzed = plan_to_dict(plan(utterance()))["utterances"][0]["analyzed"]
    assert analyzed == {"emotion": "joy", "text_sha256": hashlib.sha256(b"Hi.").hexdigest()}


def test_the_seven_probabilities_sum_to_one_after_rounding() -> None:
    probabilities = plan_to_dict(plan(utterance()))["utterances"][0]["probabilities"]
    assert list(probabilities) == [emotion.value for emotion in Emotion]
    assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)
