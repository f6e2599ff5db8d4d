"""Modules around coqui's generators that take their noise as an input; imports torch."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

UNIVNET_SLOPE = 0.1
"""Slope of the leaky rectifiers before the last layers of coqui's UnivNet."""


class Generator(nn.Module):
    """A generator of coqui that maps mel spectrograms (B, n_mels, T) to samples (B, 1, T * hop)."""

    def __init__(self, generator: Any) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, mel: Tensor) -> Tensor:
        """Generate the samples."""
        samples: Tensor = self.generator(mel)
        return samples

    def remove_weight_norm(self) -> None:
        """Fold the weight norm into the weights."""
        self.generator.remove_weight_norm()


class MultibandMelgan(Generator):
    """A multi-band MelGAN with the filters that join its bands."""

    def forward(self, mel: Tensor) -> Tensor:
        """Generate the bands and join them."""
        samples: Tensor = self.generator.pqmf_synthesis(self.generator(mel))
        return samples


class ParallelWavegan(Generator):
    """A Parallel WaveGAN that takes its noise (B, 1, T * hop)."""

    def forward(self, mel: Tensor, noise: Tensor) -> Tensor:  # type: ignore[override]
        """Generate the samples from noise, as coqui's `forward` does from noise of its own."""
        generator = self.generator
        condition, hidden, skips = generator.upsample_net(mel), generator.first_conv(noise), 0
        for layer in generator.conv_layers:
            hidden, skip = layer(hidden, condition)
            skips = skips + skip
        samples: Tensor = skips * math.sqrt(1 / len(generator.conv_layers))  # type: ignore[assignment]
        for layer in generator.last_conv_layers:
            samples = layer(samples)
        return samples


class Univnet(Generator):
    """A UnivNet that takes its noise (B, channels, T)."""

    def forward(self, mel: Tensor, noise: Tensor) -> Tensor:  # type: ignore[override]
        """Generate the samples from noise, as coqui's `forward` does from noise of its own."""
        hidden: Tensor = self.generator.first_conv(noise)
        for block in self.generator.lvc_blocks:
            hidden = block(hidden, mel)
        for layer in self.generator.last_conv_layers:
            hidden = layer(F.leaky_relu(hidden, UNIVNET_SLOPE))
        return hidden.tanh()


WRAPPERS: dict[str, type[Generator]] = {
    "multiband_melgan": MultibandMelgan,
    "parallel_wavegan": ParallelWavegan,
    "univnet": Univnet,
}
"""Modules of the generators that need more than their `forward`."""
