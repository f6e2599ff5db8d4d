"""What the tests of this folder have in common."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from app.packages import stub_module

stub_module("torchaudio")  # transformers imports it for models that hear


@pytest.fixture(autouse=True)
def denormal_numbers() -> Iterator[None]:
    """Undo what a command that trains sets for its whole process: other tests draw the smallest numbers as well."""
    yield
    torch.set_flush_denormal(False)
