"""Assessments -> what each sentence shall sound like, whatever the voice can speak, and the reason for it.

Everything is an iterator, so that a long text can be spoken before it is read to its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import repeat

from app.types import Assessment, Blend, Decision, Emotion, Probabilities, Source

WEAKEST, STRONGEST = 0.4, 1.2
"""The strengths of what is hardly felt and of what is felt as strongly as can be."""
STEP = 0.2
"""Strengths are multiples of it: utterances of one strength share a batch, and few mixtures of checkpoints are made."""
GREATEST = 2.0
"""The largest degree that a voice speaks."""
NARRATION_SHARE = 0.5
"""The strength of narration beside a quotation in its sentence (`she hissed`), as a share of the quotation's."""


@dataclass(frozen=True, slots=True)
class Expression:
    """How readily and how strongly the emotions of a text are voiced."""

    threshold: float
    """The least probability at which an emotion is voiced."""
    expressiveness: float = 1.0
    """0 voices nothing, 2 twice as strongly; it moves the threshold as well."""
    graded: bool = True
    """Whether strengths follow the text; otherwise all are 1."""

    @property
    def floor(self) -> float:
        """The threshold that the expressiveness makes: 1 at 0, the classifier's own at 1, its square at 2."""
        return float(self.threshold**self.expressiveness)

    def strength(self, assessment: Assessment, emotion: Emotion) -> float:
        """Compute how strongly an emotion is voiced: less if neutral is likely as well, or the feeling slight.

        A classifier that does not estimate the intensity has 1 for all.
        """
        if not self.graded:
            return 1.0
        strength = 1.0
        if assessment.intensity is not None:
            probable = assessment.probabilities[emotion]
            certainty = probable / (probable + assessment.probabilities[Emotion.NEUTRAL])
            strength = in_steps(WEAKEST + (STRONGEST - WEAKEST) * assessment.intensity * certainty)
        return min(GREATEST, round(strength * self.expressiveness, 2))


def in_steps(strength: float) -> float:
    """Round a strength to a multiple of `STEP`, at least one."""
    return round(max(1, round(strength / STEP)) * STEP, 2)


def decide(
    assessments: Iterable[Assessment] | None, expression: Expression, pin: Emotion | Blend | None = None
) -> Iterator[Decision]:
    """Decide for each sentence: what is pinned, else what the classifier says; without assessments endless."""
    if pin is None:
        return (label(one, expression) for one in assessments or ())
    known = repeat(None) if assessments is None else assessments
    return (pinned(pin, "request", one.probabilities if one else None) for one in known)


def decide_again(
    decisions: Iterable[Decision | None], assessments: Iterable[Assessment], expression: Expression
) -> Iterator[Decision]:
    """Keep what is decided; where there is None, the next of the assessments decides."""
    coming = iter(assessments)
    return (label(next(coming), expression) if one is None else one for one in decisions)


def pinned(emotion_spec: Emotion | Blend, by: str, probabilities: Probabilities | None = None) -> Decision:
    """What somebody chose, for one emotion or for several at once."""
    blend = emotion_spec if isinstance(emotion_spec, Mapping) else {emotion_spec: 1.0}
    emotion = max(blend, key=lambda one: blend[one])
    words = " and ".join(f"{one} {weight:.2f}" for one, weight in blend.items()) if len(blend) > 1 else str(emotion)
    several = blend if isinstance(emotion_spec, Mapping) else None
    return Decision(emotion, Source.PINNED, f"{words}, pinned by the {by}", probabilities, several)


def label(assessment: Assessment, expression: Expression) -> Decision:
    """Choose the most probable emotion if it is probable enough, else neutral, and how strongly it is voiced."""
    probabilities = assessment.probabilities
    emotion = most_probable(probabilities)
    value = probabilities[emotion]
    if emotion is Emotion.NEUTRAL:
        return neutral(f"neutral at {value:.2f}, nothing else is more likely", probabilities)
    if value < expression.floor:
        return neutral(f"{emotion} at {value:.2f} under {expression.floor:.2f}: neutral", probabilities)
    if expression.expressiveness == 0:
        return neutral(f"{emotion} at {value:.2f}, and the expressiveness is 0: neutral", probabilities)
    strength = expression.strength(assessment, emotion)
    degree = "" if strength == 1 else f", strength {strength:g}"
    reason = f"{emotion} at {value:.2f} over {expression.floor:.2f}{degree}"
    return Decision(emotion, Source.CLASSIFIER, reason, probabilities, strength=strength)


def neutral(reason: str, probabilities: Probabilities | None) -> Decision:
    """Decide that nothing is voiced."""
    return Decision(Emotion.NEUTRAL, Source.CLASSIFIER, reason, probabilities, strength=0.0)


def beside_quotation(decision: Decision) -> Decision:
    """Weaken a decision for the narration of a sentence in which somebody speaks; what was chosen stays."""
    if not decision.strength:
        return decision
    strength = in_steps(decision.strength * NARRATION_SHARE)
    return replace(decision, strength=strength, reason=f"{decision.reason}; narration beside a quotation: {strength:g}")


def most_probable(probabilities: Probabilities) -> Emotion:
    """The emotion with the highest probability; the first of the seven where two are equal."""
    return max(Emotion, key=lambda emotion: probabilities[emotion])
