"""The image, built once, and notes of what was measured in it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import pytest

from tests.images.building import Tell, build, build_base


@pytest.fixture(scope="session")
def tell() -> Iterator[Tell]:
    """Notes what was measured; printed at the end."""
    lines: list[str] = []
    yield lines.append
    sys.stdout.write("\n" + "".join(f"{line}\n" for line in lines))


@pytest.fixture(scope="session", autouse=True)
def image(tell: Tell) -> None:
    """The image, from this checkout."""
    began = time.monotonic()
    build_base()
    based = time.monotonic()
    build()
    tell(f"base: {based - began:.0f} s (0 where it was there); image: {time.monotonic() - based:.0f} s")
