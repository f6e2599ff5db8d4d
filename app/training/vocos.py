"""Train Vocos (arXiv 2306.00814) with a harmonic source on the spectra that a teacher computed for each frame.

The recordings are those that `scripts/corpus` makes, with spectra beside the sound.

The harmonic and the free part have two losses each: the distance of log magnitudes, weighted by loudness, and the
cosine of the angle between phases, weighted likewise. The pitch network is trained alongside on the teacher's pitch.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
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
from app.training.clips import MelPredictor, VocoderClip, add_prediction, stack
from app.training.losses import compute_pitch_loss
from app.training.optimizer import autocast, step_optimizer
from app.training.settings import TrainingSettings
from app.training.spectrogram import compute_mel_spectrogram, interpolate_pitch
from app.training.task import OptimizerConfig, VocoderTask
from app.training.trainer import StatePart

HELD_OUT_SIZE = 16
"""Recordings used only for evaluation."""


def read_teacher_samples(corpus: Path, config: VocosConfig, predict: MelPredictor | None = None) -> list[VocoderClip]:
    """Read all recordings of a corpus that have spectra, in an order that depends only on their names.

    Predictions are added if given `predict`.
    """
    files = sorted((corpus / "spectra").glob("*.npy"))
    if len(files) <= HELD_OUT_SIZE:
        raise SetupError(f"{corpus}/spectra holds {len(files)} recordings; more than {HELD_OUT_SIZE} are needed.")
    random.Random(0).shuffle(files)
    with np.load(corpus / "pitch.npz") as pitches:
        read = ((file.stem, read_teacher_sample(corpus, file, pitches[file.stem], config)) for file in files)
        return [clip for name, recording in read for clip in add_prediction(recording, name, predict)]


def read_teacher_sample(corpus: Path, file: Path, pitch: npt.NDArray[np.float16], config: VocosConfig) -> VocoderClip:
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
    track = interpolate_pitch(pitch[:frames].astype(np.float32))
    return VocoderClip(torch.from_numpy(spectra), mel, *map(torch.from_numpy, track))


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
MIN_LOG_MAGNITUDE = -12.0
"""Log magnitude up to which a bin has no weight."""
MAX_LOG_MAGNITUDE = 7.0
LOG_GAIN_RANGE = (-0.5, 0.35)
"""Range of the random gain of recordings, as a natural logarithm."""
MAX_MEL_NOISE = 0.15
"""Maximum standard deviation of the noise added to the mel spectrogram, as an acoustic model's is never exact."""
SILENCE = math.log(1e-5)


class VocosTask(VocoderTask):
    """Training of Vocos with a harmonic source."""

    segment_frames = SEGMENT_FRAMES
    pace = OptimizerConfig(learning_rate=1e-3, warm_up=200, half_life=6000, bound=5.0, averaged=0.998)

    def __init__(
        self,
        generator: VocosSourceGenerator,
        config: Mapping[str, Any],
        recordings: Sequence[VocoderClip],
        settings: TrainingSettings,
    ) -> None:
        clips = [one for one in recordings[HELD_OUT_SIZE:] if one.frames > SEGMENT_FRAMES]
        super().__init__(generator, config, recordings[:HELD_OUT_SIZE], clips, settings)
        self.generator = generator
        self.optimizer = torch.optim.AdamW(generator.spectrum.parameters(), self.learning_rate, betas=(0.9, 0.98))
        self.pitch_optimizer = torch.optim.AdamW(generator.pitch.parameters(), self.learning_rate)

    def train_batch(self) -> dict[str, Tensor]:
        chance = random.Random(f"{self.seed}-{self.number}")
        noise = torch.Generator().manual_seed(chance.getrandbits(63))
        batch = self.draw_batch(chance)
        gain = torch.empty(self.batch_size, 1, 1).uniform_(*LOG_GAIN_RANGE, generator=noise)
        mel = (batch.mel + gain).clamp(min=SILENCE)
        strength = MAX_MEL_NOISE * torch.rand(self.batch_size, 1, 1, generator=noise)
        mel = mel + strength * torch.randn(mel.shape, generator=noise)
        return {**self.train_spectrum(mel, batch, gain), "pitch": self.train_pitch(mel, batch)}

    def draw_batch(self, chance: random.Random) -> VocoderClip:
        """Draw excerpts of random recordings."""
        chosen = chance.choices(self.clips, k=self.batch_size)
        return stack([clip.cut(chance.randrange(clip.frames - SEGMENT_FRAMES), SEGMENT_FRAMES) for clip in chosen])

    def train_spectrum(self, mel: Tensor, batch: VocoderClip, gain: Tensor) -> dict[str, Tensor]:
        """Train the spectrum network for one step and return its losses."""
        with autocast():
            predicted = self.generator.spectrum(mel, batch.pitch, batch.voicing, torch.ones_like(mel[:, :1]))
        louder = batch.target + torch.stack([gain, 0 * gain, gain, 0 * gain], 1)
        losses = compute_spectrum_losses(predicted.float(), louder, batch.voicing)
        self.minimize(losses["tone"] + 2 * losses["tone_phase"] + losses["free"] + 2 * losses["free_phase"])
        return losses

    def train_pitch(self, mel: Tensor, batch: VocoderClip) -> Tensor:
        """Train pitch and voicing for one step and return the loss, which only recorded mels have.

        Predicted ones have a pitch of their own.
        """
        loss = compute_pitch_loss(self.generator.pitch(mel), batch.pitch, batch.voicing, batch.recorded)
        step_optimizer(self.pitch_optimizer, loss, self.pace.bound)
        return loss

    def measure(self, clip: VocoderClip) -> dict[str, Tensor]:
        """Return the losses of one recording's spectra."""
        predicted = self.generator.spectrum(clip.mel, clip.pitch, clip.voicing, torch.ones_like(clip.mel[:, :1]))
        return compute_spectrum_losses(predicted, clip.target, clip.voicing)

    def list_parts(self) -> dict[str, StatePart]:
        return {**super().list_parts(), "pitch_optimizer": self.pitch_optimizer}


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
