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
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from app.errors import SetupError
from app.synthesis.coqui import HifiganGenerator, fill_weights
from app.synthesis.models.nsf import HifiganSourceGenerator
from app.synthesis.models.vocos import VocosSourceGenerator
from app.training.clips import VocoderClip, stack
from app.training.export import write_checkpoint, write_raw_weights
from app.training.losses import (
    Discriminators,
    SpectralDistances,
    compute_discriminator_loss,
    compute_feature_matching_loss,
    compute_generator_loss,
    compute_pitch_loss,
)
from app.training.optimizer import Ema, compute_learning_rate, step_optimizer
from app.training.settings import TrainingSettings
from app.training.trainer import StatePart, TrainingModule
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
LEARNING_RATE, DISCRIMINATOR_LEARNING_RATE = 5e-4, 2e-4
"""Learning rates of the generator and of the discriminators."""
BETAS = (0.8, 0.99)
MAX_GRADIENT_NORM = 50.0
"""Maximum norm of the gradient."""
WARM_UP, HALF_LIFE = 100, 30_000
"""Steps over which the learning rates rise, and steps in which they halve."""
DISCRIMINATOR_RAMP_STEPS = 300
"""Steps over which the generator's losses by the discriminators rise to their full weight."""
EMA_DECAY = 0.999
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


class HifiganTask(TrainingModule):
    """Training of HiFi-GAN. `config` is the generator's `config.json`; utterances under 64 frames are left out."""

    segment_frames = SEGMENT_FRAMES

    def __init__(
        self,
        generator: HifiganGenerator,
        config: Mapping[str, Any],
        utterances: Iterable[VocoderClip],
        settings: TrainingSettings,
        stages: Stages,
    ) -> None:
        self.generator = generator.train()
        self.config = config
        self.stages = stages
        self.batch_size, self.seed = settings.batch_size, settings.seed
        self.learning_rate = settings.learning_rate or LEARNING_RATE
        usable = [one for one in utterances if one.frames >= MIN_FRAMES]
        random.Random(0).shuffle(usable)
        held_out = min(MAX_HELD_OUT, len(usable) // 10)
        if not held_out:
            raise SetupError(f"{len(usable)} usable recordings are too few: at least 10 are needed.")
        self.held_out, self.utterances = usable[:held_out], usable[held_out:]
        self.epoch = -(-sum(one.frames for one in self.utterances) // (self.segment_frames * self.batch_size))
        self.optimizer = torch.optim.AdamW(generator.parameters(), self.learning_rate, BETAS)
        self.average = Ema(generator, EMA_DECAY)
        self.distances = SpectralDistances(AudioConfig.from_dict(config["audio"]).sample_rate)
        # The discriminators' initial weights depend on the seed alone, not on earlier random draws.
        with torch.random.fork_rng():
            torch.manual_seed(self.seed)
            self.discriminators = Discriminators()
        self.telling_optimizer = torch.optim.AdamW(self.discriminators.parameters(), DISCRIMINATOR_LEARNING_RATE, BETAS)

    def step(self) -> dict[str, float]:
        chance = random.Random(f"{self.seed}-{self.number}")
        noise = torch.Generator().manual_seed(chance.getrandbits(63))
        batch = self.draw(chance, self.segment_frames)
        generated = self.speak(batch, noise)
        losses = self.distances(generated, batch.samples)
        total = MEL_WEIGHT * losses["mel"] + STFT_WEIGHT * losses["stft"]
        joined = self.number - self.stages.discriminators
        if joined >= 0:
            judged = self.step_discriminators(chance, generated, batch.samples)
            entered = min(1.0, joined / DISCRIMINATOR_RAMP_STEPS)
            total = total + entered * (ADVERSARIAL_WEIGHT * judged["passing"] + FEATURE_WEIGHT * judged["features"])
            losses |= judged
        rate = compute_learning_rate(self.learning_rate, self.number, WARM_UP, HALF_LIFE)
        step_optimizer(self.optimizer, total, MAX_GRADIENT_NORM, rate)
        self.number += 1
        self.average.update(self.number)
        return {name: loss.item() for name, loss in losses.items()}

    def draw(self, chance: random.Random, frames: int) -> VocoderClip:
        """Draw excerpts of random recordings, each with a random gain."""
        parts = []
        for one in chance.choices(self.utterances, k=self.batch_size):
            part = one.cut(chance.randrange(one.frames - frames + 1), frames)
            gain = chance.uniform(*LOG_GAIN_RANGE)
            louder = (part.samples * math.exp(gain)).clamp(-1, 1)
            parts.append(replace(part, samples=louder, mel=(part.mel + gain).clamp(min=SILENCE)))
        return stack(parts)

    def speak(self, batch: VocoderClip, noise: torch.Generator) -> Tensor:
        """Generate the samples (B, T * hop) of a training batch."""
        generated: Tensor = self.generator(batch.mel)[:, 0]
        return generated

    def step_discriminators(self, chance: random.Random, generated: Tensor, recorded: Tensor) -> dict[str, Tensor]:
        """Train discriminators for one step; return their loss `telling`, then the generator's losses by them."""
        judges = self.discriminators.draw(chance)
        since = self.number - self.stages.discriminators
        rate = compute_learning_rate(DISCRIMINATOR_LEARNING_RATE, since, WARM_UP, HALF_LIFE)
        real = [judge(recorded) for judge in judges]
        telling = compute_discriminator_loss(real, [judge(generated.detach()) for judge in judges])
        step_optimizer(self.telling_optimizer, telling, MAX_GRADIENT_NORM, rate)
        self.discriminators.requires_grad_(False)
        false = [judge(generated) for judge in judges]
        self.discriminators.requires_grad_(True)
        return {
            "telling": telling.detach(),
            "passing": compute_generator_loss(false),
            "features": compute_feature_matching_loss(real, false),
        }

    def evaluate(self) -> dict[str, float]:
        with self.average.apply():
            rows = [self.measure(stack([one.cut(0, EVALUATED_FRAMES)])) for one in self.held_out]
        return {name: sum(row[name].item() for row in rows) / len(rows) for name in rows[0]}

    def measure(self, clip: VocoderClip) -> dict[str, Tensor]:
        """Return the losses of one utterance, generated as in the service in a batch of one."""
        return self.distances(self.generator(clip.mel)[:, 0], clip.samples)  # type: ignore[no-any-return]

    def list_parts(self) -> dict[str, StatePart]:
        return {
            "model": self.generator,
            "averaged": self.average,
            "optimizer": self.optimizer,
            "discriminators": self.discriminators,
            "telling_optimizer": self.telling_optimizer,
        }

    def export(self, folder: Path) -> None:
        write_checkpoint(folder, self.config, self.average.halve_precision())
        write_raw_weights(folder, self.collect_modules(), self.number)

    def resume_from(self, raw: Mapping[str, Tensor]) -> None:
        """Start from an earlier training's discriminators and its generator before averaging."""
        fill_weights(self.collect_modules(), raw, "HiFi-GAN and its discriminators")

    def collect_modules(self) -> nn.ModuleDict:
        """Return all modules that have weights."""
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

    def __init__(
        self,
        generator: HifiganSourceGenerator | VocosSourceGenerator,
        config: Mapping[str, Any],
        utterances: Iterable[VocoderClip],
        settings: TrainingSettings,
        stages: Stages,
    ) -> None:
        super().__init__(generator, config, utterances, settings, stages)
        # The main optimizer also holds these weights but never changes them: its losses have no gradient for them.
        self.pitch_optimizer = torch.optim.AdamW(generator.pitch.parameters(), PITCH_LEARNING_RATE)

    def step(self) -> dict[str, float]:
        pitch = self.train_pitch(random.Random(f"{self.seed}-{self.number}-pitch"))
        return pitch | super().step()

    def train_pitch(self, chance: random.Random) -> dict[str, float]:
        """Train pitch and voicing for one step, only on recorded mels: predicted ones have a pitch of their own."""
        noise = torch.Generator().manual_seed(chance.getrandbits(63))
        batch = self.draw(chance, PITCH_SEGMENT_FRAMES)
        mel = batch.mel + MEL_NOISE * torch.randn(batch.mel.shape, generator=noise)
        loss = compute_pitch_loss(self.generator.pitch(mel), batch.pitch, batch.voicing, batch.recorded)
        step_optimizer(self.pitch_optimizer, loss, MAX_GRADIENT_NORM)
        return {"pitch": loss.item()}

    def measure(self, clip: VocoderClip) -> dict[str, Tensor]:
        """Return the losses of one utterance, its pitch error in semitones and its fraction of wrong voicing."""
        pitch, voicing = self.generator.pitch(clip.mel)
        apart = ((pitch - clip.pitch).abs() * clip.voicing).sum() / clip.voicing.sum().clamp(min=1)
        wrong = ((voicing > 0) != (clip.voicing > 0)).float().mean()
        distances = self.distances(self.vocode(clip.mel), clip.samples)
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
        white = torch.randn(batch.samples.shape, generator=noise)
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
