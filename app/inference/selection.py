"""Select the backend that runs the networks: the configured one, or the fastest on this machine."""

from __future__ import annotations

import logging
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import SetupError
from app.inference import Array, Backend, ExampleInputs, LazyModule, Network
from app.inference.openvino import ConversionError, OpenVinoBackend, supports_bf16

if TYPE_CHECKING:
    from torch import nn

logger = logging.getLogger("intone.backend")

BENCHMARK_ROUNDS = 5
GPU_DEVICES = tuple(map(Path, ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")))
"""Device files of the drivers of NVIDIA, AMD and WSL."""
FAST_MACHINES = ("x86_64", "AMD64")
"""Machines on which OpenVINO is faster than PyTorch, so that torch need not be imported to find out."""


class FallbackBackend:
    """Backend that falls back to PyTorch for modules that the wrapped backend cannot convert."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.name = backend.name

    def compile(self, module: nn.Module | LazyModule, example: ExampleInputs, precise: bool = False) -> Network:
        """See `Backend.compile`."""
        try:
            return self.backend.compile(module, example, precise)
        except ConversionError as error:
            logger.warning("torch runs %s: %s", name_module(module), error)
            return make_torch_backend().compile(module, example)

    def recall(self, key: str, compute: Callable[[], Any], here: bool = False) -> Any:
        """See `Backend.recall`."""
        return self.backend.recall(key, compute, here)

    def recall_arrays(self, key: str, compute: Callable[[], dict[str, Array]]) -> dict[str, Array]:
        """See `Backend.recall_arrays`."""
        return self.backend.recall_arrays(key, compute)

    def trim(self) -> None:
        """See `Backend.trim`."""
        self.backend.trim()


def name_module(module: nn.Module | LazyModule) -> str:
    """Return the class of a module."""
    return module.name if isinstance(module, LazyModule) else type(module).__name__


def make_torch_backend(device: str = "cpu") -> Backend:
    """Import torch and return its backend."""
    from app.inference.pytorch import TorchBackend

    return TorchBackend(device)


def make_backend(setting: str, cache: Path, workers: int, threads: int, device: str = "auto") -> Backend:
    """Create the backend "torch", "openvino" or "openvino_bf16"; `cache`, `workers` and `threads` are for OpenVINO.

    `device` is for PyTorch: "cpu", "cuda", or "auto", which uses a GPU if there is one.

    Raises SetupError if this machine cannot run the backend.
    """
    if setting == "torch":
        return make_torch_backend("cuda" if uses_gpu(device) else "cpu")
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
    if device == "cpu" or (device == "auto" and not has_gpu_driver()):
        return False
    import torch

    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise SetupError("There is no GPU that PyTorch can use.", hint="Set the device to auto or cpu.")
    return there


def has_gpu_driver() -> bool:
    """Return whether PyTorch may find a GPU; only it can say so for certain, and importing it takes seconds."""
    return sys.platform != "linux" or any(file.exists() for file in GPU_DEVICES)


def list_backends(device: str = "auto") -> list[str]:
    """Return the names of the backends among which this machine may choose; on a GPU only PyTorch."""
    if uses_gpu(device):
        return ["torch"]
    try:
        found = ["openvino", *(["openvino_bf16"] if supports_bf16() else [])]
    except ImportError as error:
        logger.info("OpenVINO cannot be imported, torch alone is used: %s", error)
        return ["torch"]
    return found if platform.machine() in FAST_MACHINES else ["torch", *found]


def choose_fastest(
    backends: Sequence[Backend], module: nn.Module | LazyModule, example: ExampleInputs, length: int
) -> Backend:
    """Return the backend that runs a module fastest on one example of the given length."""
    if len(backends) == 1:
        return backends[0]
    networks: dict[Backend, Network] = {}
    for backend in backends:
        try:
            networks[backend] = backend.compile(module, example)
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
    logger.info("backend %s: %s %.1f ms; %s", best.name, name_module(module), medians[best], slower)
    return best
