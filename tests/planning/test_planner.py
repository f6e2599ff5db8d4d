"""Planning: precedence of markup, request and labels, fallbacks, and the reasons of utterances."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.capabilities import CheckpointId, VoiceCapabilities
from app.errors import BlendUnsupported, FallbackRefused
from app.planning.decide import StrengthRule, decide, decide_again, decide_explicit
from app.planning.planner import Planner
from app.types import (
    Assessment,
    Blend,
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
)

THRESHOLD = 0.7
FULL = VoiceCapabilities("wren", {emotion: CheckpointId("base", "0" * 64) for emotion in Emotion}, {}, degree=True)
POOR = VoiceCapabilities(
    "poor",
    {emotion: CheckpointId("base", "1" * 64) for emotion in (Emotion.NEUTRAL, Emotion.JOY)},
    {Emotion.SURPRISE: (Emotion.FEAR, Emotion.JOY)},
    degree=False,
)


def make_sentence(number: int, clauses: int = 1) -> Sentence:
    parts = tuple(Clause("Word.", number + i, number + i + 5, "Word.") for i in range(clauses))
    return Sentence("Word.", number, number + 5, parts)


def make_probabilities(**given_scores: float) -> Probabilities:
    """Return the given probabilities, with the rest shared equally by the other emotions."""
    rest = [emotion for emotion in Emotion if emotion not in given_scores]
    share = (1 - sum(given_scores.values())) / len(rest)
    return {emotion: given_scores.get(emotion, share) for emotion in Emotion}


def make_assessments(rows: Iterable[Probabilities] | None) -> list[Assessment] | None:
    """Return assessments of a classifier that does not estimate the intensity."""
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
    """Return all utterances and warnings of a plan."""
    planned = list(
        Planner(lambda _: voice, **manner).plan(sentences, decide(make_assessments(rows), StrengthRule(threshold), pin))
    )
    return [one for row in planned for one in row.utterances], [one for row in planned for one in row.warnings]


def plan(*rows: Probabilities, voice: VoiceCapabilities = FULL) -> list[Utterance]:
    utterances, _ = plan_emotions([make_sentence(i) for i in range(len(rows))], rows, voice, threshold=THRESHOLD)
    return utterances


def test_a_confident_label_is_used() -> None:
    (utterance,) = plan(make_probabilities(joy=0.9))
    assert (utterance.emotion, utterance.source) == (Emotion.JOY, Source.CLASSIFIER)
    assert utterance.reason == "joy at 0.90 over 0.70"


def test_a_label_below_the_threshold_becomes_neutral() -> None:
    (utterance,) = plan(make_probabilities(joy=0.55))
    assert utterance.emotion is Emotion.NEUTRAL
    assert utterance.reason == "joy at 0.55 under 0.70: neutral"


def test_a_pin_overrides_everything_and_needs_no_classifier() -> None:
    utterances, warnings = plan_emotions([make_sentence(0)], None, FULL, threshold=THRESHOLD, pin=Emotion.FEAR)
    assert (utterances[0].emotion, utterances[0].source) == (Emotion.FEAR, Source.PINNED)
    assert utterances[0].probabilities is None
    assert not warnings


def test_a_pin_keeps_the_probabilities_of_the_classifier() -> None:
    rows = [make_probabilities(joy=0.9)]
    utterances, _ = plan_emotions([make_sentence(0)], rows, FULL, threshold=THRESHOLD, pin=Emotion.FEAR)
    assert utterances[0].probabilities is rows[0]
    assert utterances[0].emotion is Emotion.FEAR


@given(st.sampled_from(Emotion), st.sampled_from([FULL, POOR]), st.integers(0, 5))
def test_a_pinned_request_speaks_one_emotion(pin: Emotion, voice: VoiceCapabilities, count: int) -> None:
    utterances, warnings = plan_emotions(
        [make_sentence(i) for i in range(count)], None, voice, threshold=THRESHOLD, pin=pin
    )
    assert len({u.emotion for u in utterances}) == min(count, 1)
    assert len(warnings) == (count > 0 and pin not in voice.checkpoints)


def test_each_sentence_is_decided_independently() -> None:
    middle = plan(
        make_probabilities(anger=0.9), make_probabilities(disgust=0.5, anger=0.4), make_probabilities(anger=0.8)
    )[1]
    assert (middle.emotion, middle.source) == (Emotion.NEUTRAL, Source.CLASSIFIER)


def plan_one(
    sentence: Sentence, assessment: Assessment, voice: VoiceCapabilities = FULL, degree: float = 1.0
) -> tuple[Utterance, ...]:
    (planned,) = Planner(lambda _: voice, degree=degree).plan([sentence], decide([assessment], StrengthRule(0.3)))
    return planned.utterances


def test_the_strength_sets_the_degree_and_the_request_multiplies_it() -> None:
    assessment = Assessment(make_probabilities(anger=0.9), 0.5)
    (utterance,) = plan_one(make_sentence(0), assessment)
    assert utterance.strength is not None and 0.4 < utterance.strength < 1
    assert utterance.degree == utterance.strength
    (doubled,) = plan_one(make_sentence(0), assessment, degree=2.0)
    assert (doubled.strength, doubled.degree) == (utterance.strength, 2 * utterance.strength)


def test_a_degree_in_markup_is_not_multiplied() -> None:
    clause = replace(make_sentence(0).clauses[0], manner=Prosody(degree=0.7))
    (utterance,) = plan_one(
        replace(make_sentence(0), clauses=(clause,)), Assessment(make_probabilities(anger=0.9), 1.0), degree=2.0
    )
    assert utterance.degree == 0.7


def test_a_degree_is_limited_to_its_range() -> None:
    (utterance,) = plan_one(make_sentence(0), Assessment(make_probabilities(anger=1.0), 1.0), degree=2.0)
    assert utterance.degree == 2.0


def test_a_voice_without_degrees_speaks_weak_emotions_as_neutral_and_strong_ones_fully() -> None:
    weak, strong = (
        Assessment(make_probabilities(joy=0.4, neutral=0.39), 0.1),
        Assessment(make_probabilities(joy=0.9), 0.9),
    )
    (kept,), (dropped,) = plan_one(make_sentence(0), strong, POOR), plan_one(make_sentence(0), weak, POOR)
    assert (kept.emotion, kept.degree) == (Emotion.JOY, 1.0)
    assert dropped.emotion is Emotion.NEUTRAL and "cannot speak weakly" in dropped.reason


def test_narration_beside_a_quotation_is_weaker_than_the_quotation() -> None:
    quoted, unquoted = make_sentence(0, 2).clauses
    mixed = replace(make_sentence(0), clauses=(replace(quoted, role=Role.DIALOGUE), unquoted))
    quotation, narration = plan_one(mixed, Assessment(make_probabilities(anger=0.9), 1.0))
    assert (quotation.role, narration.role) == (Role.DIALOGUE, Role.NARRATION)
    assert quotation.emotion is narration.emotion is Emotion.ANGER
    assert narration.degree <= 0.6 * quotation.degree


def test_narration_without_a_quotation_has_full_strength() -> None:
    first, second = plan_one(make_sentence(0, 2), Assessment(make_probabilities(anger=0.9), 1.0))
    assert first.degree == second.degree


def test_the_fallback_chain_is_tried_in_order_and_reported_once() -> None:
    rows = [make_probabilities(surprise=0.9), make_probabilities(surprise=0.95)]
    utterances, warnings = plan_emotions([make_sentence(0), make_sentence(1)], rows, POOR, threshold=THRESHOLD)
    assert [u.emotion for u in utterances] == [Emotion.JOY, Emotion.JOY]
    assert all(u.source is Source.FALLBACK and "lacks surprise: joy" in u.reason for u in utterances)
    assert [u.requested_emotion for u in utterances] == [Emotion.SURPRISE, Emotion.SURPRISE]
    assert [warning.code for warning in warnings] == ["fallback"]


def test_neutral_is_the_last_fallback() -> None:
    (utterance,) = plan(make_probabilities(anger=0.9), voice=POOR)
    assert (utterance.emotion, utterance.source) == (Emotion.NEUTRAL, Source.FALLBACK)


def test_strict_refuses_a_fallback_and_names_it() -> None:
    with pytest.raises(FallbackRefused, match="no anger"):
        plan_emotions([make_sentence(0)], [make_probabilities(anger=0.9)], POOR, threshold=THRESHOLD, strict=True)


def test_strict_without_a_fallback_changes_nothing() -> None:
    rows = [make_probabilities(anger=0.9)]
    assert plan_emotions([make_sentence(0)], rows, FULL, threshold=THRESHOLD, strict=True) == plan_emotions(
        [make_sentence(0)], rows, FULL, threshold=THRESHOLD
    )


def test_an_unsupported_degree_is_reported() -> None:
    utterances, warnings = plan_emotions(
        [make_sentence(0)], None, POOR, threshold=THRESHOLD, pin=Emotion.JOY, degree=1.5, speed=2.0
    )
    assert (utterances[0].degree, utterances[0].speed) == (1.0, 2.0)
    assert [warning.code for warning in warnings] == ["degree_unsupported"]


def test_the_clauses_of_a_sentence_share_its_decision() -> None:
    utterances, _ = plan_emotions(
        [make_sentence(0, clauses=3)], [make_probabilities(fear=0.8)], FULL, threshold=THRESHOLD
    )
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
    sentences = [make_sentence(number, clauses=1 + number % 3) for number in range(len(rows))]
    utterances, _ = plan_emotions(sentences, rows, voice, threshold=threshold)
    assert len(utterances) == sum(len(one.clauses) for one in sentences)
    for utterance in utterances:
        assert utterance.emotion in voice.checkpoints
        assert utterance.checkpoint_sha256 == voice.checkpoints[utterance.emotion].sha256
        assert utterance.reason


@given(probability_rows, st.floats(0, 1))
def test_a_sentence_with_a_neutral_top_label_stays_neutral(rows: list[Probabilities], threshold: float) -> None:
    utterances, _ = plan_emotions([make_sentence(i) for i in range(len(rows))], rows, FULL, threshold=threshold)
    for row, utterance in zip(rows, utterances, strict=True):
        if max(row, key=lambda emotion: row[emotion]) is Emotion.NEUTRAL:
            assert utterance.emotion is Emotion.NEUTRAL


@given(probability_rows, st.floats(0, 1))
def test_a_fallback_is_reported_once_for_each_emotion_and_refused_when_strict(
    rows: list[Probabilities], threshold: float
) -> None:
    sentences = [make_sentence(i) for i in range(len(rows))]
    utterances, warnings = plan_emotions(sentences, rows, POOR, threshold=threshold)
    assert len({warning.detail for warning in warnings}) == len(warnings)
    assert bool(warnings) == any(u.source is Source.FALLBACK for u in utterances)
    if warnings:
        with pytest.raises(FallbackRefused):
            plan_emotions(sentences, rows, POOR, threshold=threshold, strict=True)


def make_marked_sentence(*manners: Prosody) -> Sentence:
    parts = tuple(Clause("Word.", i, i + 5, "Word.", manner) for i, manner in enumerate(manners))
    return Sentence("Word.", 0, 5, parts)


def test_markup_overrides_the_request_and_the_label() -> None:
    sentence = make_marked_sentence(
        Prosody(), Prosody(emotion_spec=Emotion.FEAR, degree=1.5, speed=0.5, volume=0.5, pitch=2)
    )
    (first, second), _ = plan_emotions(
        [sentence], [make_probabilities(joy=0.9)], FULL, threshold=THRESHOLD, degree=0.5, speed=2.0
    )
    assert (first.emotion, first.source, first.degree, first.speed) == (Emotion.JOY, Source.CLASSIFIER, 0.5, 2.0)
    assert (second.emotion, second.source, second.degree) == (Emotion.FEAR, Source.PINNED, 1.5)
    assert (second.speed, second.volume, second.reason) == (1.0, 0.5, "fear, pinned by the markup")
    assert second.probabilities == first.probabilities


def test_markup_can_blend_if_the_voice_supports_it() -> None:
    blend = {Emotion.JOY: 0.75, Emotion.SURPRISE: 0.25}
    (utterance,), _ = plan_emotions(
        [make_marked_sentence(Prosody(emotion_spec=blend))], None, FULL, threshold=THRESHOLD, pin=Emotion.FEAR
    )
    assert (utterance.emotion, utterance.blend) == (Emotion.JOY, blend)
    with pytest.raises(BlendUnsupported):
        plan_emotions(
            [make_marked_sentence(Prosody(emotion_spec=blend))], None, POOR, threshold=THRESHOLD, pin=Emotion.FEAR
        )


def test_pitch_is_applied_if_supported_and_reported_once_if_not() -> None:
    sentences = [make_marked_sentence(Prosody(pitch=3)), make_marked_sentence(Prosody(pitch=-3))]
    with_pitch = replace(FULL, pitch=True)
    utterances, warnings = plan_emotions(sentences, None, with_pitch, threshold=THRESHOLD, pin=Emotion.JOY)
    assert [one.pitch for one in utterances] == [3, -3] and not warnings
    utterances, warnings = plan_emotions(sentences, None, FULL, threshold=THRESHOLD, pin=Emotion.JOY)
    assert [one.pitch for one in utterances] == [0, 0]
    assert [warning.code for warning in warnings] == ["pitch_unsupported"]


def test_a_speed_that_markup_multiplies_beyond_the_range_is_limited_and_reported() -> None:
    utterances, warnings = plan_emotions(
        [make_marked_sentence(Prosody(speed=3), Prosody(speed=0.1))],
        None,
        FULL,
        threshold=THRESHOLD,
        pin=Emotion.JOY,
        speed=2.0,
    )
    assert [one.speed for one in utterances] == [4.0, 0.25]
    assert [warning.code for warning in warnings] == ["speed_limited"] * 2


def test_each_clause_is_spoken_by_the_voice_that_markup_names() -> None:
    planner = Planner(lambda name: POOR if name == "poor" else FULL)
    (row,) = planner.plan(
        [make_marked_sentence(Prosody(), Prosody(voice="poor"))],
        decide(make_assessments([make_probabilities(fear=0.9)]), StrengthRule(THRESHOLD)),
    )
    assert [(one.voice, one.emotion) for one in row.utterances] == [("wren", Emotion.FEAR), ("poor", Emotion.NEUTRAL)]
    assert [warning.code for warning in row.warnings] == ["fallback"]


def test_decisions_of_a_plan_are_kept_and_missing_ones_are_labelled() -> None:
    kept = Decision(Emotion.SADNESS, Source.FALLBACK, "the voice lacks it")
    assessments = make_assessments([make_probabilities(joy=0.9), make_probabilities(fear=0.9)])
    first, second, third = decide_again([None, kept, None], assessments, StrengthRule(THRESHOLD))
    assert second is kept
    assert [first.emotion, third.emotion] == [Emotion.JOY, Emotion.FEAR]


def test_words_of_a_script_that_the_voice_cannot_read_are_left_out_with_a_warning() -> None:
    clauses = (Clause("Say 你好 now.", 0, 11, "Say 你好 now."), Clause("Да.", 12, 15, "Да."))
    sentence = Sentence("Say 你好 now. Да.", 0, 15, clauses)
    (planned,) = Planner(lambda name: FULL).plan([sentence], [decide_explicit(Emotion.JOY, "request")])
    assert [one.spoken for one in planned.utterances] == ["Say now.", ""]
    assert [one.text for one in planned.utterances] == [one.text for one in clauses]
    assert [warning.code for warning in planned.warnings] == ["unreadable_script"] * 2
    assert planned.warnings[0].detail == (
        "characters 0 to 11: the voice wren cannot read 2 letters (Chinese characters), which were left out."
    )


def test_a_voice_of_the_language_reads_its_script() -> None:
    russian = replace(FULL, language="ru-RU")
    sentence = Sentence("Да.", 0, 3, (Clause("Да.", 0, 3, "Да."),))
    (planned,) = Planner(lambda name: russian).plan([sentence], [decide_explicit(Emotion.JOY, "request")])
    assert planned.utterances[0].spoken == "Да."
    assert planned.warnings == ()
