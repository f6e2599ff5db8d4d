"""Sentences and their probabilities -> utterances: every one with an emotion, a checkpoint, and the reason for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.errors import BlendUnsupported, FallbackRefused
from app.plan import Blend, Clause, Emotion, PlanWarning, Probabilities, Sentence, Source, Utterance, VoiceAbilities

STRONG = 0.9
"""From this probability on a sentence keeps its emotion, whatever its neighbours feel."""
SUPPORT = 0.25
"""A sentence follows its neighbours only if it has at least this much of their emotion itself."""

BLEND_HINT = "GET /voices tells which emotions a voice has, and by `degree` whether it can blend them."


@dataclass(frozen=True, slots=True)
class Decision:
    """What one sentence shall sound like."""

    emotion: Emotion
    source: Source
    reason: str
    probabilities: Probabilities | None


def plan_emotions(
    sentences: Sequence[Sentence],
    probabilities: Sequence[Probabilities] | None,
    voice: VoiceAbilities,
    *,
    threshold: float,
    pin: Emotion | Blend | None = None,
    degree: float = 1.0,
    speed: float = 1.0,
    strict: bool = False,
) -> tuple[list[Utterance], list[PlanWarning]]:
    """Decide for every clause of every sentence; the clauses of one sentence share its decision.

    The order: what is pinned; a label that the classifier is sure of; the neighbours' emotion where it is not; a
    fallback where the voice lacks the emotion; neutral. A blend is a pin of several emotions. Raises `FallbackRefused`
    where `strict` forbids a fallback, `BlendUnsupported` where the voice cannot blend.
    """
    blend = pin if isinstance(pin, Mapping) else None
    if blend:
        check_blend(blend, voice)
    decisions = decide(sentences, probabilities, threshold, pin)
    warnings = []
    if degree != 1.0 and not voice.degree:
        detail = f"The voice {voice.voice} cannot vary how strongly it feels: degree {degree} was read as 1."
        warnings.append(PlanWarning("degree_unsupported", detail))
        degree = 1.0
    spoken = [within_abilities(decision, voice) for decision in decisions]
    warnings += report_fallbacks(decisions, spoken, voice, strict)
    utterances = [
        utterance(clause, decision, voice, blend, degree, speed)
        for sentence, decision in zip(sentences, spoken, strict=True)
        for clause in sentence.clauses
    ]
    return utterances, warnings


def decide(
    sentences: Sequence[Sentence],
    probabilities: Sequence[Probabilities] | None,
    threshold: float,
    pin: Emotion | Blend | None,
) -> list[Decision]:
    """What each sentence shall sound like, whatever the voice can speak."""
    if pin is None:
        return smooth([label(one, threshold) for one in probabilities or ()], threshold)
    known = probabilities if probabilities is not None else [None] * len(sentences)
    blend = pin if isinstance(pin, Mapping) else {pin: 1.0}
    emotion = max(blend, key=lambda one: blend[one])
    words = " and ".join(f"{one} {weight:.2f}" for one, weight in blend.items()) if len(blend) > 1 else str(emotion)
    return [Decision(emotion, Source.PINNED, f"{words}, pinned by the request", one) for one in known]


def check_blend(blend: Blend, voice: VoiceAbilities) -> None:
    """Refuse what the voice cannot blend."""
    missing = [str(emotion) for emotion in blend if emotion not in voice.checkpoints]
    if missing:
        raise BlendUnsupported(f"The voice {voice.voice} has no {', '.join(missing)} to blend.", hint=BLEND_HINT)
    if len(blend) > 1 and not voice.degree:
        raise BlendUnsupported(f"The voice {voice.voice} cannot blend emotions.", hint=BLEND_HINT)


def label(probabilities: Probabilities, threshold: float) -> Decision:
    """The most probable emotion where it is probable enough, else neutral."""
    emotion = most_probable(probabilities)
    value = probabilities[emotion]
    if emotion is Emotion.NEUTRAL:
        reason = f"neutral at {value:.2f}, nothing else is more likely"
    elif value >= threshold:
        reason = f"{emotion} at {value:.2f} over {threshold:.2f}"
    else:
        reason = f"{emotion} at {value:.2f} under {threshold:.2f}: neutral"
        emotion = Emotion.NEUTRAL
    return Decision(emotion, Source.CLASSIFIER, reason, probabilities)


def smooth(decisions: Sequence[Decision], threshold: float) -> list[Decision]:
    """Have a lone doubtful sentence follow its neighbours, where both feel the same and it half does itself.

    A change of voice for a single sentence is the loudest of all mistakes. The labels as first given decide, so that
    one smoothed sentence never carries the next.
    """
    smoothed = list(decisions)
    for index in range(1, len(decisions) - 1):
        before, here, after = decisions[index - 1 : index + 2]
        around = before.emotion
        if around is not after.emotion or here.emotion is around or here.probabilities is None:
            continue
        if doubtful(here, around, threshold):
            reason = f"between two sentences of {around}, {here.reason.split(':')[0]} is weak: {around}"
            smoothed[index] = replace(here, emotion=around, source=Source.SMOOTHED, reason=reason)
    return smoothed


def doubtful(decision: Decision, around: Emotion, threshold: float) -> bool:
    """Whether a sentence's own evidence is weak enough to follow its neighbours.

    Among neutral neighbours an emotion just over the threshold is doubtful; among feeling neighbours a sentence must
    lean towards their emotion itself: a clearly neutral line stays neutral.
    """
    assert decision.probabilities is not None
    own = most_probable(decision.probabilities)
    if around is Emotion.NEUTRAL:
        return decision.probabilities[own] < (threshold + STRONG) / 2 and decision.probabilities[around] >= SUPPORT / 2
    return (
        own is not Emotion.NEUTRAL
        and decision.probabilities[own] < STRONG
        and (decision.probabilities[around] >= SUPPORT)
    )


def most_probable(probabilities: Probabilities) -> Emotion:
    """The emotion with the highest probability; the first of the seven where two are equal."""
    return max(Emotion, key=lambda emotion: probabilities[emotion])


def within_abilities(decision: Decision, voice: VoiceAbilities) -> Decision:
    """The nearest emotion that the voice can speak."""
    if decision.emotion in voice.checkpoints:
        return decision
    chain = (*voice.fallbacks.get(decision.emotion, ()), Emotion.NEUTRAL)
    emotion = next(candidate for candidate in chain if candidate in voice.checkpoints)
    reason = f"{decision.reason}; the voice lacks {decision.emotion}: {emotion}"
    return replace(decision, emotion=emotion, source=Source.FALLBACK, reason=reason)


def report_fallbacks(
    wanted: Sequence[Decision], spoken: Sequence[Decision], voice: VoiceAbilities, strict: bool
) -> list[PlanWarning]:
    """Say once for each emotion that the voice lacks it, or refuse."""
    missing = {want.emotion: got.emotion for want, got in zip(wanted, spoken, strict=True) if want is not got}
    details = [f"The voice {voice.voice} has no {want}; {got} speaks instead." for want, got in missing.items()]
    if details and strict:
        raise FallbackRefused(" ".join(details), hint="Choose another voice or emotion, or leave `strict` out.")
    return [PlanWarning("fallback", detail) for detail in details]


def utterance(
    clause: Clause, decision: Decision, voice: VoiceAbilities, blend: Blend | None, degree: float, speed: float
) -> Utterance:
    """One clause with its sentence's decision."""
    checkpoint = voice.checkpoints[decision.emotion]
    return Utterance(
        text=clause.text,
        span=(clause.start, clause.end),
        spoken=clause.spoken,
        voice=voice.voice,
        emotion=decision.emotion,
        probabilities=decision.probabilities,
        source=decision.source,
        reason=decision.reason,
        checkpoint=checkpoint.name,
        checkpoint_sha256=checkpoint.sha256,
        blend=blend,
        degree=degree,
        speed=speed,
    )
