"""Run the classifier's network on a backend: compute label scores and an intensity from token ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from app.inference import Backend

PROBE_ROWS, PROBE_TOKENS = 8, (16, 32)
"""Rows and token lengths of the probe whether a row has the same bits in a batch as alone."""


class ClassifierOutput(NamedTuple):
    """Output of the network for a text."""

    scores: list[float]
    """Probability of each label."""
    intensity: float | None
    """Intensity of the emotion, 0 to 1; None if the network does not estimate it."""


class LogitsModule(nn.Module):
    """Hugging Face sequence classifier with positional inputs and one output."""

    def __init__(self, model: Any, names: Sequence[str]) -> None:
        super().__init__()
        self.model = model
        self.names = tuple(names)

    def forward(self, *inputs: Tensor) -> Tensor:
        """Compute logits (B, labels) from the named inputs, (B, tokens) each."""
        logits: Tensor = self.model(**dict(zip(self.names, inputs, strict=True))).logits
        return logits


class ClassifierNetwork:
    """Network of a classifier, compiled for inference at the precision of the backend."""

    def __init__(self, model: Any, names: Sequence[str], backend: Backend, intensity: int | None = None) -> None:
        """Compile the network.

        `names` are the model's inputs in the order of the arguments; `intensity` is the index of the intensity output
        among the labels.
        """
        self.intensity = intensity
        self.multi_label = model.config.problem_type == "multi_label_classification"
        vocabulary = model.config.vocab_size

        def example(batch: int, length: int) -> tuple[Tensor, ...]:
            # The last token is padding, so that no backend optimizes a mask away that masks nothing.
            masked = torch.ones(batch, length, dtype=torch.long)
            masked[:, -1] = 0
            nothing = torch.zeros(batch, length, dtype=torch.long)
            ids = torch.arange(batch * length).reshape(batch, length) % vocabulary
            known = {"attention_mask": masked, "input_ids": ids}
            return tuple(known.get(name, nothing) for name in names)

        self.network = backend.compile(LogitsModule(model, names), example)
        self.batch_invariant = all(self.agrees(example(PROBE_ROWS, length)) for length in PROBE_TOKENS)
        """Whether the output of a text has the same bits in a batch as alone, on this machine."""

    def agrees(self, inputs: tuple[Tensor, ...]) -> bool:
        """Return whether each row of a batch, and of its halves, has the same bits as alone."""
        alone = torch.cat([self.compute_logits([one[row : row + 1] for one in inputs]) for row in range(PROBE_ROWS)])
        halves = inputs
        while len(halves[0]) > 1:
            if not torch.equal(self.compute_logits(halves), alone[: len(halves[0])]):
                return False
            halves = tuple(one[: len(one) // 2] for one in halves)
        return True

    def compute_logits(self, inputs: Sequence[Tensor]) -> Tensor:
        """Compute logits (B, labels) from inputs of (B, tokens) each."""
        (logits,) = self.network(*inputs)
        return logits

    def score(self, rows: Sequence[tuple[Tensor, ...]]) -> list[ClassifierOutput]:
        """Score texts of equal length; the inputs of each row are (1, tokens) each."""
        if self.batch_invariant:
            logits = self.compute_logits([torch.cat(column) for column in zip(*rows, strict=True)])
        else:
            logits = torch.cat([self.compute_logits(row) for row in rows])
        logits = logits.double()
        intensities: list[float | None] = [None] * len(rows)
        if self.intensity is not None:
            intensities = torch.sigmoid(logits[:, self.intensity]).tolist()
            logits = torch.cat([logits[:, : self.intensity], logits[:, self.intensity + 1 :]], 1)
        scores = torch.sigmoid(logits) if self.multi_label else torch.softmax(logits, 1)
        return [ClassifierOutput(*pair) for pair in zip(scores.tolist(), intensities, strict=True)]
