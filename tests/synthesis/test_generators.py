"""coqui's generators give the samples of coqui's own inference, at once and in chunks."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from app.inference import Backend
from app.inference.openvino import OpenVinoBackend
from app.inference.pytorch import TorchBackend, hash_module
from app.settings import load_settings
from app.synthesis.coqui import create_generator
from app.synthesis.models import vocoders
from app.synthesis.models.generators import DESIGNS
from app.synthesis.networks import compile_generator
from tests.speaking import join_chunks
from tests.tiny_voice import GENERATORS

HOP = 256
GAIN = 1.6
"""Factor on the weights at which random ones neither vanish nor clip."""


def make_mel(frames: int) -> npt.NDArray[np.float32]:
    generator = torch.Generator().manual_seed(frames)
    mel: npt.NDArray[np.float32] = torch.randn(1, 80, frames, generator=generator).numpy()
    return mel


def make_config(architecture: str) -> dict[str, Any]:
    name = f"{architecture}_generator"
    return {
        "generator_model": name,
        "generator_model_params": dict(GENERATORS[architecture]),
        "audio": {"num_mels": 80, "hop_length": HOP},
    }


def create(architecture: str) -> Any:
    torch.manual_seed(1)
    generator = create_generator(architecture, make_config(architecture)).eval()
    for name, parameter in generator.named_parameters():  # small random weights would hardly pass anything on
        if name.endswith("original0"):
            parameter.data *= GAIN
    return generator


def infer(architecture: str, mel: npt.NDArray[np.float32], seed: int) -> npt.NDArray[np.float32]:
    """Return the samples of coqui's own inference without those of its padding."""
    generator, padding = create(architecture), DESIGNS[architecture](GENERATORS[architecture]).padding * HOP
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if architecture == "univnet":  # its `inference` draws noise that it does not use
            samples = generator.forward(torch.from_numpy(mel))
        else:
            samples = generator.inference(torch.from_numpy(mel))
    samples = samples[0, 0].detach().clamp(-1, 1).numpy()
    return samples[padding : len(samples) - padding]


@pytest.fixture(scope="module", params=["torch", "openvino"])
def backend(request: pytest.FixtureRequest) -> Backend:
    return TorchBackend() if request.param == "torch" else OpenVinoBackend(load_settings().graph_cache, 2, 1)


def test_there_is_a_tiny_config_of_every_generator() -> None:
    assert DESIGNS.keys() == GENERATORS.keys()


@pytest.mark.parametrize("architecture", GENERATORS)
def test_a_generator_gives_the_samples_of_coquis_inference_in_chunks_and_at_once(
    backend: Backend, architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = create(architecture)
    vocoder = compile_generator(backend, hash_module(generator), lambda: generator, make_config(architecture), HOP)
    for frames in (5, 110) if backend.name == "torch" else (110,):
        mel = make_mel(frames)
        expected = infer(architecture, mel, seed=4)
        assert len(expected) == frames * HOP and expected.std() > 1e-3
        for longest in (33, 1000):
            monkeypatch.setattr(vocoders, "HIFIGAN_CHUNK_FRAMES", longest)
            samples = join_chunks(vocoder, mel, seed=4, low_latency=longest == 33)
            np.testing.assert_allclose(samples, expected, atol=2e-5 if backend.name == "torch" else 2e-4)


@pytest.mark.parametrize("architecture", GENERATORS)
def test_the_receptive_field_of_a_generator_is_covered_and_not_much_overestimated(architecture: str) -> None:
    generator = create(architecture)
    margin = DESIGNS[architecture](GENERATORS[architecture]).margin
    vocoder = compile_generator(TorchBackend(), "", lambda: generator, make_config(architecture), HOP)
    frames = 2 * margin + 41
    changed = make_mel(frames)
    changed[..., margin + 20] += 1.0
    difference = join_chunks(vocoder, changed) != join_chunks(vocoder, make_mel(frames))
    reached = np.flatnonzero(difference.reshape(frames, HOP).any(1)) - (margin + 20)
    assert -margin <= reached.min() and reached.max() <= margin
    assert reached.max() > margin / 3


@pytest.mark.parametrize("architecture", GENERATORS)
def test_the_first_frame_alone_is_spoken(architecture: str) -> None:
    generator = create(architecture)
    vocoder = compile_generator(TorchBackend(), "", lambda: generator, make_config(architecture), HOP)
    assert len(join_chunks(vocoder, make_mel(1))) == HOP
