"""Apply gradients, schedule learning rates and average weights; all trainings share this code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from app.errors import IntoneError


class TrainingDiverged(IntoneError):
    """A loss or a gradient is no longer finite."""


def autocast() -> torch.autocast:
    """Return the context that computes in bfloat16 if the processor has instructions for it."""
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported())


def step_optimizer(optimizer: torch.optim.Optimizer, loss: Tensor, bound: float, rate: float | None = None) -> None:
    """Step along the gradient of a loss, clipping its norm; raise `TrainingDiverged` first if it is not finite.

    `rate` becomes the learning rate of all parameter groups.
    """
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    norm = nn.utils.clip_grad_norm_(parameters, bound)
    if not torch.isfinite(norm):
        raise TrainingDiverged(f"The loss is {loss.item()} and the norm of its gradient {norm.item()}.")
    if rate is not None:
        for group in optimizer.param_groups:
            group["lr"] = rate
    optimizer.step()


def compute_learning_rate(rate: float, step: int, warm_up: int, half_life: int) -> float:
    """Return the learning rate of a step: linear warm-up, times exponential decay with a half-life in steps."""
    return float(rate * min(1.0, (step + 1) / warm_up) * 0.5 ** (step / half_life))


class Ema:
    """Exponential moving average of a module's weights: smoother than those of any one step, so this is exported."""

    def __init__(self, module: nn.Module, share: float) -> None:
        self.module = module
        self.share = share
        """Fraction of the average kept at each step; smaller at the beginning."""
        self.weights = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Update the average with the module's weights after step number `step`."""
        kept = min(self.share, (1 + step) / (10 + step))
        for name, value in self.module.state_dict().items():
            if value.is_floating_point():
                self.weights[name].lerp_(value, 1 - kept)
            else:
                self.weights[name].copy_(value)

    @contextmanager
    def apply(self) -> Iterator[None]:
        """Give the module the averaged weights within the context, in evaluation mode and without gradients."""
        current = {name: value.detach().clone() for name, value in self.module.state_dict().items()}
        self.module.load_state_dict(self.weights)
        self.module.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self.module.load_state_dict(current)
            self.module.train()

    def state_dict(self) -> dict[str, Tensor]:
        """Return the averaged weights."""
        return self.weights

    def load_state_dict(self, weights: dict[str, Tensor]) -> None:
        """Continue from saved averaged weights."""
        self.weights = {name: value.clone() for name, value in weights.items()}

    def halve_precision(self) -> dict[str, Tensor]:
        """Return the averaged weights in half precision, as model files store them."""
        return {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in self.weights.items()}
