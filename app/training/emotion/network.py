"""Load a classifier that reads context, encode its inputs, and compute its losses."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoModelForSequenceClassification

from app.emotion.classifier import STRENGTH_LABEL
from app.packages import stub_module
from app.training.emotion.rows import EMOTIONS, PASSAGES, TrainingRow

OUTPUTS = (*map(str, EMOTIONS), STRENGTH_LABEL)
MAX_TOKENS = 160
"""Maximum tokens of context and sentence together; the rest is cut."""
SCORING_BATCH = 32
"""Sentences scored at once."""


def parse_paths(about: str | None, names: Sequence[str], arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse a command line of some paths, and set the number of threads; the first line of `about` describes it."""
    parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
    for name in names:
        parser.add_argument(name, type=Path)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    return options


def load_network(folder: Path) -> Any:
    """Load an encoder with the eight outputs; if its folder has none, they start with random weights."""
    stub_module("torchaudio")  # transformers imports it for audio models
    return AutoModelForSequenceClassification.from_pretrained(
        folder,
        num_labels=len(OUTPUTS),
        id2label=dict(enumerate(OUTPUTS)),
        label2id={name: index for index, name in enumerate(OUTPUTS)},
        dtype=torch.float32,
    ).eval()


def find_frozen(network: Any, layers: int) -> list[nn.Module]:
    """Return the modules to freeze: the word embeddings or, if `layers` is not 0, everything up to that layer.

    This includes modules that an encoder shares among its layers (MPNet's position biases): if they changed, every
    step would have to backpropagate through the frozen layers.
    """
    embeddings, encoder = network.base_model.embeddings, network.base_model.encoder
    if not layers:
        return [embeddings.word_embeddings]
    shared = [part for part in encoder.children() if part is not encoder.layer]
    return [embeddings, *shared, *encoder.layer[:layers]]


class TrainableParameters(nn.Module):
    """Trainable parameters of a network by name: all that a checkpoint needs of the network."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        for name, parameter in network.named_parameters():
            if parameter.requires_grad:
                self.register_parameter(name.replace(".", "/"), parameter)


def encode(tokenizer: Any, rows: Sequence[TrainingRow]) -> dict[str, Tensor]:
    """Encode sentences as the network's inputs, as pairs with their context if they have one."""
    encoded = [
        tokenizer(*((row.context, row.text) if row.context else (row.text,)), truncation=True, max_length=MAX_TOKENS)
        for row in rows
    ]
    return dict(tokenizer.pad(encoded, return_tensors="pt"))


@torch.no_grad()
def score(network: Any, tokenizer: Any, rows: Sequence[TrainingRow]) -> Tensor:
    """Compute the logits (rows, 8) of rows; the network must be in evaluation mode."""
    order = sorted(range(len(rows)), key=lambda at: len(rows[at].text) + len(rows[at].context))
    logits = torch.empty(len(rows), len(OUTPUTS))
    for start in range(0, len(order), SCORING_BATCH):
        places = order[start : start + SCORING_BATCH]
        logits[places] = network(**encode(tokenizer, [rows[at] for at in places])).logits.float()
    return logits


SOURCE_WEIGHT = {PASSAGES: 1.0, "goemotions": 0.5, "xed": 0.25, "speech": 0.5}
"""Weight of each source: sentences labelled without their scene are less reliable about how they are spoken."""
RARITY_POWER = 0.3
"""The weight of a class is this power of its rarity in its source."""
WARM_UP = 40
"""Steps over which the learning rate rises."""


def compute_losses(logits: Tensor, rows: Sequence[TrainingRow], weights: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Compute the weighted cross entropy of the emotions, and that of the strength for rows that have one."""
    emotions, strength = logits[:, : len(EMOTIONS)], logits[:, len(EMOTIONS)]
    shares = torch.tensor([row.shares for row in rows]) * torch.stack([weights[row.source] for row in rows])
    emotion = -(shares * emotions.log_softmax(-1)).sum() / shares.sum()
    known = torch.tensor([row.strength is not None for row in rows])
    wanted = torch.tensor([row.strength or 0.0 for row in rows])
    entropy = F.binary_cross_entropy_with_logits(strength, wanted, reduction="none")
    return emotion, (entropy * known).sum() / known.sum().clamp(min=1)


def weigh_classes(rows: Sequence[TrainingRow]) -> dict[str, Tensor]:
    """Return the class weights (7,) of each source: rare classes count more, but far less than in proportion."""
    weights = {}
    for source in {row.source for row in rows}:
        shares = torch.tensor([row.shares for row in rows if row.source == source])
        mean = shares.mean(0).clamp(min=1 / len(shares))
        weights[source] = SOURCE_WEIGHT[source] * (mean.mean() / mean) ** RARITY_POWER
    return weights


def scale_rate(step: int, steps: int) -> float:
    """Return the factor of the learning rate: linear warm-up, then linear decay to zero at the last step.

    The warm-up does not depend on the number of steps, which may change when a run is resumed.
    """
    return min((step + 1) / WARM_UP, max(0.0, (steps - step) / max(1, steps - WARM_UP)))


def evaluate(logits: Tensor, rows: Sequence[TrainingRow]) -> dict[str, float]:
    """Compute both losses, unweighted, and the macro-F1 of the most probable emotion."""
    emotion, strength = compute_losses(logits, rows, {row.source: torch.ones(len(EMOTIONS)) for row in rows})
    return {"emotion": emotion.item(), "strength": strength.item(), "macro_f1": compute_macro_f1(logits, rows)}


def compute_macro_f1(logits: Tensor, rows: Sequence[TrainingRow]) -> float:
    """Compute the mean F1 of the seven emotions; the label of a row is the emotion with the largest share."""
    got = logits[:, : len(EMOTIONS)].argmax(-1)
    label = torch.tensor([row.shares for row in rows]).argmax(-1)
    scores = []
    for emotion in range(len(EMOTIONS)):
        hits = ((got == emotion) & (label == emotion)).sum()
        scores.append(2 * hits / ((got == emotion).sum() + (label == emotion).sum()).clamp(min=1))
    return torch.stack(scores).mean().item()
