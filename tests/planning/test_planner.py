"""Planning: who decides, in which order, and that the reason says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BlendUnsupported, FallbackRefused
from app.planning.decide import Expression, decide, decide_again
from app.planning.planner import Planner
from app.types import (
    Assessment,
    Blend,
    CheckpointId,
    Clause,
    Decision,
    Emotion,
    PlanWarning,
    Probabilities,
    Prosody,
    Role,
    Sentence,
    Source,
    Utterance,
    VoiceCapabilities,
)

THRESHOLD = 0.7
FULL = VoiceCapabilities("wren", {emotion: CheckpointId("base", "0" * 64) for emotion in Emotion}, {}, degree=True)
POOR = VoiceCapabilities(
    "poor",
    {emotion: CheckpointId("base", "1" * 64) for emotion in (Emotion.NEUTRAL, Emotion.JOY)},
    {Emotion.SURPRISE: (Emotion.FEAR, Emotion.JOY)},
    degree=False,
)


def sentence(number: int, clauses: int = 1) -> Sentence:
    parts = tuple(Clause("Word.", number + i, number + i + 5, "Word.") for i in range(clauses))
    return Sentence("Word.", number, number + 5, parts)


def scores(**given_scores: float) -> Probabilities:
    """Some probabilities; what is missing to 1 is shared by the others."""
    rest = [emotion for emotion in Emotion if emotion not in given_scores]
    share = (1 - sum(given_scores.values())) / len(rest)
    return {emotion: given_scores.get(emotion, share) for emotion in Emotion}


def assessed(rows: Iterable[Probabilities] | None) -> list[Assessment] | None:
    """What a classifier says that does not estimate the intensity."""
    return None if rows is None else [Assessment(row) for row in rows]


def plan_emotions(
    sentences: list[Sentence],
    rows: list[Probabilities] | tuple[Probabilities, ...] | None,
    voice: VoiceCapabilities,
    *,
    threshold: float,
    pin: Emotion | Blend | None = None,
    **manner: Any,
) -> tuple[list[Utterance], list[PlanWarning]]:
    """The whole plan at once."""
    planned = list(
        Planner(lambda _: voice, **manner).plan(sentences, decide(assessed(rows), Expression(threshold), pin))
    )
    return [one for row in planned for one in row.utterances], [one for row in planned for one in row.warnings]


def plan(*rows: Probabilities, voice: VoiceCapabilities = FULL) -> list[Utterance]:
    utterances, _ = plan_emotions([sentence(i) for i in range(len(rows))], rows, voice, threshold=THRESHOLD)
    return utterances


def test_a_confident_label_is_taken() -> None:
    (utterance,) = plan(scores(joy=0.9))
    assert (utterance.emotion, utterance.source) == (Emotion.JOY, Source.CLASSIFIER)
    assert utterance.reason == "joy at 0.90 over 0.70"


def test_a_label_under_the_threshold_is_neutral() -> None:
    (utterance,) = plan(scores(joy=0.55))
    assert utterance.emotion is Emotion.NEUTRAL
    assert utterance.reason == "joy at 0.55 under 0.70: neutral"


def test_a_pin_beats_everything_and_needs_no_classifier() -> None:
    utterances, warnings = plan_emotions([sentence(0)], None, FULL, threshold=THRESHOLD, pin=Emotion.FEAR)
    assert (utterances[0].emotion, utterances[0].source) == (Emotion.FEAR, Source.PINNED)
    assert utterances[0].probabilities is None
    assert not warnings


def test_a_pin_keeps_what_the_classifier_said() -> None:
    rows = [scores(joy=0.9)]
    utterances, _ = plan_emotions([sentence(0)], rows, FULL, threshold=THRESHOLD, pin=Emotion.FEAR)
    assert utterances[0].probabilities is rows[0]
    assert utterances[0].emotion is Emotion.FEAR


@given(st.sampled_from(Emotion), st.sampled_from([FULL, POOR]), st.integers(0, 5))
def test_a_pinned_request_speaks_one_emotion(pin: Emotion, voice: VoiceCapabilities, count: int) -> None:
    utterances, warnings = plan_emotions([sentence(i) for i in range(count)], None, voice, threshold=THRESHOLD, pin=pin)
    assert len({u.emotion for u in utterances}) == min(count, 1)
    assert len(warnings) == (count > 0 and pin not in voice.checkpoints)


def test_each_sentence_is_decided_by_itself() -> None:
    middle = plan(scores(anger=0.9), scores(disgust=0.5, anger=0.4), scores(anger=0.8))[1]
    assert (middle.emotion, middle.source) == (Emotion.NEUTRAL, Source.CLASSIFIER)


def plan_one(
    one: Sentence, assessment: Assessment, voice: VoiceCapabilities = FULL, degree: float = 1.0
) -> tuple[Utterance, ...]:
    (planned,) = Planner(lambda _: voice, degree=degree).plan([one], decide([assessment], Expression(0.3)))
    return planned.utterances


def test_the_strength_of_the_text_is_the_degree_and_the_request_multiplies_it() -> None:
    assessment = Assessment(scores(anger=0.9), 0.5)
    (utterance,) = plan_one(sentence(0), assessment)
    assert utterance.strength is not None and 0.4 < utterance.strength < 1
    assert utterance.degree == utterance.strength
    (doubled,) = plan_one(sentence(0), assessment, degree=2.0)
    assert (doubled.strength, doubled.degree) == (utterance.strength, 2 * utterance.strength)


def test_a_degree_of_markup_stands_alone() -> None:
    clause = replace(sentence(0).clauses[0], manner=Prosody(degree=0.7))
    (utterance,) = plan_one(replace(sentence(0), clauses=(clause,)), Assessment(scores(anger=0.9), 1.0), degree=2.0)
    assert utterance.degree == 0.7


def test_a_degree_never_leaves_its_range() -> None:
    (utterance,) = plan_one(sentence(0), Assessment(scores(anger=1.0), 1.0), degree=2.0)
    assert utterance.degree == 2.0


def test_a_voice_that_cannot_vary_reads_weak_emotions_neutrally_and_strong_ones_fully() -> None:
    weak, strong = Assessment(scores(joy=0.4, neutral=0.39), 0.1), Assessment(scores(joy=0.9), 0.9)
    (kept,), (dropped,) = plan_one(sentence(0), strong, POOR), plan_one(sentence(0), weak, POOR)
    assert (kept.emotion, kept.degree) == (Emotion.JOY, 1.0)
    assert dropped.emotion is Emotion.NEUTRAL and "cannot speak weakly" in dropped.reason


def test_narration_beside_a_quotation_is_weaker_than_the_quotation() -> None:
    said, tag = sentence(0, 2).clauses
    both = replace(sentence(0), clauses=(replace(said, role=Role.DIALOGUE), tag))
    quotation, narration = plan_one(both, Assessment(scores(anger=0.9), 1.0))
    assert (quotation.role, narration.role) == (Role.DIALOGUE, Role.NARRATION)
    assert quotation.emotion is narration.emotion is Emotion.ANGER
    assert narration.degree <= 0.6 * quotation.degree


def test_narration_without_a_quotation_has_the_whole_strength() -> None:
    first, second = plan_one(sentence(0, 2), Assessment(scores(anger=0.9), 1.0))
    assert first.degree == second.degree


def test_the_fallback_chain_is_tried_in_order_and_reported_once() -> None:
    rows = [scores(surprise=0.9), scores(surprise=0.95)]
    utterances, warnings = plan_emotions([sentence(0), sentence(1)], rows, POOR, threshold=THRESHOLD)
    assert [u.emotion for u in utterances] == [Emotion.JOY, Emotion.JOY]
    assert all(u.source is Source.FALLBACK and "lacks surprise: joy" in u.reason for u in utterances)
    assert [u.requested_emotion for u in utterances] == [Emotion.SURPRISE, Emotion.SURPRISE]
    assert [warning.code for warning in warnings] == ["fallback"]


def test_neutral_is_the_last_resort() -> None:
    (utterance,) = plan(scores(anger=0.9), voice=POOR)
    assert (utterance.emotion, utterance.source) == (Emotion.NEUTRAL, Source.FALLBACK)


def test_strict_refuses_a_fallback_and_names_it() -> None:
    with pytest.raises(FallbackRefused, match="no anger"):
        plan_emotions([sentence(0)], [scores(anger=0.9)], POOR, threshold=THRESHOLD, strict=True)


def test_strict_without_a_fallback_changes_nothing() -> None:
    rows = [scores(anger=0.9)]
    assert plan_emotions([sentence(0)], rows, FULL, threshold=THRESHOLD, strict=True) == plan_emotions(
        [sentence(0)], rows, FULL, threshold=THRESHOLD
    )


def test_a_degree_that_the_voice_cannot_vary_is_reported() -> None:
    utterances, warnings = plan_emotions(
        [sentence(0)], None, POOR, threshold=THRESHOLD, pin=Emotion.JOY, degree=1.5, speed=2.0
    )
    assert (utterances[0].degree, utterances[0].speed) == (1.0, 2.0)
    assert [warning.code for warning in warnings] == ["degree_unsupported"]


def test_the_clauses_of_a_sentence_share_its_decision() -> None:
    utterances, _ = plan_emotions([sentence(0, clauses=3)], [scores(fear=0.8)], FULL, threshold=THRESHOLD)
    assert [u.emotion for u in utterances] == [Emotion.FEAR] * 3
    assert [u.span for u in utterances] == [(0, 5), (1, 6), (2, 7)]


probability_rows = st.lists(
    st.lists(st.floats(0.001, 1), min_size=7, max_size=7).map(
        lambda row: {emotion: value / sum(row) for emotion, value in zip(Emotion, row, strict=True)}
    ),
    max_size=12,
)


@given(probability_rows, st.sampled_from([FULL, POOR]), st.floats(0, 1))
def test_every_utterance_can_be_spoken_and_has_a_reason(
    rows: list[Probabilities], voice: VoiceCapabilities, threshold: float
) -> None:
    sentences = [sentence(number, clauses=1 + number % 3) for number in range(len(rows))]
    utterances, _ = plan_emotions(sentences, rows, voice, threshold=threshold)
    assert len(utterances) == sum(len(one.clauses) for one in sentences)
    for utterance in utterances:
        assert utterance.emotion in voice.checkpoints
        assert utterance.checkpoint_sha256 == voice.checkpoints[utterance.emotion].sha256
        assert utterance.reason


@given(probability_rows, st.floats(0, 1))
def test_a_sentence_whose_top_label_is_neutral_is_never_given_an_emotion(
    rows: list[Probabilities], threshold: float
) -> None:
    utterances, _ = plan_emotions([sentence(i) for i in range(len(rows))], rows, FULL, threshold=threshold)
    for row, utterance in zip(rows, utterances, strict=True):
        if max(row, key=lambda emotion: row[emotion]) is Emotion.NEUTRAL:
            assert utterance.emotion is Emotion.NEUTRAL


@given(probability_rows, st.floats(0, 1))
def test_a_fallback_is_told_once_for_each_emotion_and_refused_when_strict(
    rows: list[Probabilities], threshold: float
) -> None:
    sentences = [sentence(i) for i in range(len(rows))]
    utterances, warnings = plan_emotions(sentences, rows, POOR, threshold=threshold)
    assert len({warning.detail for warning in warnings}) == len(warnings)
    assert bool(warnings) == any(u.source is Source.FALLBACK for u in utterances)
    if warnings:
        with pytest.raises(FallbackRefused):
            plan_emotions(sentences, rows, POOR, threshold=threshold, strict=True)


def marked(*manners: Prosody) -> Sentence:
    parts = tuple(Clause("Word.", i, i + 5, "Word.", manner) for i, manner in enumerate(manners))
    return Sentence("Word.", 0, 5, parts)


def test_markup_goes_before_the_request_and_the_label() -> None:
    sentence = marked(Prosody(), Prosody(emotion_spec=Emotion.FEAR, degree=1.5, speed=0.5, volume=0.5, pitch=2))
    (first, second), _ = plan_emotions([sentence], [scores(joy=0.9)], FULL, threshold=THRESHOLD, degree=0.5, speed=2.0)
    assert (first.emotion, first.source, first.degree, first.speed) == (Emotion.JOY, Source.CLASSIFIER, 0.5, 2.0)
    assert (second.emotion, second.source, second.degree) == (Emotion.FEAR, Source.PINNED, 1.5)
    assert (second.speed, second.volume, second.reason) == (1.0, 0.5, "fear, pinned by the markup")
    assert second.probabilities == first.probabilities


def test_markup_may_blend_where_the_voice_can() -> None:
    blend = {Emotion.JOY: 0.75, Emotion.SURPRISE: 0.25}
    (one,), _ = plan_emotions([marked(Prosody(emotion_spec=blend))], None, FULL, threshold=THRESHOLD, pin=Emotion.FEAR)
    assert (one.emotion, one.blend) == (Emotion.JOY, blend)
    with pytest.raises(BlendUnsupported):
        plan_emotions([marked(Prosody(emotion_spec=blend))], None, POOR, threshold=THRESHOLD, pin=Emotion.FEAR)


def test_a_pitch_is_moved_where_the_voice_can_and_told_once_where_it_cannot() -> None:
    higher = [marked(Prosody(pitch=3)), marked(Prosody(pitch=-3))]
    able = replace(FULL, pitch=True)
    utterances, warnings = plan_emotions(higher, None, able, threshold=THRESHOLD, pin=Emotion.JOY)
    assert [one.pitch for one in utterances] == [3, -3] and not warnings
    utterances, warnings = plan_emotions(higher, None, FULL, threshold=THRESHOLD, pin=Emotion.JOY)
    assert [one.pitch for one in utterances] == [0, 0]
    assert [warning.code for warning in warnings] == ["pitch_unsupported"]


def test_a_speed_that_markup_multiplies_beyond_the_range_is_limited_and_told() -> None:
    utterances, warnings = plan_emotions(
        [marked(Prosody(speed=3), Prosody(speed=0.1))], None, FULL, threshold=THRESHOLD, pin=Emotion.JOY, speed=2.0
    )
    assert [one.speed for one in utterances] == [4.0, 0.25]
    assert [warning.code for warning in warnings] == ["speed_limited"] * 2


def test_each_clause_is_spoken_by_the_voice_that_markup_names() -> None:
    planner = Planner(lambda name: POOR if name == "poor" else FULL)
    (row,) = planner.plan(
        [marked(Prosody(), Prosody(voice="poor"))], decide(assessed([scores(fear=0.9)]), Expression(THRESHOLD))
    )
    assert [(one.voice, one.emotion) for one in row.utterances] == [("wren", Emotion.FEAR), ("poor", Emotion.NEUTRAL)]
    assert [warning.code for warning in row.warnings] == ["fallback"]


def test_what_a_plan_decided_stays_and_what_it_leaves_open_is_labelled() -> None:
    kept = Decision(Emotion.SADNESS, Source.FALLBACK, "the voice lacks it")
    coming = assessed([scores(joy=0.9), scores(fear=0.9)])
    first, second, third = decide_again([None, kept, None], coming, Expression(THRESHOLD))
    assert second is kept
    assert [first.emotion, third.emotion] == [Emotion.JOY, Emotion.FEAR]
