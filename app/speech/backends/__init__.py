"""What runs a neural network. The engine knows this seam; each file beside it is one way to fill it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor, nn

__all__ = ["Backend"]


class Backend(Protocol):
    """Turns a loaded module into something that can be called, as fast as the backend knows how."""

    name: str

    def compile(self, module: nn.Module) -> Callable[..., Tensor]:
        """Prepare a module for inference; what comes back takes and gives what the module's `forward` does."""
        ...
