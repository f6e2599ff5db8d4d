"""Empty modules in place of packages that cannot be imported."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.packages import stub_module

BROKEN = "intone_broken_package"


@pytest.fixture(autouse=True)
def forget_modules() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_stub_module_makes_a_missing_package_importable() -> None:
    stub_module(BROKEN)
    assert importlib.import_module(BROKEN).__name__ == BROKEN
    assert importlib.util.find_spec(BROKEN) is not None


@pytest.mark.parametrize("error", ["ImportError", "OSError", "RuntimeError"])
def test_stub_module_replaces_a_package_that_fails_to_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    package = tmp_path / BROKEN
    package.mkdir()
    (package / "part.py").touch()
    (package / "__init__.py").write_text(f"from . import part\nraise {error}\n")
    monkeypatch.syspath_prepend(tmp_path)
    stub_module(BROKEN)
    assert not hasattr(importlib.import_module(BROKEN), "part")
    assert f"{BROKEN}.part" not in sys.modules


def test_stub_module_keeps_a_package_that_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{BROKEN}.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    stub_module(BROKEN)
    assert importlib.import_module(BROKEN).value == 1
