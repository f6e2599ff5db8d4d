"""GlowTTS (arXiv 2005.11129) in training: coqui's model, `train_step` and loss; the emotion is the speaker.

Where the recordings say how long each phoneme lasts, nothing is searched: that is what makes training on a CPU
possible. Elsewhere coqui's monotonic search aligns tokens and frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch import Tensor

from app.speech.coqui import known_alignment
from app.training.acoustic import Acoustic
from app.training.acoustic_task import AcousticTask, Pace, alignment, collate
from app.training.clips import Clip
from app.training.settings import TrainingSettings

PACE = Pace(learning_rate=8e-4, warm_up=200, half_life=8000, bound=5.0, averaged=0.999)


class GlowTask(AcousticTask):
    """See `task.Task`."""

    def __init__(self, start: Acoustic, clips: Sequence[Clip], settings: TrainingSettings) -> None:
        super().__init__(start, clips, settings, PACE)
        if start.scratch:
            self.start_normalization()
        self.model.run_data_dep_init = False

    def start_normalization(self) -> None:
        """Glow's layers of normalisation begin with the mean and the variance of one batch."""
        self.model.run_data_dep_init = True
        self.losses(self.batch())
        self.average.load_state_dict(self.model.state_dict())

    def losses(self, clips: Sequence[Clip]) -> dict[str, Tensor]:
        """coqui's losses of some clips; none while the normalisation begins."""
        path = alignment(clips)
        aligned = nullcontext() if path is None else known_alignment(path)
        with aligned, torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            _, losses = self.model.train_step(collate(clips, self.start.speakers), self.criterion)
        return losses or {}
