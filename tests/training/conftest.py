"""Setup for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from app.packages import stub_module

stub_module("torchaudio")  # transformers imports it for its audio models


@pytest.fixture(autouse=True)
def restore_denormal_numbers() -> Iterator[None]:
    """Restore denormal numbers, which training disables for its whole process and other tests draw."""
    yield
    torch.set_flush_denormal(False)
