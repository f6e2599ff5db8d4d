"""Draw the noise of a seed: the numbers of `torch.randn` on a CPU, without torch."""

from __future__ import annotations

import math

import numpy as np

from app.inference import Array

GROUP = 16
"""Numbers of a group: the first half of its uniform numbers gives radii, the second half angles (Box and Muller 1958,
doi 10.1214/aoms/1177706645)."""


def draw_noise(seed: int, *shape: int) -> Array:
    """Return standard normal numbers of a shape with at least `GROUP` elements.

    They differ from PyTorch's by the rounding of its logarithm, sine and cosine, at most a few units in the last place.
    """
    size = math.prod(shape)
    rest = GROUP if size % GROUP else 0
    generator = np.random.RandomState(seed & 0xFFFFFFFF)
    bits = generator.randint(0, 2**32, size + rest, np.uint32)
    uniform = (bits & 0xFFFFFF).astype(np.float32) * np.float32(2**-24)
    numbers = np.empty(size, np.float32)
    whole = size - size % GROUP
    numbers[:whole] = transform(uniform[:whole])
    if rest:  # the last group overlaps the one before
        numbers[-GROUP:] = transform(uniform[size:])
    return numbers.reshape(shape)


def transform(uniform: Array) -> Array:
    """Transform groups of uniform numbers in [0, 1) to normal ones."""
    radii, angles = uniform.reshape(-1, 2, GROUP // 2).swapaxes(0, 1)
    radius = np.sqrt(np.float32(-2) * np.log(np.float32(1) - radii))
    angle = np.float32(2 * math.pi) * angles
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).reshape(-1)
