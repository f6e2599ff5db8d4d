"""Vocos with a harmonic source, taught: `python -m app.training.vocos CORPUS OUT --minutes 60`.

Frame by frame it learns the spectra that a teacher computed. CORPUS is laid out as `scripts/corpus` does, with spectra;
OUT becomes the vocoder's folder of a voice, `config.json` and `model.safetensors`, and holds `training.pt`, from which
a later call goes on.

Four losses: log magnitudes by their distance, weighted towards what is loud; phases by the cosine of the angle between
them, weighted likewise. The pitch network beside it learns the teacher's own pitch. See arXiv 2306.00814 for Vocos.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from app.speech.vocos import VocosSourceGenerator
from app.training.running import run
from app.training.spectra import HELD_OUT, Taught, read_taught, stack

CONFIG: dict[str, Any] = {
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
SEED = 1
BATCH = 16
FRAMES = 64
"""Of each stretch in a batch."""
LEARNING_RATE = 1e-3
PITCH_LEARNING_RATE = 1e-3
WARM_UP = 200
HALF_LIFE = 6000
"""Steps in which the learning rate halves."""
AVERAGED = 0.998
"""Share of the averaged weights that stays at each step."""
QUIETEST = -12.0
"""Log magnitude from which on a bin counts at all."""
LOUDEST = 7.0
GAINS = (-0.5, 0.35)
"""Natural logarithm: recordings are made quieter or louder by chance."""
MOST_NOISE = 0.15
"""Standard deviation of what is added to the mel spectrogram, as an acoustic model's is never quite right."""
SILENCE = math.log(1e-5)


def main() -> None:
    """Train for some minutes, saving as it goes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    generator = VocosSourceGenerator(CONFIG)
    task = VocosTask(generator, read_taught(arguments.corpus, generator.config), SEED)
    run(task, arguments.output, arguments.minutes * 60)
    (arguments.output / "config.json").write_text(json.dumps(CONFIG, indent=1) + "\n", encoding="utf-8")


class VocosTask:
    """See `running.Task`."""

    def __init__(self, generator: VocosSourceGenerator, recordings: Sequence[Taught], seed: int) -> None:
        self.generator = generator.train()
        self.held_out = recordings[:HELD_OUT]
        self.recordings = [one for one in recordings[HELD_OUT:] if one.mel.shape[1] > FRAMES]
        self.seed = seed
        self.number = 0
        self.averaged = {name: value.detach().clone() for name, value in generator.state_dict().items()}
        self.optimizer = torch.optim.AdamW(generator.spectrum.parameters(), LEARNING_RATE, betas=(0.9, 0.98))
        self.pitch_optimizer = torch.optim.AdamW(generator.pitch.parameters(), PITCH_LEARNING_RATE)
        self.bf16 = torch.cpu._is_avx512_bf16_supported()

    def step(self) -> dict[str, float]:
        """See `Task.step`."""
        chance = random.Random(f"{self.seed}-{self.number}")
        noise = torch.Generator().manual_seed(chance.getrandbits(63))
        batch = self.batch(chance)
        gain = torch.empty(BATCH, 1, 1).uniform_(*GAINS, generator=noise)
        mel = (batch.mel + gain).clamp(min=SILENCE)
        mel = mel + MOST_NOISE * torch.rand(BATCH, 1, 1, generator=noise) * torch.randn(mel.shape, generator=noise)
        losses = self.spectrum_step(mel, batch, gain) | self.pitch_step(mel, batch)
        self.number += 1
        keep = min(AVERAGED, (1 + self.number) / (10 + self.number))
        with torch.no_grad():
            for name, value in self.generator.state_dict().items():
                self.averaged[name].lerp_(value, 1 - keep)
        return losses

    def batch(self, chance: random.Random) -> Taught:
        """Stretches of random recordings."""
        chosen = chance.choices(self.recordings, k=BATCH)
        return stack([one.cut(chance.randrange(one.mel.shape[1] - FRAMES), FRAMES) for one in chosen])

    def spectrum_step(self, mel: Tensor, batch: Taught, gain: Tensor) -> dict[str, float]:
        """Teach the spectra."""
        rate = LEARNING_RATE * min(1.0, (self.number + 1) / WARM_UP) * 0.5 ** (self.number / HALF_LIFE)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            said = self.generator.spectrum(mel, batch.pitch, batch.voicing)
        louder = batch.spectra + torch.stack([gain, 0 * gain, gain, 0 * gain], 1)
        losses = spectrum_losses(said.float(), louder, batch.voicing)
        total = losses["tone"] + 2 * losses["tone_phase"] + losses["free"] + 2 * losses["free_phase"]
        update(self.optimizer, total, self.generator.spectrum)
        return {name: loss.item() for name, loss in losses.items()}

    def pitch_step(self, mel: Tensor, batch: Taught) -> dict[str, float]:
        """Teach pitch and voicing."""
        pitch, voicing = self.generator.pitch(mel)
        voiced = batch.voicing.sum().clamp(min=1)
        distance = ((pitch - batch.pitch).abs() * batch.voicing).sum() / voiced
        loss = F.binary_cross_entropy_with_logits(voicing, batch.voicing) + 4 * distance
        update(self.pitch_optimizer, loss, self.generator.pitch)
        return {"pitch": loss.item()}

    def evaluate(self) -> dict[str, float]:
        """See `Task.evaluate`."""
        current = {name: value.detach().clone() for name, value in self.generator.state_dict().items()}
        self.generator.load_state_dict(self.averaged)
        rows = []
        with torch.no_grad():
            for one in self.held_out:
                whole = stack([one])
                said = self.generator.spectrum(whole.mel, whole.pitch, whole.voicing)
                rows.append(spectrum_losses(said, whole.spectra, whole.voicing))
        self.generator.load_state_dict(current)
        return {name: sum(row[name].item() for row in rows) / len(rows) for name in rows[0]}

    def state(self) -> dict[str, Any]:
        """See `Task.state`."""
        return {
            "number": self.number,
            "model": self.generator.state_dict(),
            "averaged": self.averaged,
            "optimizer": self.optimizer.state_dict(),
            "pitch_optimizer": self.pitch_optimizer.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Task.restore`."""
        self.number = state["number"]
        self.generator.load_state_dict(state["model"])
        self.averaged = {name: value.clone() for name, value in state["averaged"].items()}
        self.optimizer.load_state_dict(state["optimizer"])
        self.pitch_optimizer.load_state_dict(state["pitch_optimizer"])


def spectrum_losses(said: Tensor, taught: Tensor, voicing: Tensor) -> dict[str, Tensor]:
    """How far two (B, 4, bins, T) lie apart; where nothing is voiced, (B, T), there are no harmonics to compare."""
    tone, tone_phase, free, free_phase = said.unbind(1)
    true_tone, true_tone_phase, true_free, true_free_phase = taught.unbind(1)
    voiced = voicing[:, None]
    return {
        "tone": ((tone - true_tone).abs() * loudness(true_tone) * voiced).mean(),
        "tone_phase": ((1 - torch.cos(tone_phase - true_tone_phase)) * prominence(true_tone) * voiced).mean(),
        "free": ((free - true_free).abs() * loudness(true_free)).mean(),
        "free_phase": ((1 - torch.cos(free_phase - true_free_phase)) * prominence(true_free)).mean(),
    }


def loudness(log_magnitude: Tensor) -> Tensor:
    """Weight of a bin: nothing at the quietest, rising with each decibel."""
    return (log_magnitude.clamp(QUIETEST, LOUDEST) - QUIETEST) / 8


def prominence(log_magnitude: Tensor) -> Tensor:
    """Weight of a bin among those of its frame, (B, bins, T); their mean is 1."""
    return torch.softmax(0.7 * log_magnitude, 1) * log_magnitude.shape[1]


def update(optimizer: torch.optim.Optimizer, loss: Tensor, module: nn.Module) -> None:
    """One step down, with bounded gradients."""
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(module.parameters(), 5.0)
    optimizer.step()


if __name__ == "__main__":
    main()
