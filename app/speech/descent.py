"""Whether one checkpoint was fine-tuned from another, so that weights between the two make sense."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

FARTHEST = 0.5
"""Distance of two descendants, in lengths of the base's weights. Networks that were trained each from its own random
start are 1.4 apart, as random directions are; fine-tuning moves the weights by a few hundredths of their length."""


def descends(weights: Mapping[str, Tensor], base: Mapping[str, Tensor]) -> bool:
    """Whether two sets of weights are of one form and close to each other; only matrices are compared, since gains and
    biases start alike in every training."""
    if {name: value.shape for name, value in weights.items()} != {name: value.shape for name, value in base.items()}:
        return False
    matrices = [name for name, value in base.items() if value.is_floating_point() and value.dim() > 1]
    distance = sum(float((weights[name].float() - base[name].float()).square().sum()) for name in matrices)
    length = sum(float(base[name].float().square().sum()) for name in matrices)
    return distance < FARTHEST**2 * length
