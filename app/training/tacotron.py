"""Tacotron 2 (arXiv 1712.05884) in training, with dynamic convolution attention (arXiv 1910.10288).

coqui's model, `train_step` and losses, among them guided attention (arXiv 1710.08969), which draws the attention to the
diagonal. Where the recordings say how long each phoneme lasts, the attention is taught where to be at each step:
minutes of recordings then suffice for it to learn to read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from app.training.acoustic import Acoustic
from app.training.acoustic_task import AcousticTask, Pace, alignment, collate
from app.training.clips import Clip
from app.training.export import write_checkpoint
from app.training.settings import TrainingSettings

PACE = Pace(learning_rate=1e-3, warm_up=50, half_life=4000, bound=1.0, averaged=0.99)
TAUGHT_WEIGHT = 1.0
"""Of the loss that teaches the attention."""
LEAST = 1e-6
"""Attention whose logarithm is still taken."""


class TacotronTask(AcousticTask):
    """See `task.Task`."""

    def __init__(self, start: Acoustic, clips: Sequence[Clip], settings: TrainingSettings) -> None:
        super().__init__(start, clips, settings, PACE)
        self.criterion = in_single_precision(self.criterion)

    def losses(self, clips: Sequence[Clip]) -> dict[str, Tensor]:
        """coqui's losses of some clips and, where it is known, how far the attention is from where it should be."""
        clips = sorted(clips, key=lambda clip: len(clip.ids), reverse=True)  # coqui's encoder packs them so
        frames_a_step = int(self.model.decoder.r)
        batch = with_stops(collate(clips, self.start.speakers), frames_a_step)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            outputs, losses = self.model.train_step(batch, self.criterion)
        path = alignment(clips)
        if path is not None:
            losses["attention_loss"] = attention_loss(outputs["alignments"], steps_of(path, frames_a_step))
            losses["loss"] = losses["loss"] + TAUGHT_WEIGHT * losses["attention_loss"]
        return {name: loss for name, loss in losses.items() if isinstance(loss, Tensor)}

    def export(self, folder: Path) -> None:
        """See `Task.export`; the weights say how many frames a step makes, which may be fewer than in the config."""
        frames_a_step = {"r": str(self.model.decoder.r)}
        write_checkpoint(folder, self.start.config, self.average.halved(), self.start.speakers, frames_a_step)


def in_single_precision(criterion: Callable[..., Any]) -> Callable[..., Any]:
    """A loss as it is outside of autocast: SSIM subtracts squares, and bfloat16 would leave noise of the difference."""

    def exact(*values: Any) -> Any:
        with torch.autocast("cpu", enabled=False):
            return criterion(*values)

    return exact


def attention_loss(alignments: Tensor, target: Tensor) -> Tensor:
    """Mean cross entropy of the attention, (B, steps, tokens), and where it should be, (B, tokens, steps)."""
    wanted = target.transpose(1, 2)
    return -(wanted * alignments.float().clamp(min=LEAST).log()).sum() / wanted.sum()


def with_stops(batch: Mapping[str, Any], frames_a_step: int) -> dict[str, Any]:
    """A batch whose frames are whole decoder steps, with the targets of the stop token: 1 from the last step on."""
    frames = batch["mel_input"].shape[1]
    steps = -(-frames // frames_a_step)
    needed = -(-batch["mel_lengths"] // frames_a_step)
    return {
        **batch,
        "mel_input": F.pad(batch["mel_input"], (0, 0, 0, steps * frames_a_step - frames)),
        "stop_targets": (torch.arange(steps) >= needed[:, None] - 1).float(),
        "stop_target_lengths": needed,
    }


def steps_of(path: Tensor, frames_a_step: int) -> Tensor:
    """Alignment of frames -> of decoder steps: (B, tokens, T) -> (B, tokens, ceil(T / r)), shares of each step."""
    padded = F.pad(path, (0, -path.shape[2] % frames_a_step))
    return padded.reshape(*path.shape[:2], -1, frames_a_step).mean(3)
