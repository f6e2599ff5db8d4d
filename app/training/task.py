"""What a training is made of: a network that learns step by step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class Task(Protocol):
    """A network in training. All chance of a step comes from a seed and the step's number."""

    number: int
    """Steps that are done."""
    epoch: int
    """Steps in which everything is learned from once."""

    def step(self) -> dict[str, float]:
        """One step; its losses."""
        ...

    def evaluate(self) -> dict[str, float]:
        """The losses of the averaged weights on recordings that were never learned."""
        ...

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        ...

    def export(self, folder: Path) -> None:
        """Write what a voice has of it: `config.json` and `model.safetensors`, averaged and in half precision."""
        ...
