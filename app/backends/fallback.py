"""A backend that leaves to PyTorch what another one cannot run."""

from __future__ import annotations

import logging

from torch import nn

from app.backends import Backend, Example, Network
from app.backends.openvino import Unconvertible
from app.backends.torch import TorchBackend

logger = logging.getLogger("intone.backend")


class FallbackBackend:
    """Behaves as the one that it is made with, where that one can."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.name = backend.name

    def compile(self, module: nn.Module, example: Example, precise: bool = False) -> Network:
        """See `Backend.compile`."""
        try:
            return self.backend.compile(module, example, precise)
        except Unconvertible as error:
            logger.warning("torch runs %s: %s", type(module).__name__, error)
            return TorchBackend().compile(module, example)
