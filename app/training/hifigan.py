"""Train vocoders on the sound of recordings by spectral distances and discriminators: HiFi-GAN, and Vocos' later steps.

With a harmonic source, HiFi-GAN's excitation comes first, then the generator, then the discriminators. The excitation
alone is cheap to train and already speech. It uses the recordings' own pitch; the small network that reads pitch and
voicing from a mel spectrogram is trained alongside. Vocos learns so from recordings without a teacher's spectra.
"""

from __future__ import annotations

import math
import random
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from app.synthesis.coqui import HifiganGenerator, fill_weights
from app.synthesis.models.nsf import HifiganSourceGenerator
from app.synthesis.models.vocos import VocosSourceGenerator
from app.training.clips import VocoderClip, stack
from app.training.losses import (
    Discriminators,
    SpectralDistances,
    compute_discriminator_loss,
    compute_feature_matching_loss,
    compute_generator_loss,
    compute_pitch_loss,
)
from app.training.optimizer import compute_learning_rate, step_optimizer
from app.training.settings import TrainingSettings
from app.training.task import OptimizerConfig, VocoderTask, split_clips
from app.training.trainer import StatePart
from app.voices import AudioConfig

MAX_HELD_OUT = 16
"""Recordings used only for evaluation; at most a tenth of all recordings."""
EVALUATED_FRAMES = 128
"""Frames to evaluate of each held-out recording: a wide generator on a CPU is slower than real time."""
MIN_FRAMES = 64
"""Minimum frames of a usable recording."""
SEGMENT_FRAMES = 32
"""Frames of each excerpt in a batch."""
VOCOS_SEGMENT_FRAMES = 64
"""The same for Vocos, which looks at 27 frames on each side."""
DISCRIMINATOR_LEARNING_RATE = 2e-4
BETAS = (0.8, 0.99)
DISCRIMINATOR_RAMP_STEPS = 300
"""Steps over which the generator's losses by the discriminators rise to their full weight."""
MEL_WEIGHT, STFT_WEIGHT, ADVERSARIAL_WEIGHT, FEATURE_WEIGHT = 15.0, 5.0, 8.0, 16.0
LOG_GAIN_RANGE = (-0.5, 0.35)
"""Range of the random gain of recordings, as a natural logarithm."""
SILENCE = math.log(1e-5)


@dataclass(frozen=True, slots=True)
class Stages:
    """Steps at which the training changes; all 0 for a generator that continues an earlier training."""

    network: int = 0
    """Until this step only the excitation is trained, if the generator has one."""
    discriminators: int = 0
    """From this step on the discriminators take part."""


SCRATCH_STAGES = Stages(network=1000, discriminators=3000)
"""Stages for random weights."""


class HifiganTask(VocoderTask):
    """Training of HiFi-GAN; utterances under 64 frames are left out."""

    segment_frames = SEGMENT_FRAMES
    pace = OptimizerConfig(learning_rate=5e-4, warm_up=100, half_life=30_000, bound=50.0, averaged=0.999)

    def __init__(
        self,
        generator: HifiganGenerator,
        config: Mapping[str, Any],
        utterances: Iterable[VocoderClip],
        settings: TrainingSettings,
        stages: Stages,
    ) -> None:
        usable = [one for one in utterances if one.frames >= MIN_FRAMES]
        random.Random(0).shuffle(usable)
        held_out, clips = split_clips(usable, MAX_HELD_OUT)
        super().__init__(generator, config, [one.cut(0, EVALUATED_FRAMES) for one in held_out], clips, settings)
        self.generator = generator
        self.stages = stages
        self.optimizer = torch.optim.AdamW(generator.parameters(), self.learning_rate, BETAS)
        self.distances = SpectralDistances(AudioConfig.from_dict(config["audio"]).sample_rate)
        # The discriminators' initial weights depend on the seed alone, not on earlier random draws.
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            self.discriminators = Discriminators()
        self.telling_optimizer = torch.optim.AdamW(self.discriminators.parameters(), DISCRIMINATOR_LEARNING_RATE, BETAS)

    def train_batch(self) -> dict[str, Tensor]:
        chance = random.Random(f"{self.seed}-{self.number}")
        noise = torch.Generator().manual_seed(chance.getrandbits(63))
        batch = self.draw(chance, self.segment_frames)
        generated = self.speak(batch, noise)
        losses = self.distances(generated, batch.target)
        total = MEL_WEIGHT * losses["mel"] + STFT_WEIGHT * losses["stft"]
        joined = self.number - self.stages.discriminators
        if joined >= 0:
            judged = self.step_discriminators(chance, generated, batch.target)
            entered = min(1.0, joined / DISCRIMINATOR_RAMP_STEPS)
            total = total + entered * (ADVERSARIAL_WEIGHT * judged["passing"] + FEATURE_WEIGHT * judged["features"])
            losses |= judged
        self.minimize(total)
        return losses  # type: ignore[no-any-return]

    def draw(self, chance: random.Random, frames: int) -> VocoderClip:
        """Draw excerpts of random recordings, each with a random gain."""
        parts = []
        for one in chance.choices(self.clips, k=self.batch_size):
            part = one.cut(chance.randrange(one.frames - frames + 1), frames)
            gain = chance.uniform(*LOG_GAIN_RANGE)
            louder = (part.target * math.exp(gain)).clamp(-1, 1)
            parts.append(replace(part, target=louder, mel=(part.mel + gain).clamp(min=SILENCE)))
        return stack(parts)

    def speak(self, batch: VocoderClip, noise: torch.Generator) -> Tensor:
        """Generate the samples (B, T * hop) of a training batch."""
        generated: Tensor = self.generator(batch.mel)[:, 0]
        return generated

    def step_discriminators(self, chance: random.Random, generated: Tensor, recorded: Tensor) -> dict[str, Tensor]:
        """Train discriminators for one step; return their loss `telling`, then the generator's losses by them."""
        judges = self.discriminators.draw(chance)
        since = self.number - self.stages.discriminators
        rate = compute_learning_rate(DISCRIMINATOR_LEARNING_RATE, since, self.pace.warm_up, self.pace.half_life)
        real = [judge(recorded) for judge in judges]
        telling = compute_discriminator_loss(real, [judge(generated.detach()) for judge in judges])
        step_optimizer(self.telling_optimizer, telling, self.pace.bound, rate)
        self.discriminators.requires_grad_(False)
        false = [judge(generated) for judge in judges]
        self.discriminators.requires_grad_(True)
        return {
            "telling": telling.detach(),
            "passing": compute_generator_loss(false),
            "features": compute_feature_matching_loss(real, false),
        }

    def measure(self, clip: VocoderClip) -> dict[str, Tensor]:
        """Return the losses of one utterance, generated as in the service in a batch of one."""
        return self.distances(self.generator(clip.mel)[:, 0], clip.target)  # type: ignore[no-any-return]

    def list_parts(self) -> dict[str, StatePart]:
        parts = super().list_parts()
        return {**parts, "discriminators": self.discriminators, "telling_optimizer": self.telling_optimizer}

    def resume_from(self, raw: Mapping[str, Tensor]) -> None:
        """Start from an earlier training's discriminators and its generator before averaging."""
        fill_weights(self.collect_modules(), raw, "HiFi-GAN and its discriminators")

    def collect_modules(self) -> nn.ModuleDict:
        return nn.ModuleDict({"generator": self.generator, "discriminators": self.discriminators})


PITCH_SEGMENT_FRAMES = MIN_FRAMES
"""Frames; the pitch network looks at 16 on each side, too many to lose from a shorter excerpt."""
PITCH_LEARNING_RATE = 1e-3
MEL_NOISE = 0.15
"""Standard deviation of the noise added to the mel spectrogram, as an acoustic model's is never exact."""
SEMITONES_PER_OCTAVE = 12


class SourceTask(HifiganTask):
    """Training of a vocoder with a harmonic source; the utterances need a pitch."""

    generator: HifiganSourceGenerator | VocosSourceGenerator

    @cached_property
    def pitch_optimizer(self) -> torch.optim.Optimizer:
        """Optimizer of the pitch network. The other one never changes it: its losses have no gradient for it."""
        return torch.optim.AdamW(self.generator.pitch.parameters(), PITCH_LEARNING_RATE)

    def train_batch(self) -> dict[str, Tensor]:
        pitch = self.train_pitch(random.Random(f"{self.seed}-{self.number}-pitch"))
        return {"pitch": pitch, **super().train_batch()}

    def train_pitch(self, chance: random.Random) -> Tensor:
        """Train pitch and voicing for one step and return the loss, which only recorded mels have.

        Predicted ones have a pitch of their own.
        """
        noise = torch.Generator().manual_seed(chance.getrandbits(63))
        batch = self.draw(chance, PITCH_SEGMENT_FRAMES)
        mel = batch.mel + MEL_NOISE * torch.randn(batch.mel.shape, generator=noise)
        loss = compute_pitch_loss(self.generator.pitch(mel), batch.pitch, batch.voicing, batch.recorded)
        step_optimizer(self.pitch_optimizer, loss, self.pace.bound)
        return loss

    def measure(self, clip: VocoderClip) -> dict[str, Tensor]:
        """Return the losses of one utterance, its pitch error in semitones and its fraction of wrong voicing."""
        pitch, voicing = self.generator.pitch(clip.mel)
        apart = ((pitch - clip.pitch).abs() * clip.voicing).sum() / clip.voicing.sum().clamp(min=1)
        wrong = ((voicing > 0) != (clip.voicing > 0)).float().mean()
        distances = self.distances(self.vocode(clip.mel), clip.target)
        return {**distances, "semitones": SEMITONES_PER_OCTAVE * apart, "voicing": wrong}

    @abstractmethod
    def vocode(self, mel: Tensor) -> Tensor:
        """Generate samples (B, T * hop) from (B, n_mels, T) as in the service, with the pitch read from it."""

    def list_parts(self) -> dict[str, StatePart]:
        return {**super().list_parts(), "pitch_optimizer": self.pitch_optimizer}


class HifiganSourceTask(SourceTask):
    """Training of HiFi-GAN with a harmonic source."""

    generator: HifiganSourceGenerator

    def speak(self, batch: VocoderClip, noise: torch.Generator) -> Tensor:
        """Generate the samples of a training batch; in the first stage they are the excitation alone."""
        white = torch.randn(batch.target.shape, generator=noise)
        excitation = self.generator.source(batch.mel, batch.pitch, batch.voicing, white)
        if self.number < self.stages.network:
            return torch.tanh(self.generator.direct(excitation))[:, 0]
        generated: Tensor = self.generator(batch.mel, excitation)[:, 0]
        return generated

    def vocode(self, mel: Tensor) -> Tensor:
        hop = self.generator.source_config.hop_length
        white = torch.randn((len(mel), mel.shape[2] * hop), generator=torch.Generator().manual_seed(0))
        generated: Tensor = self.generator(mel, self.generator.excite(mel, white))[:, 0]
        return generated


class VocosSoundTask(SourceTask):
    """Training of Vocos with a harmonic source on recordings that have no spectra."""

    generator: VocosSourceGenerator
    segment_frames = VOCOS_SEGMENT_FRAMES

    def speak(self, batch: VocoderClip, noise: torch.Generator) -> Tensor:
        return self.generator.vocode(batch.mel, batch.pitch, batch.voicing)

    def vocode(self, mel: Tensor) -> Tensor:
        generated: Tensor = self.generator(mel)
        return generated
