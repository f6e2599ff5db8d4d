"""What is told while a training runs: a line now and then, and curves for TensorBoard."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from torch.utils.tensorboard import SummaryWriter

from app.training.running import Progress

LOGGER = logging.getLogger(__name__)
LINE_SECONDS = 15


class Logbook:
    """Writes the progress of a training as lines and as TensorBoard's events."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writer: SummaryWriter | None = None
        self.held_out: Mapping[str, float] = {}
        self.due = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.writer:
            self.writer.close()

    def write(self, progress: Progress) -> None:
        """Note the losses of a step."""
        self.writer = self.writer or SummaryWriter(str(self.folder))
        for name, value in progress.losses.items():
            self.writer.add_scalar(f"train/{name}", value, progress.step)
        listened = progress.held_out != self.held_out
        if listened:
            self.held_out = progress.held_out
            for name, value in self.held_out.items():
                self.writer.add_scalar(f"held_out/{name}", value, progress.step)
        if listened or time.monotonic() >= self.due:
            LOGGER.info(line(progress))
            self.due = time.monotonic() + LINE_SECONDS


def line(progress: Progress) -> str:
    """One line that people and the metric definitions of SageMaker can read."""
    named = {f"train_{name}": value for name, value in progress.losses.items()}
    named |= {f"held_out_{name}": value for name, value in progress.held_out.items()}
    metrics = "".join(f" {name}={value:.4e};" for name, value in named.items())
    left = timedelta(seconds=round(progress.seconds_left))
    return f"sm_metric step={progress.step};{metrics} {progress.share:.0%} done, {left} left"
