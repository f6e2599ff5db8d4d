"""Degree and blend as one thing: how much of each emotion an utterance holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from app.plan import Emotion

Shares = Mapping[Emotion, float]
"""Sum 1; neutral's may be negative, where an emotion is driven beyond its own strength."""


def mix(blend: Mapping[Emotion, float], degree: float) -> dict[Emotion, float]:
    """On the straight line from neutral through the blend: at 0 neutral, at 1 the blend itself, at 2 twice as far."""
    shares = {Emotion.NEUTRAL: 1 - degree}
    for emotion, weight in blend.items():
        shares[emotion] = shares.get(emotion, 0.0) + degree * weight
    return {emotion: share for emotion, share in shares.items() if share != 0}


def mix_weights(weights: Sequence[tuple[Tensor, float]]) -> Tensor:
    """The sum, in float32, of one weight of several checkpoints, each with its share; whole numbers are the first's."""
    first, share = weights[0]
    if not first.is_floating_point():
        return first
    total = share * first.float()
    for weight, share in weights[1:]:
        total += share * weight.float()
    return total
