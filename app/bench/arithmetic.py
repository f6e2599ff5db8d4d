"""How fast this machine multiplies matrices, and how close the vocoder comes to that."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from app.backends.choice import candidates, fastest
from app.settings import Settings
from app.shipped import shipped_models
from app.speech.vocoder import VocosSourceVocoder
from app.speech.vocos import VocosSourceGenerator

VOCODER = "voices/wren/vocoder/config.json"
SIZE = 2048
"""Rows and columns of the matrices: they fit no cache of a single core, as the weights of a network do not."""
RUNS = 5
"""The fastest counts: what else runs on the machine can only slow it down."""
SECONDS = 10
"""Of speech that the vocoder makes at once."""


@contextmanager
def threads(number: int) -> Iterator[None]:
    """While it lasts, torch computes with so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def matmul_rate(number: int) -> float:
    """Operations (a multiplication and an addition are two) in each second, f32, with so many threads."""
    left, right = torch.rand(SIZE, SIZE), torch.rand(SIZE, SIZE)
    with threads(number):
        return 2 * SIZE**3 / _fastest(lambda: left @ right)


@dataclass(frozen=True, slots=True)
class VocoderTrial:
    """Ways to run the shipped voice's vocoder on ten seconds of speech, with one thread."""

    operations: int
    """Of its network; what the transforms before and behind it compute is not counted."""
    ways: Mapping[str, Callable[[], object]]


def vocoder_trial(settings: Settings) -> VocoderTrial:
    """The network in f32, the network as the service runs it here, and all from mel spectrogram to samples."""
    config = json.loads((shipped_models() / VOCODER).read_text(encoding="utf-8"))
    vocoder = VocosSourceGenerator(config).eval().requires_grad_(False)  # random weights are multiplied as fast
    network, frames = vocoder.spectrum, round(SECONDS * vocoder.config.sample_rate / vocoder.config.hop_length)
    mel, track = torch.randn(1, vocoder.config.num_mels, frames) - 5, torch.ones(1, frames)
    inputs = mel, track, track, torch.ones(1, 1, frames)
    operations = count_operations(network, *inputs)

    def example(batch: int, length: int) -> tuple[Tensor, ...]:
        tracks = torch.zeros(batch, length)
        return torch.zeros(batch, mel.shape[1], length), tracks, tracks, torch.ones(batch, 1, length)

    backends = candidates(settings.graph_cache, workers=1, threads=1)
    precise = backends[1:2] or backends  # OpenVINO in f32, where there is OpenVINO
    in_f32 = precise[0].compile(copy.deepcopy(network), example)
    best = fastest(backends, network, example, frames)
    served = best.compile(copy.deepcopy(network), example)
    whole = VocosSourceVocoder(vocoder, best)
    ways = {
        "vocoder_network_f32": lambda: in_f32(*inputs),
        "vocoder_network": lambda: served(*inputs),
        "vocoder": lambda: list(whole.chunks(mel, 0, soon=False)),
    }
    return VocoderTrial(operations, ways)


def vocoder_rates(trial: VocoderTrial) -> dict[str, float]:
    """Operations in each second, for each way."""
    with torch.inference_mode(), threads(1):
        return {name: trial.operations / _fastest(run) for name, run in trial.ways.items()}


def count_operations(network: nn.Module, *inputs: Tensor) -> int:
    """Multiplications and additions of one call, in matrix products and convolutions; all else is left out."""
    with FlopCounterMode(display=False) as counter:
        network(*inputs)
    return int(counter.get_total_flops())


def _fastest(work: Callable[[], object]) -> float:
    """Seconds of the fastest of some runs, after one that does not count."""
    work()
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
