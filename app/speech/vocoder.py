"""Mel spectrogram -> samples: coqui's HiFi-GAN (arXiv 2010.05646), HiFi-GAN and Vocos with a harmonic source."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from app.speech.backends import Backend
from app.speech.coqui import HifiganGenerator
from app.speech.source import HifiganSourceGenerator
from app.speech.vocos import VocosSourceGenerator

Samples = npt.NDArray[np.float32]


class Vocoder(Protocol):
    """What the engine asks of a vocoder."""

    def samples(self, mel: Tensor, seed: int) -> Samples:
        """Turn a mel spectrogram (1, n_mels, T) into samples (T * hop,) within -1..1."""
        ...


class HifiganVocoder:
    """A plain HiFi-GAN, called as coqui calls it: some repeated frames at both ends, here cut off again."""

    def __init__(self, generator: HifiganGenerator, hop_length: int, backend: Backend) -> None:
        self.padding = generator.inference_padding
        self.hop_length = hop_length
        self.generate = backend.compile(generator)

    @torch.inference_mode()
    def samples(self, mel: Tensor, seed: int) -> Samples:
        """See `Vocoder.samples`; a plain HiFi-GAN has no randomness, the seed changes nothing."""
        padded = torch.nn.functional.pad(mel, (self.padding, self.padding), "replicate")
        margin = self.padding * self.hop_length
        samples: Samples = self.generate(padded)[0, 0].numpy()
        return samples[margin : len(samples) - margin]


class HifiganSourceVocoder:
    """HiFi-GAN with a harmonic source; its noise comes from the seed."""

    def __init__(self, generator: HifiganSourceGenerator, hop_length: int, backend: Backend) -> None:
        self.excite = generator.excite
        self.hop_length = hop_length
        self.smallest = generator.source_config.padding // hop_length + 2
        self.generate = backend.compile(generator)

    @torch.inference_mode()
    def samples(self, mel: Tensor, seed: int) -> Samples:
        """See `Vocoder.samples`."""
        length = mel.shape[2] * self.hop_length
        # Reflection at the ends needs more samples than it reflects.
        missing = max(0, self.smallest - mel.shape[2])
        mel = torch.nn.functional.pad(mel, (0, missing), "replicate")
        noise = torch.randn(1, mel.shape[2] * self.hop_length, generator=torch.Generator().manual_seed(seed))
        samples: Samples = self.generate(mel, self.excite(mel, noise))[0, 0].numpy()
        return samples[:length]


class VocosSourceVocoder:
    """Vocos with a harmonic source; only the network is left to the backend, the transforms are PyTorch's own."""

    def __init__(self, generator: VocosSourceGenerator, backend: Backend) -> None:
        generator.eval().requires_grad_(False)
        config = generator.config
        self.generator = generator
        self.hop_length = config.hop_length
        self.smallest = config.fft_size // (2 * config.hop_length) + 1
        self.spectrum = backend.compile(generator.spectrum)

    @torch.inference_mode()
    def samples(self, mel: Tensor, seed: int) -> Samples:
        """See `Vocoder.samples`; there is no randomness, the seed changes nothing."""
        length = mel.shape[2] * self.hop_length
        # Reflection at the ends needs more samples than it reflects.
        missing = max(0, self.smallest - mel.shape[2])
        mel = torch.nn.functional.pad(mel, (0, missing), "replicate")
        pitch, voicing = self.generator.read_pitch(mel)
        samples = self.generator.render(self.spectrum(mel, pitch, voicing), pitch, voicing)[0, :length]
        guarded: Samples = samples.clamp(-1, 1).numpy()
        return guarded
