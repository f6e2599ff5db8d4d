"""Decisions on the emotions of a text and their strengths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.decide import STRENGTH_STEP, StrengthRule, decide
from app.types import Assessment, Decision, Emotion


def make_assessment(emotion: Emotion, probability: float, intensity: float | None = None) -> Assessment:
    """Return an assessment of one emotion, with the rest of the probability on neutral."""
    rest = dict.fromkeys(Emotion, 0.0) | {Emotion.NEUTRAL: 1 - probability}
    return Assessment(rest | {emotion: probability}, intensity)


def decide_one(assessment: Assessment, rule: StrengthRule) -> Decision:
    (decision,) = decide([assessment], rule)
    return decision


def test_neutral_wins_when_it_is_the_most_probable() -> None:
    decision = decide_one(make_assessment(Emotion.FEAR, 0.45, 1.0), StrengthRule(0.3))
    assert (decision.emotion, decision.strength) == (Emotion.NEUTRAL, 0.0)


def test_neutral_wins_when_the_emotion_is_below_the_threshold() -> None:
    decision = decide_one(make_assessment(Emotion.FEAR, 0.55, 1.0), StrengthRule(0.6))
    assert decision.emotion is Emotion.NEUTRAL
    assert decision.reason == "fear at 0.55 under 0.60: neutral"


def test_a_less_probable_emotion_is_weaker() -> None:
    doubtful, sure = (decide_one(make_assessment(Emotion.JOY, value, 0.9), StrengthRule(0.3)) for value in (0.51, 0.99))
    assert doubtful.emotion is sure.emotion is Emotion.JOY
    assert doubtful.strength is not None and sure.strength is not None
    assert doubtful.strength < sure.strength


def test_a_less_intense_emotion_is_weaker() -> None:
    assessments = [make_assessment(Emotion.JOY, 0.95, intensity) for intensity in (0.1, 0.5, 1.0)]
    strengths = [decide_one(assessment, StrengthRule(0.3)).strength for assessment in assessments]
    assert strengths == [0.4, 0.8, 1.2]


def test_an_assessment_without_intensity_has_full_strength() -> None:
    assert decide_one(make_assessment(Emotion.JOY, 0.72), StrengthRule(0.7)).strength == 1.0


def test_a_fixed_strength_ignores_the_intensity() -> None:
    fixed = StrengthRule(0.3, graded=False)
    assessments = [make_assessment(Emotion.JOY, 0.9, intensity) for intensity in (0.0, 0.5, 1.0)]
    assert {decide_one(assessment, fixed).strength for assessment in assessments} == {1.0}


def test_zero_expressiveness_makes_everything_neutral() -> None:
    decision = decide_one(make_assessment(Emotion.JOY, 1.0, 1.0), StrengthRule(0.3, expressiveness=0))
    assert decision.emotion is Emotion.NEUTRAL


@given(st.floats(0.5, 1), st.floats(0, 1), st.sampled_from([0.3, 0.5, 0.7]))
def test_more_expressiveness_never_lowers_the_strength(probability: float, intensity: float, threshold: float) -> None:
    assessment = make_assessment(Emotion.JOY, probability, intensity)
    strengths = [decide_one(assessment, StrengthRule(threshold, quarters / 4)).strength or 0.0 for quarters in range(9)]
    assert strengths == sorted(strengths)
    assert strengths[-1] <= 2


@given(st.floats(0.51, 1), st.floats(0, 1))
def test_strengths_are_multiples_of_the_step(probability: float, intensity: float) -> None:
    strength = decide_one(make_assessment(Emotion.JOY, probability, intensity), StrengthRule(0.3)).strength
    assert strength is not None and strength / STRENGTH_STEP == pytest.approx(round(strength / STRENGTH_STEP))
    assert 0.4 <= strength <= 1.2


def test_a_pinned_emotion_has_no_strength() -> None:
    (decision,) = decide([make_assessment(Emotion.JOY, 0.9, 1.0)], StrengthRule(0.3), Emotion.FEAR)
    assert (decision.emotion, decision.strength) == (Emotion.FEAR, None)
