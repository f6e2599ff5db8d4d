"""Vocos with a harmonic source: its transforms, its harmonics, and any length of input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from app.inference.pytorch import TorchBackend
from app.synthesis.models.vocos import VocosSourceGenerator
from app.synthesis.networks import compile_vocos
from tests.speaking import join_chunks

CONFIG: dict[str, Any] = {
    "architecture": "vocos_source",
    "audio": {
        "sample_rate": 24000,
        "fft_size": 1200,
        "hop_length": 300,
        "num_mels": 80,
        "mel_fmin": 0,
        "mel_fmax": 8000,
    },
    "network": {"channels": 16, "blocks": 2, "pitch_channels": 8},
}


@pytest.fixture(scope="module")
def generator() -> VocosSourceGenerator:
    torch.manual_seed(0)
    return VocosSourceGenerator(CONFIG).eval()


def make_mel(frames: int) -> torch.Tensor:
    return torch.randn(1, 80, frames, generator=torch.Generator().manual_seed(1)) * 2 - 5


def render(
    generator: VocosSourceGenerator, parts: torch.Tensor, pitch: torch.Tensor, voicing: torch.Tensor
) -> torch.Tensor:
    """Return the samples of a whole utterance with the given spectra."""
    frames = parts.shape[3]
    spectrum = generator.render(parts, generator.excite(pitch, voicing)[:, : (frames - 1) * 300 + 1200])
    first, last = generator.find_receptive_span(0, frames)
    return generator.invert(torch.nn.functional.pad(spectrum, (-first, last - frames)), 0, frames, frames)


def test_the_inverse_transform_equals_pytorchs(generator: VocosSourceGenerator) -> None:
    samples = torch.randn(1, 40 * 300, generator=torch.Generator().manual_seed(2))
    window = torch.hann_window(1200)
    spectrum = torch.stft(samples, 1200, 300, 1200, window, return_complex=True)[..., :-1]
    # One more frame, of silence, follows the last: it counts in the sum of the windows.
    whole = torch.nn.functional.pad(spectrum, (0, 1))
    expected = torch.istft(whole, 1200, 300, 1200, window, length=12000)
    for start, end in ((0, 40), (0, 1), (7, 23), (38, 40)):
        first, last = generator.find_receptive_span(start, end)
        reached = torch.nn.functional.pad(spectrum, (2, 3))[..., first + 2 : last + 2]
        found = generator.invert(reached, start, end, 40)
        torch.testing.assert_close(found, expected[:, start * 300 : end * 300], atol=1e-5, rtol=1e-4)


def test_harmonics_have_the_requested_pitch_and_loudness(generator: VocosSourceGenerator) -> None:
    frames, tone = 80, 4.0
    parts = torch.zeros(1, 4, 601, frames)
    parts[:, 0], parts[:, 2] = tone, -30.0
    pitch = torch.full((1, frames), math.log2(2.0))
    samples = render(generator, parts, pitch, torch.ones(1, frames))[0].detach().numpy()
    middle = samples[6000:18000]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)))) / (len(middle) / 4)
    peaks = [spectrum[round(200 * harmonic * len(middle) / 24000)] for harmonic in range(1, 50)]
    # A sine of amplitude one has the magnitude 300 in a spectrum of 1200 samples under a Hann window.
    np.testing.assert_allclose(peaks, math.exp(tone) / 300, rtol=0.05)
    between = [spectrum[round(200 * (harmonic + 0.5) * len(middle) / 24000)] for harmonic in range(1, 50)]
    assert max(between) < 0.01 * min(peaks)


def test_unvoiced_frames_have_no_harmonics(generator: VocosSourceGenerator) -> None:
    parts = torch.zeros(1, 4, 601, 30)
    parts[:, 2] = -30.0
    assert render(generator, parts, torch.ones(1, 30), torch.zeros(1, 30)).abs().max() < 1e-6


@pytest.mark.parametrize("frames", [1, 2, 3, 50])
def test_any_length_gives_a_hop_of_samples_for_each_frame(frames: int) -> None:
    torch.manual_seed(0)
    generator = VocosSourceGenerator(CONFIG)
    vocoder = compile_vocos(TorchBackend(), "", lambda: generator, CONFIG, 300)
    samples = join_chunks(vocoder, make_mel(frames), seed=0)
    assert samples.shape == (frames * 300,)
    assert np.isfinite(samples).all() and np.abs(samples).max() <= 1
    assert (samples == join_chunks(vocoder, make_mel(frames), seed=1)).all()


def test_extreme_outputs_of_the_network_give_finite_samples(generator: VocosSourceGenerator) -> None:
    parts = torch.full((1, 4, 601, 20), 1e4)
    assert render(generator, parts, torch.ones(1, 20), torch.ones(1, 20)).isfinite().all()
