"""How readily and how strongly the emotions of a text are voiced."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.decide import STRENGTH_STEP, Expression, decide
from app.types import Assessment, Decision, Emotion


def assess(emotion: Emotion, probability: float, intensity: float | None = None) -> Assessment:
    """An assessment of one emotion, with all else on neutral."""
    rest = dict.fromkeys(Emotion, 0.0) | {Emotion.NEUTRAL: 1 - probability}
    return Assessment(rest | {emotion: probability}, intensity)


def decide_one(assessment: Assessment, expression: Expression) -> Decision:
    (decision,) = decide([assessment], expression)
    return decision


def test_neutral_wins_when_it_is_the_most_probable() -> None:
    decision = decide_one(assess(Emotion.FEAR, 0.45, 1.0), Expression(0.3))
    assert (decision.emotion, decision.strength) == (Emotion.NEUTRAL, 0.0)


def test_neutral_wins_when_the_emotion_is_below_the_floor() -> None:
    decision = decide_one(assess(Emotion.FEAR, 0.55, 1.0), Expression(0.6))
    assert decision.emotion is Emotion.NEUTRAL
    assert decision.reason == "fear at 0.55 under 0.60: neutral"


def test_a_doubtful_emotion_is_weaker_than_a_sure_one() -> None:
    doubtful, sure = (decide_one(assess(Emotion.JOY, one, 0.9), Expression(0.3)) for one in (0.51, 0.99))
    assert doubtful.emotion is sure.emotion is Emotion.JOY
    assert doubtful.strength is not None and sure.strength is not None
    assert doubtful.strength < sure.strength


def test_a_slight_emotion_is_weaker_than_a_strong_one() -> None:
    strengths = [decide_one(assess(Emotion.JOY, 0.95, one), Expression(0.3)).strength for one in (0.1, 0.5, 1.0)]
    assert strengths == [0.4, 0.8, 1.2]


def test_a_classifier_without_an_intensity_has_the_full_strength() -> None:
    assert decide_one(assess(Emotion.JOY, 0.72), Expression(0.7)).strength == 1.0


def test_a_fixed_strength_is_the_same_for_all() -> None:
    fixed = Expression(0.3, graded=False)
    assert {decide_one(assess(Emotion.JOY, 0.9, one), fixed).strength for one in (0.0, 0.5, 1.0)} == {1.0}


def test_no_expressiveness_voices_nothing() -> None:
    assert decide_one(assess(Emotion.JOY, 1.0, 1.0), Expression(0.3, expressiveness=0)).emotion is Emotion.NEUTRAL


@given(st.floats(0.5, 1), st.floats(0, 1), st.sampled_from([0.3, 0.5, 0.7]))
def test_more_expressiveness_never_voices_less(probability: float, intensity: float, threshold: float) -> None:
    one = assess(Emotion.JOY, probability, intensity)
    strengths = [decide_one(one, Expression(threshold, dial / 4)).strength or 0.0 for dial in range(9)]
    assert strengths == sorted(strengths)
    assert strengths[-1] <= 2


@given(st.floats(0.51, 1), st.floats(0, 1))
def test_strengths_are_few(probability: float, intensity: float) -> None:
    strength = decide_one(assess(Emotion.JOY, probability, intensity), Expression(0.3)).strength
    assert strength is not None and strength / STRENGTH_STEP == pytest.approx(round(strength / STRENGTH_STEP))
    assert 0.4 <= strength <= 1.2


def test_what_is_pinned_has_no_strength_of_the_text() -> None:
    (decision,) = decide([assess(Emotion.JOY, 0.9, 1.0)], Expression(0.3), Emotion.FEAR)
    assert (decision.emotion, decision.strength) == (Emotion.FEAR, None)
