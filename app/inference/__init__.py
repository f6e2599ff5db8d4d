"""What runs a neural network. Emotion and speech know this seam; each file beside it is one way to fill it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Backend", "Example", "Network"]

Network: TypeAlias = "Callable[..., tuple[Tensor, ...]]"
"""Takes and gives what the module's `forward` does, on the CPU, float32 or int64; one tensor comes as a tuple of one.

Many threads may call it at a time: the same inputs give the same bytes whatever runs beside them, in memory of their
own."""

Example: TypeAlias = "Callable[[int, int], tuple[Tensor, ...]]"
"""Inputs of a module for a batch size and a length; the dimensions that differ between two calls are dynamic."""


class Backend(Protocol):
    """Turns a loaded module into something that can be called, as fast as the backend knows how."""

    name: str

    def compile(self, module: nn.Module, example: Example, precise: bool = False) -> Network:
        """Prepare a module for inference; `precise` is in float32 even where the backend knows a faster format.

        The module belongs to the backend then: it may be changed or moved, and its weights freed.
        """
        ...
