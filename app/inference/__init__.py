"""Run networks for inference: the interface of backends, and PyTorch, the reference backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

Network: TypeAlias = Callable[..., tuple[Tensor, ...]]
"""A compiled module: takes and returns what its `forward` does, on the CPU, as float32 or int64; a single tensor is
returned as a tuple of one.

Thread-safe: the same inputs give the same bytes whatever runs concurrently, and no two calls share result memory."""

ExampleInputs: TypeAlias = Callable[[int, int], tuple[Tensor, ...]]
"""Factory of a module's inputs for a batch size and a length; dimensions that differ between two calls are dynamic."""


class Backend(Protocol):
    """Runtime that compiles loaded modules into networks as fast as it can run them."""

    name: str

    def compile(self, module: nn.Module, example: ExampleInputs, precise: bool = False) -> Network:
        """Prepare a module for inference; with `precise`, in float32 even if the backend supports a faster format.

        The backend takes ownership of the module: it may change or move it and free its weights.
        """
        ...


class TorchBackend:
    """Backend that runs modules unchanged, on the CPU or on a GPU."""

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.name = "torch" if self.device.type == "cpu" else f"torch on {self.device.type}"

    def compile(self, module: nn.Module, example: ExampleInputs, precise: bool = False) -> Network:
        """See `Backend.compile`; nothing is traced, so the example is unused."""
        prepare_for_inference(module).to(self.device)

        @torch.inference_mode()
        def network(*inputs: Tensor) -> tuple[Tensor, ...]:
            results = module(*(tensor.to(self.device) for tensor in inputs))
            return tuple(tensor.cpu() for tensor in as_tuple(results))

        return network


def prepare_for_inference(module: nn.Module) -> nn.Module:
    """Put a module into inference mode, fold its weight norm into the weights, and return it."""
    module.eval().requires_grad_(False)
    fold = getattr(module, "remove_weight_norm", None)
    if callable(fold) and any(is_parametrized(part) for part in module.modules()):
        fold()
    return module


def as_tuple(results: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return the result of a module's `forward` as a tuple; a single tensor becomes a tuple of one."""
    return (results,) if isinstance(results, Tensor) else tuple(results)
