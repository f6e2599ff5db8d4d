"""Losses of a classifier that reads context, and its figures on the dev split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from app.training.emotion_data import EMOTIONS
from app.training.emotion_rows import PASSAGES, Row

SOURCE_WEIGHT = {PASSAGES: 1.0, "goemotions": 0.5, "xed": 0.25, "speech": 0.5}
"""Sentences that were labelled without their scene teach less surely how they are spoken."""
RARITY_POWER = 0.3
"""Classes are weighted by this power of their rarity in their source."""
WARM_UP = 40
"""Steps in which the learning rate rises."""


def compute_losses(logits: Tensor, rows: Sequence[Row], weights: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Compute the weighted cross entropy of the emotions, and that of the strength of the rows that have one."""
    emotions, strength = logits[:, : len(EMOTIONS)], logits[:, len(EMOTIONS)]
    shares = torch.tensor([row.shares for row in rows]) * torch.stack([weights[row.source] for row in rows])
    emotion = -(shares * emotions.log_softmax(-1)).sum() / shares.sum()
    known = torch.tensor([row.strength is not None for row in rows])
    wanted = torch.tensor([row.strength or 0.0 for row in rows])
    entropy = F.binary_cross_entropy_with_logits(strength, wanted, reduction="none")
    return emotion, (entropy * known).sum() / known.sum().clamp(min=1)


def weigh_classes(rows: Sequence[Row]) -> dict[str, Tensor]:
    """Weigh the classes (7,) of each source: rare ones count more, but far less than their rarity suggests."""
    weights = {}
    for source in {row.source for row in rows}:
        shares = torch.tensor([row.shares for row in rows if row.source == source])
        mean = shares.mean(0).clamp(min=1 / len(shares))
        weights[source] = SOURCE_WEIGHT[source] * (mean.mean() / mean) ** RARITY_POWER
    return weights


def scale_rate(step: int, steps: int) -> float:
    """Scale the learning rate: linear warm-up, then linear decay to zero at the last step.

    The warm-up does not depend on the number of steps, which may change when a run goes on.
    """
    return min((step + 1) / WARM_UP, max(0.0, (steps - step) / max(1, steps - WARM_UP)))


def evaluate(logits: Tensor, rows: Sequence[Row]) -> dict[str, float]:
    """Compute both losses, unweighted, and the macro-F1 of the most probable emotion."""
    emotion, strength = compute_losses(logits, rows, {row.source: torch.ones(len(EMOTIONS)) for row in rows})
    return {"emotion": emotion.item(), "strength": strength.item(), "macro_f1": compute_macro_f1(logits, rows)}


def compute_macro_f1(logits: Tensor, rows: Sequence[Row]) -> float:
    """Compute the mean F1 of the seven; the label of a row is the emotion with the largest share."""
    got = logits[:, : len(EMOTIONS)].argmax(-1)
    label = torch.tensor([row.shares for row in rows]).argmax(-1)
    scores = []
    for emotion in range(len(EMOTIONS)):
        hits = ((got == emotion) & (label == emotion)).sum()
        scores.append(2 * hits / ((got == emotion).sum() + (label == emotion).sum()).clamp(min=1))
    return torch.stack(scores).mean().item()
