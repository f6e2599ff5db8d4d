"""Runs a training: steps until the time is over, saved as it goes, resumed from where it ended."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import save_file
from torch import Tensor

LOGGER = logging.getLogger(__name__)

CHECKPOINT = "training.pt"
SAVE_SECONDS = 120


class Task(Protocol):
    """A network in training. All chance of a step comes from a seed and the step's number."""

    number: int
    """Steps that are done."""
    averaged: dict[str, Tensor]
    """Exponential moving average of the weights: what ships."""

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


def run(task: Task, output: Path, seconds: float) -> None:
    """Train for some time; losses that are no numbers end it, and leave the last good checkpoint."""
    output.mkdir(parents=True, exist_ok=True)
    checkpoint = output / CHECKPOINT
    if checkpoint.exists():
        task.restore(torch.load(checkpoint, weights_only=True))
    ended = time.monotonic() + seconds
    saved = time.monotonic()
    while time.monotonic() < ended:
        losses = task.step()
        if not all(map(math.isfinite, losses.values())):
            raise SystemExit(f"Step {task.number} gave {losses}; {checkpoint} holds the last good weights.")
        if time.monotonic() - saved > SAVE_SECONDS:
            save(task, output)
            saved = time.monotonic()
            LOGGER.info("step %d, held out %s", task.number, {k: round(v, 4) for k, v in task.evaluate().items()})
    save(task, output)


def save(task: Task, output: Path) -> None:
    """The checkpoint, and the averaged weights in half precision as a voice has them."""
    partial = output / "training.tmp"
    torch.save(task.state(), partial)
    partial.replace(output / CHECKPOINT)
    weights = {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in task.averaged.items()}
    save_file(weights, output / "model.safetensors", {"step": str(task.number)})
