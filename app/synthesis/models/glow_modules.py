"""Modules of GlowTTS from which the networks of `GlowAcoustic` are compiled, and its design; imports torch."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from app.inference import AnyArray
from app.inference.pytorch import as_tuple, to_tensors


class GlowEncoder(nn.Module):
    """coqui's encoder and duration predictor."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.encoder = model.encoder

    def forward(self, ids: Tensor, lengths: Tensor, speaker: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Map ids (B, tokens), lengths (B,) and speaker (B, channels, 1) to mean, log scale and log durations.

        Mean and log scale are (B, n_mels, tokens), log durations (B, 1, tokens).
        """
        mean, log_scale, log_durations, _ = self.encoder(ids, lengths, g=speaker)
        return mean, log_scale, log_durations


class GlowDecoder(nn.Module):
    """coqui's flow-based decoder in the inverse direction."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.decoder = model.decoder

    def forward(self, latent: Tensor, mask: Tensor, speaker: Tensor | None = None) -> Tensor:
        """Map latent (B, n_mels, T), mask (B, 1, T), speaker (B, channels, 1) -> mel spectrogram (B, n_mels, T)."""
        mel: Tensor = self.decoder(latent, mask, g=speaker, reverse=True)[0]
        return mel


class WithWeights(nn.Module):
    """A module that gets some of its weights as inputs, so that one compiled network serves for any weights."""

    def __init__(self, module: nn.Module, names: Sequence[str]) -> None:
        super().__init__()
        self.module = module
        self.places = [(module.get_submodule(path), leaf) for path, _, leaf in (name.rpartition(".") for name in names)]
        for part, leaf in self.places:
            delattr(part, leaf)
        self.running = threading.Lock()

    def forward(self, *inputs: Tensor) -> Any:
        """Run the module on the inputs after its weights, which are in the order of `names`."""
        count = len(self.places)
        with self.running:  # the module holds the weights of one call at a time
            for (part, leaf), weight in zip(self.places, inputs[:count], strict=True):
                setattr(part, leaf, weight)
            return self.module(*inputs[count:])


STATISTICS = ("running_mean", "running_var")
"""Buffers of a batch norm, which training changes like weights."""


def list_used_weights(module: nn.Module, inputs: tuple[AnyArray, ...]) -> dict[str, list[int]]:
    """Return the names and shapes of the weights on which the results of a module depend, and of its batch norms."""
    statistics = {
        name: list(value.shape) for name, value in module.named_buffers() if name.rpartition(".")[2] in STATISTICS
    }
    weights = {name: value.detach().requires_grad_() for name, value in module.named_parameters()}
    results = as_tuple(torch.func.functional_call(module, weights, to_tensors(inputs)))
    total = torch.stack([result.sum() for result in results]).sum()
    gradients = torch.autograd.grad(total, list(weights.values()), allow_unused=True)
    used = zip(weights.items(), gradients, strict=True)
    return statistics | {name: list(weight.shape) for (name, weight), gradient in used if gradient is not None}


def describe_glow(model: Any) -> dict[str, Any]:
    """Return the fields of `GlowDesign` of coqui's model, as JSON."""
    flow = model.decoder
    layers = sum(flow.kernel_size // 2 * flow.dilation_rate**layer for layer in range(flow.num_coupling_layers))
    return {
        "symbols": model.encoder.emb.num_embeddings,
        "mels": model.out_channels,
        "fold": model.num_squeeze,
        "margin": int(flow.num_flow_blocks * layers),
        "length_scale": model.length_scale,
        "noise_scale": model.inference_noise_scale,
        "speakers": model.emb_g.weight.tolist() if hasattr(model, "emb_g") else None,
    }
