"""Decide the emotion of each sentence from its assessment, regardless of what the voice can speak, with the reason.

The functions return iterators, so that synthesis of a long text can begin before it is completely read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import repeat

from app.types import Assessment, Blend, Decision, Emotion, Probabilities, Source

LOWEST_STRENGTH, HIGHEST_STRENGTH = 0.4, 1.2
"""Strengths of an emotion of the lowest and of the highest intensity."""
STRENGTH_STEP = 0.2
"""Strengths are multiples of this, so that utterances share batches and few interpolated checkpoints are needed."""
MAX_DEGREE = 2.0
"""Maximum strength and degree of an emotion."""
NARRATION_SHARE = 0.5
"""Strength of narration next to a quotation in its sentence (`she hissed`), as a share of the quotation's strength."""


@dataclass(frozen=True, slots=True)
class StrengthRule:
    """Threshold and strength with which the emotions of a text are voiced."""

    threshold: float
    """Minimum probability at which an emotion is voiced."""
    expressiveness: float = 1.0
    """Factor on strengths, from 0 (neutral) to 2; it also changes the threshold."""
    graded: bool = True
    """Whether strengths depend on the text; otherwise all are 1."""

    @property
    def floor(self) -> float:
        """Threshold raised to the power of the expressiveness: 1 at 0, the threshold itself at 1, its square at 2."""
        return float(self.threshold**self.expressiveness)

    def compute_strength(self, assessment: Assessment, emotion: Emotion) -> float:
        """Compute the strength of an emotion, which is lower if neutral is also likely or the intensity is low.

        Without an estimated intensity, the strength before the expressiveness is 1.
        """
        if not self.graded:
            return 1.0
        strength = 1.0
        if assessment.intensity is not None:
            probable = assessment.probabilities[emotion]
            certainty = probable / (probable + assessment.probabilities[Emotion.NEUTRAL])
            strength = round_strength(
                LOWEST_STRENGTH + (HIGHEST_STRENGTH - LOWEST_STRENGTH) * assessment.intensity * certainty
            )
        return min(MAX_DEGREE, round(strength * self.expressiveness, 2))


def round_strength(strength: float) -> float:
    """Round a strength to a multiple of `STRENGTH_STEP`, but not to 0."""
    return round(max(1, round(strength / STRENGTH_STEP)) * STRENGTH_STEP, 2)


def decide(
    assessments: Iterable[Assessment] | None,
    rule: StrengthRule,
    pin: Emotion | Blend | None = None,
    pinned_by: str = "request",
) -> Iterator[Decision]:
    """Yield a decision for each sentence: the pinned emotion, else the classifier's.

    With a pin but without assessments, the iterator is infinite.
    """
    if pin is None:
        return (decide_classified(one, rule) for one in assessments or ())
    known = repeat(None) if assessments is None else assessments
    return (decide_explicit(pin, pinned_by, one.probabilities if one else None) for one in known)


def decide_again(
    decisions: Iterable[Decision | None], assessments: Iterable[Assessment], rule: StrengthRule
) -> Iterator[Decision]:
    """Yield the decisions, each None replaced by a decision from the next assessment."""
    remaining = iter(assessments)
    return (decide_classified(next(remaining), rule) if one is None else one for one in decisions)


def decide_explicit(emotion_spec: Emotion | Blend, by: str, probabilities: Probabilities | None = None) -> Decision:
    """Return the decision for an explicit emotion or blend; `by` names its origin in the reason."""
    blend = emotion_spec if isinstance(emotion_spec, Mapping) else {emotion_spec: 1.0}
    emotion = max(blend, key=lambda one: blend[one])
    words = " and ".join(f"{one} {weight:.2f}" for one, weight in blend.items()) if len(blend) > 1 else str(emotion)
    several = blend if isinstance(emotion_spec, Mapping) else None
    return Decision(emotion, Source.PINNED, f"{words}, pinned by the {by}", probabilities, several)


def decide_classified(assessment: Assessment, rule: StrengthRule) -> Decision:
    """Decide for the most probable emotion and its strength, or for neutral if its probability is below the floor."""
    probabilities = assessment.probabilities
    emotion = find_most_probable(probabilities)
    value = probabilities[emotion]
    if emotion is Emotion.NEUTRAL:
        return decide_neutral(f"neutral at {value:.2f}, nothing else is more likely", probabilities)
    if value < rule.floor:
        return decide_neutral(f"{emotion} at {value:.2f} under {rule.floor:.2f}: neutral", probabilities)
    if rule.expressiveness == 0:
        return decide_neutral(f"{emotion} at {value:.2f}, and the expressiveness is 0: neutral", probabilities)
    strength = rule.compute_strength(assessment, emotion)
    degree = "" if strength == 1 else f", strength {strength:g}"
    reason = f"{emotion} at {value:.2f} over {rule.floor:.2f}{degree}"
    return Decision(emotion, Source.CLASSIFIER, reason, probabilities, strength=strength)


def decide_neutral(reason: str, probabilities: Probabilities | None) -> Decision:
    """Return a decision for neutral."""
    return Decision(Emotion.NEUTRAL, Source.CLASSIFIER, reason, probabilities, strength=0.0)


def weaken_narration(decision: Decision) -> Decision:
    """Weaken a decision for the narration of a sentence with direct speech; explicit emotions stay unchanged."""
    if not decision.strength:
        return decision
    strength = round_strength(decision.strength * NARRATION_SHARE)
    return replace(decision, strength=strength, reason=f"{decision.reason}; narration beside a quotation: {strength:g}")


def find_most_probable(probabilities: Probabilities) -> Emotion:
    """Return the emotion with the highest probability; the first in the order of `Emotion` if several are equal."""
    return max(Emotion, key=lambda emotion: probabilities[emotion])
