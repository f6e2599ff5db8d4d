"""Run networks for inference: the interface of backends. Arrays go in and out, so that torch is imported only to build
a network that no earlier start has converted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import nn

Array: TypeAlias = npt.NDArray[np.float32]
"""Values of a network: float32."""
AnyArray: TypeAlias = npt.NDArray[Any]

Network: TypeAlias = Callable[..., tuple[AnyArray, ...]]
"""A compiled module: takes and returns what its `forward` does, as arrays of float32 or int64; a single result is
returned as a tuple of one.

Thread-safe: the same inputs give the same bytes whatever runs concurrently, and no two calls share result memory."""

ExampleInputs: TypeAlias = Callable[[int, int], tuple[AnyArray, ...]]
"""Factory of a module's inputs for a batch size and a length; dimensions that differ between two calls are dynamic."""


@dataclass(frozen=True, slots=True)
class LazyModule:
    """A torch module, or a graph of OpenVINO, that is built only if a backend needs it."""

    name: str
    """Class of the module."""
    key: str
    """Key of `app.inference.graph_cache.make_graph_key` for everything from which it is built."""
    build: Callable[[], Any]
    is_graph: bool = False
    """Whether `build` returns an `openvino.Model`, which OpenVINO runs whatever the backend is."""


class Backend(Protocol):
    """Runtime that compiles modules into networks as fast as it can run them."""

    name: str

    def compile(self, module: nn.Module | LazyModule, example: ExampleInputs, precise: bool = False) -> Network:
        """Prepare a module for inference; with `precise`, in float32 even if the backend supports a faster format.

        The backend takes ownership of the module: it may change or move it and free its weights.
        """
        ...

    def recall(self, key: str, compute: Callable[[], Any], here: bool = False) -> Any:
        """Return the result of `compute`, which is JSON, or the same result that an earlier start stored.

        With `here`, it holds only for this processor and the properties of the backend.
        """
        ...

    def recall_arrays(self, key: str, compute: Callable[[], dict[str, Array]]) -> dict[str, Array]:
        """Return the result of `compute`, or the same arrays in the file in which an earlier start stored them."""
        ...

    def trim(self) -> None:
        """Return memory that loading and first runs alone need to the system."""
        ...


class UncachedBackend:
    """Base of backends that store nothing between starts."""

    def recall(self, key: str, compute: Callable[[], Any], here: bool = False) -> Any:
        """See `Backend.recall`."""
        return compute()

    def recall_arrays(self, key: str, compute: Callable[[], dict[str, Array]]) -> dict[str, Array]:
        """See `Backend.recall_arrays`."""
        return compute()

    def trim(self) -> None:
        """See `Backend.trim`; there is nothing to return."""


def limit_torch_threads(count: int) -> None:
    """Set the number of torch's threads, whether it is imported already or will be."""
    os.environ["OMP_NUM_THREADS"] = str(count)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(count)
