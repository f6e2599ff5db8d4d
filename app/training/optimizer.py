"""One step down, and the average of the steps: what every training here does in the same way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from app.errors import IntoneError


class Diverged(IntoneError):
    """A loss or a gradient is no number any more."""


def optimizer_step(optimizer: torch.optim.Optimizer, loss: Tensor, bound: float) -> None:
    """Follow the gradient of a loss, its norm bounded; one that is no number leaves the weights as they are."""
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    norm = nn.utils.clip_grad_norm_(parameters, bound)
    if not torch.isfinite(norm):
        raise Diverged(f"The loss is {loss.item()} and the norm of its gradient {norm.item()}.")
    optimizer.step()


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """The learning rate of all groups."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def decayed_rate(rate: float, step: int, warm_up: int, half_life: int) -> float:
    """A learning rate that rises for some steps, then halves again and again."""
    return float(rate * min(1.0, (step + 1) / warm_up) * 0.5 ** (step / half_life))


class Ema:
    """Exponential moving average of a module's weights: smoother than any step's, so it is what ships."""

    def __init__(self, module: nn.Module, share: float) -> None:
        self.module = module
        self.share = share
        """Of it that stays at each step; less at the beginning."""
        self.weights = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def follow(self, step: int) -> None:
        """Take in the weights after so many steps."""
        kept = min(self.share, (1 + step) / (10 + step))
        for name, value in self.module.state_dict().items():
            if value.is_floating_point():
                self.weights[name].lerp_(value, 1 - kept)
            else:
                self.weights[name].copy_(value)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """While it lasts, the module has the averaged weights, and learns nothing."""
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
        """What is saved of it."""
        return self.weights

    def load_state_dict(self, weights: dict[str, Tensor]) -> None:
        """Go on from a saved average."""
        self.weights = {name: value.clone() for name, value in weights.items()}

    def half_precision(self) -> dict[str, Tensor]:
        """The average in half precision, as it is kept in files."""
        return {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in self.weights.items()}
