"""The classifier's network with plain inputs and one output, as backends want it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn


class ClassifierNetwork(nn.Module):
    """A Hugging Face sequence classifier."""

    def __init__(self, model: Any, names: Sequence[str]) -> None:
        super().__init__()
        self.model = model
        self.names = tuple(names)

    def forward(self, *inputs: Tensor) -> Tensor:
        """What the names say, (B, tokens) each -> logits (B, labels)."""
        logits: Tensor = self.model(**dict(zip(self.names, inputs, strict=True))).logits
        return logits
