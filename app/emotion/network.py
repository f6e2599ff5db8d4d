"""Run the classifier's network on a backend: compute label scores and an intensity from token ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from app.inference import AnyArray, Array, Backend, LazyModule
from app.inference.graph_cache import make_graph_key

if TYPE_CHECKING:
    from torch import nn

PROBE_ROWS, PROBE_TOKENS = 8, (16, 32)
"""Rows and token lengths of the probe whether a row has the same bits in a batch as alone."""


class ClassifierOutput(NamedTuple):
    """Output of the network for a text."""

    scores: list[float]
    """Probability of each label."""
    intensity: float | None
    """Intensity of the emotion, 0 to 1; None if the network does not estimate it."""


class ClassifierDesign(NamedTuple):
    """What is needed of a classifier besides its network."""

    tokenizer: str
    """JSON of the `tokenizers` package."""
    names: Sequence[str]
    """Inputs in the order of the network."""
    padding: int
    """Id of padding."""
    longest: int
    """Maximum tokens."""
    vocabulary: int
    """Number of token ids."""
    labels: Sequence[str]
    multi_label: bool
    settings: object
    """`"intone"` in the config.json."""
    commit: str | None
    """Commit of a model of the Hugging Face Hub."""


class ClassifierNetwork:
    """Network of a classifier, compiled for inference at the precision of the backend."""

    def __init__(
        self, module: nn.Module | LazyModule, design: ClassifierDesign, backend: Backend, intensity: int | None = None
    ) -> None:
        """Compile the network; `intensity` is the index of the intensity output among the labels."""
        self.intensity = intensity
        self.names = design.names
        self.multi_label = design.multi_label

        def example(batch: int, length: int) -> tuple[AnyArray, ...]:
            # The last token is padding, so that no backend optimizes a mask away that masks nothing.
            masked = np.ones((batch, length), np.int64)
            masked[:, -1] = 0
            nothing = np.zeros((batch, length), np.int64)
            ids = np.arange(batch * length).reshape(batch, length) % design.vocabulary
            known = {"attention_mask": masked, "input_ids": ids}
            return tuple(known.get(name, nothing) for name in design.names)

        self.network = backend.compile(module, example)

        def test_batches() -> bool:
            return all(self.agrees(example(PROBE_ROWS, length)) for length in PROBE_TOKENS)

        key = make_graph_key("batch invariance", module.key) if isinstance(module, LazyModule) else None
        self.batch_invariant: bool = backend.recall(key, test_batches, here=True) if key else test_batches()
        """Whether the output of a text has the same bits in a batch as alone, on this machine."""

    def make_row(self, inputs: Mapping[str, list[int]]) -> tuple[AnyArray, ...]:
        """Return the inputs of one text, by name, as arrays of (1, tokens) in the order of the network."""
        return tuple(np.array([inputs[name]], np.int64) for name in self.names)

    def agrees(self, inputs: tuple[AnyArray, ...]) -> bool:
        """Return whether each row of a batch, and of its halves, has the same bits as alone."""
        rows = [self.compute_logits([one[row : row + 1] for one in inputs]) for row in range(PROBE_ROWS)]
        alone, halves = np.concatenate(rows), inputs
        while len(halves[0]) > 1:
            if not np.array_equal(self.compute_logits(halves), alone[: len(halves[0])]):
                return False
            halves = tuple(one[: len(one) // 2] for one in halves)
        return True

    def compute_logits(self, inputs: Sequence[AnyArray]) -> Array:
        """Compute logits (B, labels) from inputs of (B, tokens) each."""
        (logits,) = self.network(*inputs)
        return logits

    def score(self, rows: Sequence[tuple[AnyArray, ...]]) -> list[ClassifierOutput]:
        """Score texts of equal length; the inputs of each row are (1, tokens) each."""
        if self.batch_invariant:
            found = self.compute_logits([np.concatenate(column) for column in zip(*rows, strict=True)])
        else:
            found = np.concatenate([self.compute_logits(row) for row in rows])
        logits = found.astype(np.float64)
        intensities: list[float | None] = [None] * len(rows)
        if self.intensity is not None:
            intensities = sigmoid(logits[:, self.intensity]).tolist()
            logits = np.delete(logits, self.intensity, 1)
        scores = sigmoid(logits) if self.multi_label else softmax(logits)
        return [ClassifierOutput(*pair) for pair in zip(scores.tolist(), intensities, strict=True)]


def sigmoid(logits: AnyArray) -> AnyArray:
    """Return probabilities of independent labels."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-logits)))


def softmax(logits: AnyArray) -> AnyArray:
    """Return probabilities of exclusive labels, (B, labels)."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))
