"""A network that reads a sentence with its context and scores the seven emotions and how strongly they are felt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification

from app.emotion.classifier import STRENGTH
from app.stubs import stub_module
from app.training.emotion_data import EMOTIONS
from app.training.emotion_rows import Row

OUTPUTS = (*map(str, EMOTIONS), STRENGTH)
LONGEST = 160
"""The most tokens of context and sentence together; the rest is cut."""
BATCH = 32
"""Sentences that are scored at once."""


def load_network(folder: Path) -> Any:
    """Load an encoder for the eight outputs; if its folder has none, they begin with random weights."""
    stub_module("torchaudio")  # transformers imports it for models that hear
    return AutoModelForSequenceClassification.from_pretrained(
        folder,
        num_labels=len(OUTPUTS),
        id2label=dict(enumerate(OUTPUTS)),
        label2id={name: index for index, name in enumerate(OUTPUTS)},
        dtype=torch.float32,
    ).eval()


def find_frozen(network: Any, layers: int) -> list[nn.Module]:
    """Find what never changes: the word embeddings, or with any layers all that is below the layers above those.

    That includes what an encoder keeps for all its layers (MPNet's position biases): if it changed, every step would
    have to go back through the frozen layers.
    """
    embeddings, encoder = network.base_model.embeddings, network.base_model.encoder
    if not layers:
        return [embeddings.word_embeddings]
    shared = [part for part in encoder.children() if part is not encoder.layer]
    return [embeddings, *shared, *encoder.layer[:layers]]


class Learned(nn.Module):
    """The parameters of a network that change, under their names: all that a checkpoint needs of it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        for name, parameter in network.named_parameters():
            if parameter.requires_grad:
                self.register_parameter(name.replace(".", "/"), parameter)


def encode(tokenizer: Any, rows: Sequence[Row]) -> dict[str, Tensor]:
    """Encode sentences as the network's inputs, each as a pair if it has a context."""
    encoded = [
        tokenizer(*((row.context, row.text) if row.context else (row.text,)), truncation=True, max_length=LONGEST)
        for row in rows
    ]
    return dict(tokenizer.pad(encoded, return_tensors="pt"))


@torch.no_grad()
def score(network: Any, tokenizer: Any, rows: Sequence[Row]) -> Tensor:
    """Compute the logits (rows, 8) of all rows; the network must be in evaluation mode."""
    order = sorted(range(len(rows)), key=lambda at: len(rows[at].text) + len(rows[at].context))
    logits = torch.empty(len(rows), len(OUTPUTS))
    for start in range(0, len(order), BATCH):
        places = order[start : start + BATCH]
        logits[places] = network(**encode(tokenizer, [rows[at] for at in places])).logits.float()
    return logits
