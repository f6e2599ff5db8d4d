"""Probabilities -> what each sentence shall sound like, whatever the voice can speak, and the reason for it.

Everything is an iterator that looks one sentence ahead, so that a long text can be spoken before it is read to its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import repeat

from app.plan import Blend, Decision, Emotion, Probabilities, Source

STRONG = 0.9
"""From this probability on a sentence keeps its emotion, whatever its neighbours feel."""
SUPPORT = 0.25
"""A sentence follows its neighbours only if it has at least this much of their emotion itself."""


def decide(
    probabilities: Iterable[Probabilities] | None, threshold: float, pin: Emotion | Blend | None = None
) -> Iterator[Decision]:
    """One decision for each sentence: what is pinned, else what the classifier says; without probabilities endless."""
    if pin is None:
        return smooth((label(one, threshold) for one in probabilities or ()), threshold)
    known = repeat(None) if probabilities is None else probabilities
    return (pinned(pin, "request", one) for one in known)


def decide_again(
    decisions: Iterable[Decision | None], probabilities: Iterable[Probabilities], threshold: float
) -> Iterator[Decision]:
    """Keep what is decided; where there is None, the next of the probabilities decides."""
    coming = iter(probabilities)
    return (label(next(coming), threshold) if one is None else one for one in decisions)


def pinned(feeling: Emotion | Blend, by: str, probabilities: Probabilities | None = None) -> Decision:
    """What somebody chose, for one emotion or for several at once."""
    blend = feeling if isinstance(feeling, Mapping) else {feeling: 1.0}
    emotion = max(blend, key=lambda one: blend[one])
    words = " and ".join(f"{one} {weight:.2f}" for one, weight in blend.items()) if len(blend) > 1 else str(emotion)
    several = blend if isinstance(feeling, Mapping) else None
    return Decision(emotion, Source.PINNED, f"{words}, pinned by the {by}", probabilities, several)


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
