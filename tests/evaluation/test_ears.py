"""What is said where the listening packages are missing. The tests hide them, whether they are there or not."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec

import pytest

from app.errors import SetupError
from app.evaluation.listening import Evaluators, require_packages


def hide(monkeypatch: pytest.MonkeyPatch, *hidden: str) -> None:
    """Make exactly these modules missing."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in hidden else ModuleSpec(name, None))


def test_a_missing_package_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "faster_whisper", "jiwer")
    with pytest.raises(SetupError, match="faster-whisper, jiwer") as caught:
        Evaluators(threads=1)
    assert "pip install '.[train]'" in caught.value.hint


def test_nothing_is_said_where_all_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch)
    require_packages()
