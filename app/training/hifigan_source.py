"""HiFi-GAN with a harmonic source in training: the excitation, then the generator with it, then discriminators.

The excitation alone is cheap to learn, and already speech. It learns from the recordings' own pitch; the small network
that reads pitch and voicing from a mel spectrogram is taught beside it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from app.speech.source import HifiganSourceGenerator
from app.training.hifigan import BOUND, SHORTEST, HifiganTask, Stages
from app.training.optimize import descend
from app.training.resumable import Part
from app.training.settings import TrainingSettings
from app.training.utterances import Utterance

PITCH_SEGMENT = SHORTEST
"""Frames; the pitch network looks 16 to each side, more than is worth losing of a shorter stretch."""
PITCH_RATE = 1e-3
MEL_NOISE = 0.15
"""Standard deviation of what is added to the mel spectrogram, as an acoustic model's is never quite right."""
SEMITONES = 12


class HifiganSourceTask(HifiganTask):
    """See `task.Task`; the utterances need a pitch."""

    generator: HifiganSourceGenerator

    def __init__(
        self,
        generator: HifiganSourceGenerator,
        config: Mapping[str, Any],
        utterances: Iterable[Utterance],
        settings: TrainingSettings,
        stages: Stages,
    ) -> None:
        super().__init__(generator, config, utterances, settings, stages)
        # The other optimizer has these weights too, and leaves them alone: its losses have no gradient for them.
        self.pitch_optimizer = torch.optim.AdamW(generator.pitch.parameters(), PITCH_RATE)

    def step(self) -> dict[str, float]:
        """See `Task.step`."""
        pitch = self.pitch_step(random.Random(f"{self.seed}-{self.number}-pitch"))
        return pitch | super().step()

    def pitch_step(self, chance: random.Random) -> dict[str, float]:
        """Teach pitch and voicing."""
        noise = torch.Generator().manual_seed(chance.getrandbits(63))
        batch = self.draw(chance, PITCH_SEGMENT)
        mel = batch.mel + MEL_NOISE * torch.randn(batch.mel.shape, generator=noise)
        pitch, voicing = self.generator.pitch(mel)
        distance = ((pitch - batch.pitch).abs() * batch.voicing).sum() / batch.voicing.sum().clamp(min=1)
        loss = F.binary_cross_entropy_with_logits(voicing, batch.voicing) + 4 * distance
        descend(self.pitch_optimizer, loss, BOUND)
        return {"pitch": loss.item()}

    def speak(self, batch: Utterance, noise: torch.Generator) -> Tensor:
        """See `HifiganTask.speak`; in the first stage the excitation alone."""
        white = torch.randn(batch.samples.shape, generator=noise)
        excitation = self.generator.source(batch.mel, batch.pitch, batch.voicing, white)
        if self.number < self.stages.network:
            return torch.tanh(self.generator.direct(excitation))[:, 0]
        made: Tensor = self.generator(batch.mel, excitation)[:, 0]
        return made

    def measure(self, heard: Utterance) -> dict[str, Tensor]:
        """See `HifiganTask.measure`; also how far off the pitch is, in semitones, and the share of wrong voicing."""
        white = torch.randn(heard.samples.shape, generator=torch.Generator().manual_seed(0))
        made = self.generator(heard.mel, self.generator.excite(heard.mel, white))[:, 0]
        pitch, voicing = self.generator.pitch(heard.mel)
        apart = ((pitch - heard.pitch).abs() * heard.voicing).sum() / heard.voicing.sum().clamp(min=1)
        wrong = ((voicing > 0) != (heard.voicing > 0)).float().mean()
        return {**self.distances(made, heard.samples), "semitones": SEMITONES * apart, "voicing": wrong}

    def parts(self) -> dict[str, Part]:
        """See `Resumable.parts`."""
        return {**super().parts(), "pitch_optimizer": self.pitch_optimizer}
