"""Train the models of a voice: what the trainings of acoustic models and of vocoders have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from app.errors import SetupError
from app.training.clips import VocoderClip, stack
from app.training.export import write_checkpoint, write_raw_weights
from app.training.optimizer import Ema, compute_learning_rate, step_optimizer
from app.training.settings import TrainingSettings
from app.training.trainer import StatePart, TrainingModule

C = TypeVar("C")


def split_clips(shuffled: Sequence[C], most: int) -> tuple[Sequence[C], Sequence[C]]:
    """Return the clips to evaluate on, the first tenth but at most `most`, and the others."""
    held_out = min(most, len(shuffled) // 10)
    if not held_out:
        raise SetupError(f"{len(shuffled)} usable recordings are too few: at least 10 are needed.")
    return shuffled[:held_out], shuffled[held_out:]


@dataclass(frozen=True, slots=True)
class OptimizerConfig:
    """Optimizer settings of a kind of model."""

    learning_rate: float
    warm_up: int
    """Steps over which the learning rate rises."""
    half_life: int
    """Steps in which the learning rate halves."""
    bound: float
    """Maximum norm of the gradient."""
    averaged: float
    """Fraction of the averaged weights kept at each step."""


class ModelTask(TrainingModule):
    """Training of one model of a voice."""

    pace: OptimizerConfig
    optimizer: torch.optim.Optimizer

    def __init__(self, model: nn.Module, settings: TrainingSettings) -> None:
        self.model: Any = model.train()
        self.batch_size, self.seed = settings.batch_size, settings.seed
        self.learning_rate = settings.learning_rate or self.pace.learning_rate
        self.average = Ema(model, self.pace.averaged)

    @abstractmethod
    def train_batch(self) -> dict[str, Tensor]:
        """Train on the batch of the current step and return its losses."""

    def step(self) -> dict[str, float]:
        losses = self.train_batch()
        self.number += 1
        self.average.update(self.number)
        return {name: loss.item() for name, loss in losses.items()}

    def minimize(self, loss: Tensor) -> None:
        """Step the model's optimizer."""
        rate = compute_learning_rate(self.learning_rate, self.number, self.pace.warm_up, self.pace.half_life)
        step_optimizer(self.optimizer, loss, self.pace.bound, rate)

    def list_parts(self) -> dict[str, StatePart]:
        return {"model": self.model, "averaged": self.average, "optimizer": self.optimizer}


class VocoderTask(ModelTask):
    """Training of a vocoder on excerpts of clips. `config` is the generator's `config.json`."""

    segment_frames: int
    """Frames of each excerpt in a batch."""

    def __init__(
        self,
        generator: nn.Module,
        config: Mapping[str, Any],
        held_out: Sequence[VocoderClip],
        clips: Sequence[VocoderClip],
        settings: TrainingSettings,
    ) -> None:
        super().__init__(generator, settings)
        self.config = config
        self.held_out, self.clips = held_out, clips
        self.epoch = -(-sum(one.frames for one in clips) // (self.segment_frames * self.batch_size))

    @abstractmethod
    def measure(self, clip: VocoderClip) -> dict[str, Tensor]:
        """Return the losses of one held-out clip, a batch of one."""

    def evaluate(self) -> dict[str, float]:
        with self.average.apply():
            rows = [self.measure(stack([one])) for one in self.held_out]
        return {name: sum(row[name].item() for row in rows) / len(rows) for name in rows[0]}

    def collect_modules(self) -> nn.Module:
        """Return all modules whose weights before averaging a later training needs."""
        return self.model  # type: ignore[no-any-return]

    def export(self, folder: Path) -> None:
        write_checkpoint(folder, self.config, self.average.halve_precision())
        write_raw_weights(folder, self.collect_modules(), self.number)
