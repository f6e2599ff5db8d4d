"""Select the backend that runs the networks: the configured one, or the fastest on this machine."""

from __future__ import annotations

import copy
import logging
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from app.errors import SetupError
from app.inference import Backend, ExampleInputs, Network, TorchBackend, prepare_for_inference
from app.inference.openvino import ConversionError, OpenVinoBackend, supports_bf16

logger = logging.getLogger("intone.backend")


class FallbackBackend:
    """Backend that falls back to PyTorch for modules that the wrapped backend cannot convert."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.name = backend.name

    def compile(self, module: nn.Module, example: ExampleInputs, precise: bool = False) -> Network:
        """See `Backend.compile`."""
        try:
            return self.backend.compile(module, example, precise)
        except ConversionError as error:
            logger.warning("torch runs %s: %s", type(module).__name__, error)
            return TorchBackend().compile(module, example)


BENCHMARK_ROUNDS = 5


def make_backend(setting: str, cache: Path, workers: int, threads: int, device: str = "auto") -> Backend:
    """Create the backend "torch", "openvino" or "openvino_bf16"; `cache`, `workers` and `threads` are for OpenVINO.

    `device` is for PyTorch: "cpu", "cuda", or "auto", which uses a GPU if there is one.

    Raises SetupError if this machine cannot run the backend.
    """
    if setting == "torch":
        return TorchBackend("cuda" if uses_gpu(device) else "cpu")
    bf16 = setting == "openvino_bf16"
    try:
        if bf16 and not supports_bf16():
            raise SetupError(
                "This processor does not compute in bfloat16.", hint="Set the backend to openvino or auto."
            )
        return OpenVinoBackend(cache, workers, threads, bf16)
    except ImportError as error:
        hint = "Install it (pip install openvino) or set the backend to torch."
        raise SetupError(f"OpenVINO cannot be imported: {error}", hint=hint) from error


def uses_gpu(device: str) -> bool:
    """Return whether a device setting selects a GPU. Raises SetupError if it requires one and there is none."""
    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise SetupError("There is no GPU that PyTorch can use.", hint="Set the device to auto or cpu.")
    return there and device != "cpu"


def list_backends(cache: Path, workers: int, threads: int, device: str = "auto") -> list[Backend]:
    """Return the backends that this machine can run: PyTorch always, and on a GPU only PyTorch."""
    if uses_gpu(device):
        return [TorchBackend("cuda")]
    found: list[Backend] = [TorchBackend()]
    try:
        found.append(OpenVinoBackend(cache, workers, threads))
        if supports_bf16():
            found.append(OpenVinoBackend(cache, workers, threads, bf16=True))
    except ImportError as error:
        logger.info("OpenVINO cannot be imported, torch alone is used: %s", error)
    return found


def choose_fastest(backends: Sequence[Backend], module: nn.Module, example: ExampleInputs, length: int) -> Backend:
    """Return the backend that runs a module fastest on one example of the given length.

    Prepares the module for inference; its weights stay, since only copies are compiled.
    """
    if len(backends) == 1:
        return backends[0]
    prepare_for_inference(module)  # before copying: a copy cannot fold its weight norm
    networks: dict[Backend, Network] = {}
    for backend in backends:
        try:
            networks[backend] = backend.compile(copy.deepcopy(module), example)
        except ConversionError as error:
            logger.info("backend %s is left out: %s", backend.name, error)
    inputs = example(1, length)
    for network in networks.values():
        network(*inputs)
    times: dict[Backend, list[float]] = {backend: [] for backend in networks}
    for _ in range(BENCHMARK_ROUNDS):  # alternately, so that other load on the machine affects all backends alike
        for backend, network in networks.items():
            began = time.perf_counter()
            network(*inputs)
            times[backend].append(1000 * (time.perf_counter() - began))
    medians = {backend: statistics.median(taken) for backend, taken in times.items()}
    best, *others = sorted(medians, key=lambda backend: medians[backend])
    slower = ", ".join(f"{backend.name} {medians[backend]:.1f}" for backend in others) or "no other"
    logger.info("backend %s: %s %.1f ms; %s", best.name, type(module).__name__, medians[best], slower)
    return best
