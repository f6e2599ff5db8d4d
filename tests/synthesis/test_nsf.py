"""HiFi-GAN with a harmonic source and random weights: lengths, seeds and the pulse train."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from app.inference.pytorch import TorchBackend
from app.synthesis.models.nsf import HifiganSourceGenerator, make_pulse_train
from app.synthesis.networks import compile_hifigan_source
from tests.speaking import join_chunks

CONFIG: dict[str, Any] = {
    "architecture": "hifigan_source",
    "generator": {
        "upsample_factors": [8, 8, 2, 2],
        "upsample_kernel_sizes": [16, 16, 4, 4],
        "upsample_initial_channel": 16,
        "resblock_kernel_sizes": [3],
        "resblock_dilation_sizes": [[1, 3, 5]],
        "resblock_type": "1",
    },
    "in_channels": 80,
    "out_channels": 1,
    "source": {"lifter": [50, 140], "fft_size": 1024},
    "pitch": {"channels": 8},
    "audio": {"sample_rate": 22050, "hop_length": 256, "num_mels": 80, "mel_fmin": 0, "mel_fmax": 8000},
}


@pytest.mark.parametrize("frames", [1, 2, 40])
def test_any_length_gives_a_hop_of_samples_for_each_frame_and_a_seed_repeats_them(frames: int) -> None:
    torch.manual_seed(0)
    generator = HifiganSourceGenerator(CONFIG)
    vocoder = compile_hifigan_source(TorchBackend(), "", lambda: generator, CONFIG, 256)
    mel = torch.randn(1, 80, frames) - 5
    samples = join_chunks(vocoder, mel, seed=1)
    assert samples.shape == (frames * 256,) and np.isfinite(samples).all() and np.abs(samples).max() <= 1
    assert (samples == join_chunks(vocoder, mel, seed=1)).all()
    assert (samples != join_chunks(vocoder, mel, seed=2)).any()


def test_the_pulse_train_has_all_harmonics_of_its_pitch_up_to_the_limit() -> None:
    # The limit lies between two harmonics: rounding decides about one at the limit itself.
    pulses = make_pulse_train(torch.full((1, 100), math.log2(2.5)), 240, 24000, 8100.0)[0].numpy()
    spectrum = np.abs(np.fft.rfft(pulses)) / (len(pulses) / 2)
    harmonics = spectrum[250::250]
    np.testing.assert_allclose(harmonics[:32], 1.0, atol=0.02)
    assert harmonics[32:].max() < 0.02
