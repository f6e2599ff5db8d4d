"""The image, built once, and a report of the measurements."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import pytest

from tests.images.building import Report, build_base, build_image


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    """Record measurements and print them at the end."""
    lines: list[str] = []
    yield lines.append
    sys.stdout.write("\n" + "".join(f"{line}\n" for line in lines))


@pytest.fixture(scope="session", autouse=True)
def image(report: Report) -> None:
    """Build the image from this checkout."""
    began = time.monotonic()
    build_base()
    based = time.monotonic()
    build_image()
    report(f"base: {based - began:.0f} s (0 if it was there); image: {time.monotonic() - based:.0f} s")
