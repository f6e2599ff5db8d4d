"""The error if the listening packages are missing. The tests hide them, whether they are installed or not."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec

import pytest

from app.errors import SetupError
from app.evaluation.listening import Evaluators, require_packages


def hide_modules(monkeypatch: pytest.MonkeyPatch, *hidden: str) -> None:
    """Make exactly these modules missing."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in hidden else ModuleSpec(name, None))


def test_missing_packages_are_named_with_the_command_to_install_them(monkeypatch: pytest.MonkeyPatch) -> None:
    hide_modules(monkeypatch, "faster_whisper", "jiwer")
    with pytest.raises(SetupError, match="faster-whisper, jiwer") as caught:
        Evaluators(threads=1)
    assert "pip install '.[train]'" in caught.value.hint


def test_installed_packages_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    hide_modules(monkeypatch)
    require_packages()
