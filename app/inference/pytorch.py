"""PyTorch, the reference backend."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations

from app.inference import AnyArray, ExampleInputs, LazyModule, Network, UncachedBackend
from app.inference.openvino import run_graph


class TorchBackend(UncachedBackend):
    """Backend that runs modules unchanged, on the CPU or on a GPU."""

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.name = "torch" if self.device.type == "cpu" else f"torch on {self.device.type}"

    def compile(self, module: nn.Module | LazyModule, example: ExampleInputs, precise: bool = False) -> Network:
        """See `Backend.compile`; nothing is traced, so the example is unused."""
        if isinstance(module, LazyModule) and module.is_graph:
            return run_graph(module.build())
        built = prepare_for_inference(module).to(self.device)

        @torch.inference_mode()
        def network(*inputs: AnyArray) -> tuple[AnyArray, ...]:
            results = built(*(tensor.to(self.device) for tensor in to_tensors(inputs)))
            return tuple(tensor.cpu().numpy() for tensor in as_tuple(results))

        return network


def prepare_for_inference(module: nn.Module | LazyModule) -> nn.Module:
    """Build a module if necessary, put it into inference mode, fold its weight norm into the weights, and return it."""
    built: nn.Module = module.build() if isinstance(module, LazyModule) else module
    built.eval().requires_grad_(True)  # else a folded weight would not be a parameter, and would not move to a GPU
    for part in built.modules():
        if is_parametrized(part, "weight"):
            remove_parametrizations(part, "weight")
    return built.requires_grad_(False)


def to_tensors(arrays: tuple[AnyArray, ...]) -> tuple[Tensor, ...]:
    """Return tensors that share the memory of the arrays."""
    return tuple(torch.from_numpy(array) for array in arrays)


def as_tuple(results: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return the result of a module's `forward` as a tuple; a single tensor becomes a tuple of one."""
    return (results,) if isinstance(results, Tensor) else tuple(results)
