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


def mix_weights(states: Mapping[str, Mapping[str, Tensor]], shares: Mapping[str, float]) -> dict[str, Tensor]:
    """The sum of checkpoints by their shares; `states` are weights of the same architecture, by name."""
    first, *others = states
    return {
        name: weighted_sum([value, *(states[one][name] for one in others)], [shares[one] for one in (first, *others)])
        if value.is_floating_point()
        else value
        for name, value in states[first].items()
    }


def weighted_sum(values: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """The sum in float32."""
    total = shares[0] * values[0].float()
    for value, share in zip(values[1:], shares[1:], strict=True):
        total += share * value.float()
    return total
