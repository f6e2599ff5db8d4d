"""Train Vocos (arXiv 2306.00814) with a harmonic source on the spectra that a teacher computed for each frame.

The recordings are those that `scripts/corpus` makes, with spectra beside the sound.

The harmonic and the free part have two losses each: the distance of log magnitudes, weighted by loudness, and the
cosine of the angle between phases, weighted likewise. The pitch network is trained alongside on the teacher's pitch.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import torch
from torch import Tensor

from app.errors import SetupError
from app.synthesis.models.vocos import VocosSourceGenerator
from app.synthesis.models.waveform import VocosConfig
from app.training.clips import MelPredictor, stack
from app.training.export import write_checkpoint, write_raw_weights
from app.training.losses import compute_pitch_loss
from app.training.optimizer import Ema, compute_learning_rate, step_optimizer
from app.training.settings import TrainingSettings
from app.training.spectrogram import compute_mel_spectrogram, interpolate_pitch
from app.training.trainer import StatePart, TrainingModule

HELD_OUT_SIZE = 16
"""Recordings used only for evaluation."""


@dataclass(frozen=True, slots=True)
class TeacherSample:
    """A recording or an excerpt of it, with the teacher's spectra."""

    mel: Tensor
    """(n_mels, T), log."""
    pitch: Tensor
    """(T,), log2(F0 / 100 Hz), interpolated where unvoiced."""
    voicing: Tensor
    """(T,), 0 or 1."""
    spectra: Tensor
    """(4, bins, T) in half precision, as `SpectrumNetwork` returns them."""
    recorded: Tensor
    """(), 1 if the mel spectrogram is that of the sound, 0 if an acoustic model predicted it."""

    def cut(self, start: int, length: int) -> TeacherSample:
        """Return `length` frames of the sample."""
        part = slice(start, start + length)
        return replace(
            self, **{name: getattr(self, name)[..., part] for name in ("mel", "pitch", "voicing", "spectra")}
        )


def read_teacher_samples(corpus: Path, config: VocosConfig, predict: MelPredictor | None = None) -> list[TeacherSample]:
    """Read all recordings of a corpus that have spectra, in an order that depends only on their names.

    With `predict`, each recording is followed by a copy with the mel spectrogram that an acoustic model predicts.
    """
    files = sorted((corpus / "spectra").glob("*.npy"))
    if len(files) <= HELD_OUT_SIZE:
        raise SetupError(f"{corpus}/spectra holds {len(files)} recordings; more than {HELD_OUT_SIZE} are needed.")
    random.Random(0).shuffle(files)
    with np.load(corpus / "pitch.npz") as pitches:
        taught = []
        for file in files:
            sample = read_teacher_sample(corpus, file, pitches[file.stem], config)
            taught.append(sample)
            predicted = predict(file.stem, sample.mel.shape[1]) if predict else None
            if predicted:
                start, mel = predicted
                taught.append(replace(sample.cut(start, mel.shape[1]), mel=mel, recorded=torch.tensor(0.0)))
        return taught


def read_teacher_sample(corpus: Path, file: Path, pitch: npt.NDArray[np.float16], config: VocosConfig) -> TeacherSample:
    """Read one recording, cut to the length of its spectra."""
    spectra = np.load(file, allow_pickle=False)
    frames = spectra.shape[2]
    samples, rate = soundfile.read(corpus / "wavs" / f"{file.stem}.flac", dtype="float32")
    if rate != config.sample_rate or spectra.shape[:2] != (4, config.bins):
        raise SetupError(
            f"{file.stem}: {rate} Hz and spectra of {spectra.shape[:2]} do not fit a vocoder of "
            f"{config.sample_rate} Hz and {config.bins} bins."
        )
    mel = compute_mel_spectrogram(torch.from_numpy(samples[: frames * config.hop_length]), config)
    curve, voicing = interpolate_pitch(pitch[:frames].astype(np.float32))
    return TeacherSample(
        mel, torch.from_numpy(curve), torch.from_numpy(voicing), torch.from_numpy(spectra), recorded=torch.tensor(1.0)
    )


DEFAULT_CONFIG: dict[str, Any] = {
    "architecture": "vocos_source",
    "audio": {
        "sample_rate": 24000,
        "fft_size": 1200,
        "win_length": 1200,
        "hop_length": 300,
        "num_mels": 80,
        "mel_fmin": 0,
        "mel_fmax": 8000,
    },
    "network": {"channels": 256, "blocks": 8, "pitch_channels": 128},
}
SEGMENT_FRAMES = 64
"""Frames of each excerpt in a batch."""
LEARNING_RATE = 1e-3
MAX_GRADIENT_NORM = 5.0
"""Maximum norm of the gradient."""
WARM_UP = 200
HALF_LIFE = 6000
"""Steps in which the learning rate halves."""
EMA_DECAY = 0.998
"""Fraction of the averaged weights kept at each step."""
MIN_LOG_MAGNITUDE = -12.0
"""Log magnitude up to which a bin has no weight."""
MAX_LOG_MAGNITUDE = 7.0
LOG_GAIN_RANGE = (-0.5, 0.35)
"""Range of the random gain of recordings, as a natural logarithm."""
MAX_MEL_NOISE = 0.15
"""Maximum standard deviation of the noise added to the mel spectrogram, as an acoustic model's is never exact."""
SILENCE = math.log(1e-5)


class VocosTask(TrainingModule):
    """Training of Vocos with a harmonic source."""

    def __init__(
        self,
        generator: VocosSourceGenerator,
        config: Mapping[str, Any],
        recordings: Sequence[TeacherSample],
        settings: TrainingSettings,
    ) -> None:
        self.generator = generator.train()
        self.config = config
        self.batch_size, self.seed = settings.batch_size, settings.seed
        self.learning_rate = settings.learning_rate or LEARNING_RATE
        self.held_out = recordings[:HELD_OUT_SIZE]
        self.recordings = [sample for sample in recordings[HELD_OUT_SIZE:] if sample.mel.shape[1] > SEGMENT_FRAMES]
        self.epoch = -(-sum(sample.mel.shape[1] for sample in self.recordings) // (SEGMENT_FRAMES * self.batch_size))
        self.optimizer = torch.optim.AdamW(generator.spectrum.parameters(), self.learning_rate, betas=(0.9, 0.98))
        self.pitch_optimizer = torch.optim.AdamW(generator.pitch.parameters(), self.learning_rate)
        self.average = Ema(generator, EMA_DECAY)
        self.bf16 = torch.cpu._is_avx512_bf16_supported()

    def step(self) -> dict[str, float]:
        chance = random.Random(f"{self.seed}-{self.number}")
        noise = torch.Generator().manual_seed(chance.getrandbits(63))
        batch = self.draw_batch(chance)
        gain = torch.empty(self.batch_size, 1, 1).uniform_(*LOG_GAIN_RANGE, generator=noise)
        mel = (batch.mel + gain).clamp(min=SILENCE)
        strength = MAX_MEL_NOISE * torch.rand(self.batch_size, 1, 1, generator=noise)
        mel = mel + strength * torch.randn(mel.shape, generator=noise)
        losses = self.train_spectrum(mel, batch, gain) | self.train_pitch(mel, batch)
        self.number += 1
        self.average.update(self.number)
        return losses

    def draw_batch(self, chance: random.Random) -> TeacherSample:
        """Draw excerpts of random recordings."""
        chosen = chance.choices(self.recordings, k=self.batch_size)
        return stack(
            [sample.cut(chance.randrange(sample.mel.shape[1] - SEGMENT_FRAMES), SEGMENT_FRAMES) for sample in chosen]
        )

    def train_spectrum(self, mel: Tensor, batch: TeacherSample, gain: Tensor) -> dict[str, float]:
        """Train the spectrum network for one step."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            predicted = self.generator.spectrum(mel, batch.pitch, batch.voicing, torch.ones_like(mel[:, :1]))
        louder = batch.spectra + torch.stack([gain, 0 * gain, gain, 0 * gain], 1)
        losses = compute_spectrum_losses(predicted.float(), louder, batch.voicing)
        total = losses["tone"] + 2 * losses["tone_phase"] + losses["free"] + 2 * losses["free_phase"]
        rate = compute_learning_rate(self.learning_rate, self.number, WARM_UP, HALF_LIFE)
        step_optimizer(self.optimizer, total, MAX_GRADIENT_NORM, rate)
        return {name: loss.item() for name, loss in losses.items()}

    def train_pitch(self, mel: Tensor, batch: TeacherSample) -> dict[str, float]:
        """Train pitch and voicing for one step, only on recorded mels: predicted ones have a pitch of their own."""
        loss = compute_pitch_loss(self.generator.pitch(mel), batch.pitch, batch.voicing, batch.recorded)
        step_optimizer(self.pitch_optimizer, loss, MAX_GRADIENT_NORM)
        return {"pitch": loss.item()}

    def evaluate(self) -> dict[str, float]:
        rows = []
        with self.average.apply():
            for sample in self.held_out:
                whole = stack([sample])
                everywhere = torch.ones_like(whole.mel[:, :1])
                predicted = self.generator.spectrum(whole.mel, whole.pitch, whole.voicing, everywhere)
                rows.append(compute_spectrum_losses(predicted, whole.spectra, whole.voicing))
        return {name: sum(row[name].item() for row in rows) / len(rows) for name in rows[0]}

    def list_parts(self) -> dict[str, StatePart]:
        return {
            "model": self.generator,
            "averaged": self.average,
            "optimizer": self.optimizer,
            "pitch_optimizer": self.pitch_optimizer,
        }

    def export(self, folder: Path) -> None:
        write_checkpoint(folder, self.config, self.average.halve_precision())
        write_raw_weights(folder, self.generator, self.number)


def compute_spectrum_losses(predicted: Tensor, taught: Tensor, voicing: Tensor) -> dict[str, Tensor]:
    """Return the distances of two (B, 4, bins, T); frames that are not voiced (B, T) have no harmonics to compare."""
    tone, tone_phase, free, free_phase = predicted.unbind(1)
    true_tone, true_tone_phase, true_free, true_free_phase = taught.unbind(1)
    voiced = voicing[:, None]
    return {
        "tone": ((tone - true_tone).abs() * weight_by_loudness(true_tone) * voiced).mean(),
        "tone_phase": ((1 - torch.cos(tone_phase - true_tone_phase)) * weight_within_frame(true_tone) * voiced).mean(),
        "free": ((free - true_free).abs() * weight_by_loudness(true_free)).mean(),
        "free_phase": ((1 - torch.cos(free_phase - true_free_phase)) * weight_within_frame(true_free)).mean(),
    }


def weight_by_loudness(log_magnitude: Tensor) -> Tensor:
    """Return the weight of each bin, which rises linearly with its log magnitude from 0 at `MIN_LOG_MAGNITUDE`."""
    return (log_magnitude.clamp(MIN_LOG_MAGNITUDE, MAX_LOG_MAGNITUDE) - MIN_LOG_MAGNITUDE) / 8


def weight_within_frame(log_magnitude: Tensor) -> Tensor:
    """Return the weight of each bin (B, bins, T) relative to the others of its frame; the mean is 1."""
    return torch.softmax(0.7 * log_magnitude, 1) * log_magnitude.shape[1]
