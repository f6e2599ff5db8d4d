"""Interface of the inference backends: emotion and synthesis use it, `torch` and `openvino` implement it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Backend", "ExampleInputs", "Network"]

Network: TypeAlias = "Callable[..., tuple[Tensor, ...]]"
"""A compiled module: takes and returns what its `forward` does, on the CPU, as float32 or int64; a single tensor is
returned as a tuple of one.

Thread-safe: the same inputs give the same bytes whatever runs concurrently, and no two calls share result memory."""

ExampleInputs: TypeAlias = "Callable[[int, int], tuple[Tensor, ...]]"
"""Factory of a module's inputs for a batch size and a length; dimensions that differ between two calls are dynamic."""


class Backend(Protocol):
    """Runtime that compiles loaded modules into networks as fast as it can run them."""

    name: str

    def compile(self, module: nn.Module, example: ExampleInputs, precise: bool = False) -> Network:
        """Prepare a module for inference; with `precise`, in float32 even if the backend supports a faster format.

        The backend takes ownership of the module: it may change or move it and free its weights.
        """
        ...
