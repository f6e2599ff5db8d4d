"""What training any acoustic model has in common: which clips a step learns from, and what is saved and shipped."""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from app.errors import SetupError
from app.training.acoustic import Acoustic
from app.training.clips import Clip
from app.training.export import write_checkpoint
from app.training.optimize import Average, decayed, descend, set_rate
from app.training.resumable import Part, Resumable
from app.training.settings import TrainingSettings

HELD_OUT = 24
"""Clips that are only listened to; fewer where there are few."""
LONGEST = 1100
"""Frames; longer clips are left out, a batch needs memory for its longest."""
POOL = 16
"""Batches that are drawn together and sorted by length, so that little is padded."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a kind of model learns best."""

    learning_rate: float
    warm_up: int
    """Steps in which the learning rate rises."""
    half_life: int
    """Steps in which it halves."""
    bound: float
    """Norm of the gradient."""
    averaged: float
    """Share of the averaged weights that stays at each step."""


class AcousticTask(Resumable):
    """See `task.Task`."""

    def __init__(self, start: Acoustic, clips: Sequence[Clip], settings: TrainingSettings, pace: Pace) -> None:
        self.start = start
        self.pace = pace
        self.model = start.model.train()
        self.criterion = self.model.get_criterion()
        self.batch_size, self.seed = settings.batch_size, settings.seed
        self.learning_rate = settings.learning_rate or pace.learning_rate
        shuffled = random.Random(0).sample(clips, len(clips))
        held_out = min(HELD_OUT, len(clips) // 10)
        if not held_out:
            raise SetupError(f"{len(clips)} usable clips are too few: at least 10 are needed.")
        self.held_out = shuffled[:held_out]
        self.clips = [clip for clip in shuffled[held_out:] if clip.mel.shape[1] <= LONGEST]
        self.bf16 = torch.cpu._is_avx512_bf16_supported()
        self.number = 0
        self.epoch = -(-len(self.clips) // self.batch_size)
        parameters = self.model.parameters()
        self.optimizer = torch.optim.AdamW(parameters, self.learning_rate, betas=(0.9, 0.98), weight_decay=1e-6)
        self.average = Average(self.model, pace.averaged)

    @abstractmethod
    def losses(self, clips: Sequence[Clip]) -> dict[str, Tensor]:
        """The model's losses of some clips; `loss` is what is learned from."""

    def step(self) -> dict[str, float]:
        """See `Task.step`."""
        torch.manual_seed(self.seed * 1_000_003 + self.number)  # what dropout draws
        set_rate(self.optimizer, decayed(self.learning_rate, self.number, self.pace.warm_up, self.pace.half_life))
        losses = self.losses(self.batch())
        descend(self.optimizer, losses["loss"], self.pace.bound)
        self.number += 1
        self.average.follow(self.number)
        return {name: loss.item() for name, loss in losses.items()}

    def batch(self) -> list[Clip]:
        """Clips of like length: a random pool, sorted, of which this step takes one stretch."""
        pool, place = divmod(self.number, POOL)
        chance = random.Random(f"{self.seed}-{pool}")
        size = min(self.batch_size * POOL, len(self.clips))
        drawn = sorted(chance.sample(self.clips, size), key=lambda clip: clip.mel.shape[1])
        stretches = [drawn[start : start + self.batch_size] for start in range(0, size, self.batch_size)]
        chance.shuffle(stretches)
        return stretches[place % len(stretches)]

    def evaluate(self) -> dict[str, float]:
        """See `Task.evaluate`."""
        with self.average.applied(), torch.random.fork_rng():
            torch.manual_seed(self.seed)  # Tacotron drops values even then
            losses = self.losses(self.held_out)
        return {name: loss.item() for name, loss in losses.items()}

    def parts(self) -> dict[str, Part]:
        """See `Resumable.parts`."""
        return {"model": self.model, "averaged": self.average, "optimizer": self.optimizer}

    def export(self, folder: Path) -> None:
        """See `Task.export`."""
        write_checkpoint(folder, self.start.config, self.average.halved(), self.start.speakers)


def collate(clips: Sequence[Clip], speakers: Sequence[str]) -> dict[str, Any]:
    """A batch as coqui's `train_step` takes it: ids (B, tokens), mel (B, T, n_mels)."""
    named = [speakers.index(clip.emotion.value) for clip in clips] if speakers else None
    return {
        "text_input": nn.utils.rnn.pad_sequence([clip.ids for clip in clips], batch_first=True),
        "text_lengths": torch.tensor([len(clip.ids) for clip in clips]),
        "mel_input": nn.utils.rnn.pad_sequence([clip.mel.float().T for clip in clips], batch_first=True),
        "mel_lengths": torch.tensor([clip.mel.shape[1] for clip in clips]),
        "speaker_ids": torch.tensor(named) if named is not None else None,
        "d_vectors": None,
    }


def alignment(clips: Sequence[Clip]) -> Tensor | None:
    """Which token each frame belongs to, (B, tokens, frames), 0 or 1; None where that is not known of every clip."""
    known = [clip.frames for clip in clips if clip.frames is not None]
    if len(known) < len(clips):
        return None
    path = torch.zeros(len(clips), max(len(clip.ids) for clip in clips), max(clip.mel.shape[1] for clip in clips))
    for row, frames in enumerate(known):
        owner = torch.repeat_interleave(torch.arange(len(frames)), torch.from_numpy(frames))
        path[row, owner, torch.arange(len(owner))] = 1
    return path
