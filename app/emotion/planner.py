"""Sentences and their probabilities -> utterances: every one with an emotion, a checkpoint, and the reason for both.

Everything is an iterator that looks one sentence ahead, so that a long text can be spoken before it is read to its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import repeat

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


@dataclass(frozen=True, slots=True)
class PlannedSentence:
    """A sentence with everything decided."""

    sentence: Sentence
    utterances: tuple[Utterance, ...]
    """One for each clause."""
    warnings: tuple[PlanWarning, ...]
    """What is to be said about it and was not said about an earlier one."""


def plan_emotions(
    sentences: Iterable[Sentence],
    probabilities: Iterable[Probabilities] | None,
    voice: VoiceAbilities,
    *,
    threshold: float,
    pin: Emotion | Blend | None = None,
    degree: float = 1.0,
    speed: float = 1.0,
    strict: bool = False,
) -> Iterator[PlannedSentence]:
    """Decide for every clause of every sentence; the clauses of one sentence share its decision.

    The order: what is pinned; a label that the classifier is sure of; the neighbours' emotion where it is not; a
    fallback where the voice lacks the emotion; neutral. A blend is a pin of several emotions. `probabilities`, one for
    each sentence, may be None where everything is pinned. Raises `FallbackRefused` where `strict` forbids a fallback,
    `BlendUnsupported` where the voice cannot blend.
    """
    blend = pin if isinstance(pin, Mapping) else None
    if blend:
        check_blend(blend, voice)
    warnings = []
    if degree != 1.0 and not voice.degree:
        detail = f"The voice {voice.voice} cannot vary how strongly it feels: degree {degree} was read as 1."
        warnings.append(PlanWarning("degree_unsupported", detail))
        degree = 1.0
    missing: set[Emotion] = set()
    for sentence, decision in zip(sentences, decide(probabilities, threshold, pin), strict=False):
        spoken = within_abilities(decision, voice)
        if spoken is not decision and decision.emotion not in missing:
            missing.add(decision.emotion)
            warnings.append(report_fallback(decision.emotion, spoken.emotion, voice, strict))
        utterances = (utterance(clause, spoken, voice, blend, degree, speed) for clause in sentence.clauses)
        yield PlannedSentence(sentence, tuple(utterances), tuple(warnings))
        warnings = []


def decide(
    probabilities: Iterable[Probabilities] | None, threshold: float, pin: Emotion | Blend | None
) -> Iterator[Decision]:
    """What each sentence shall sound like, whatever the voice can speak."""
    if pin is None:
        return smooth((label(one, threshold) for one in probabilities or ()), threshold)
    known = repeat(None) if probabilities is None else probabilities
    blend = pin if isinstance(pin, Mapping) else {pin: 1.0}
    emotion = max(blend, key=lambda one: blend[one])
    words = " and ".join(f"{one} {weight:.2f}" for one, weight in blend.items()) if len(blend) > 1 else str(emotion)
    return (Decision(emotion, Source.PINNED, f"{words}, pinned by the request", one) for one in known)


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


def smooth(decisions: Iterable[Decision], threshold: float) -> Iterator[Decision]:
    """Have a lone doubtful sentence follow its neighbours, where both feel the same and it half does itself.

    A change of voice for a single sentence is the loudest of all mistakes. The labels as first given decide, so that
    one smoothed sentence never carries the next.
    """
    coming = iter(decisions)
    before, here = next(coming, None), None
    if before is not None:
        yield before
        here = next(coming, None)
    for after in coming:
        assert before is not None and here is not None
        yield between(before, here, after, threshold)
        before, here = here, after
    if here is not None:
        yield here


def between(before: Decision, here: Decision, after: Decision, threshold: float) -> Decision:
    """What becomes of a decision between two others."""
    around = before.emotion
    if around is not after.emotion or here.emotion is around or not doubtful(here, around, threshold):
        return here
    reason = f"between two sentences of {around}, {here.reason.split(':')[0]} is weak: {around}"
    return replace(here, emotion=around, source=Source.SMOOTHED, reason=reason)


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


def report_fallback(wanted: Emotion, spoken: Emotion, voice: VoiceAbilities, strict: bool) -> PlanWarning:
    """Say that the voice lacks an emotion, or refuse."""
    detail = f"The voice {voice.voice} has no {wanted}; {spoken} speaks instead."
    if strict:
        raise FallbackRefused(detail, hint="Choose another voice or emotion, or leave `strict` out.")
    return PlanWarning("fallback", detail)


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
