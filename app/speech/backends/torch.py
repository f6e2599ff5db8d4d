"""The reference backend: PyTorch itself, on the CPU."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn


class TorchBackend:
    """Runs modules as they are."""

    name = "torch"

    def compile(self, module: nn.Module) -> Callable[..., Tensor]:
        """See `Backend.compile`; the weight norm of training is folded into the weights."""
        module.eval().requires_grad_(False)
        fold = getattr(module, "remove_weight_norm", None)
        if callable(fold):
            fold()
        return module
