"""How fast this machine multiplies matrices, and how close the vocoder comes to that."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from app.shipped import shipped_models
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


def shipped_vocoder() -> VocosSourceGenerator:
    """The vocoder of the shipped voice, with random weights, which are multiplied as fast as any."""
    config = json.loads((shipped_models() / VOCODER).read_text(encoding="utf-8"))
    return VocosSourceGenerator(config).eval().requires_grad_(False)


def vocoder_share(vocoder: VocosSourceGenerator, run: Callable[..., Tensor], rate: float) -> float:
    """Operations of the vocoder's network in each second, with one thread, as a share of `rate`.

    `run` computes the network, `vocoder.spectrum`, and takes what that takes.
    """
    config = vocoder.config
    frames = round(SECONDS * config.sample_rate / config.hop_length)
    mel, pitch, voiced = torch.randn(1, config.num_mels, frames), torch.zeros(1, frames), torch.ones(1, frames)
    inputs = mel, pitch, voiced, torch.ones(1, 1, frames)
    with torch.inference_mode(), threads(1):
        return count_operations(vocoder.spectrum, *inputs) / _fastest(lambda: run(*inputs)) / rate


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
