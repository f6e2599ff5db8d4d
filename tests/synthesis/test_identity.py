"""The identity of all that determines seeded audio."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.planning.decide import StrengthRule
from app.settings import load_settings
from app.synthesis.identity import compute_identity
from app.types import Emotion
from app.voices import Registry
from tests.tiny_voice import write_tiny_voice

RULE = StrengthRule(threshold=0.5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_voice(tmp_path / "tiny", weights=".safetensors")


@pytest.fixture
def classifier_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "classifier"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "README.md").write_text("about")
    return folder


def identify(folder: Path, classifier_folder: Path, backend: str = "torch", **changes: Any) -> str:
    settings = load_settings(classifier=str(classifier_folder), threads=changes.pop("threads", 1))
    classifier: Any = SimpleNamespace(
        emotions=changes.pop("emotions", list(Emotion)), design=SimpleNamespace(commit=None)
    )
    registry = Registry([folder], "tiny", changes.pop("aliases", {}))
    return compute_identity(settings, classifier, registry, backend, replace(RULE, **changes))


def test_the_same_files_and_settings_have_the_same_identity(folder: Path, classifier_folder: Path) -> None:
    before = identify(folder, classifier_folder)
    (folder / "notes.txt").write_text("no part of the voice")
    (classifier_folder / "README.md").write_text("changed")
    assert identify(folder, classifier_folder) == before
    assert len(before) == 64


@pytest.mark.parametrize(
    "changes",
    [
        {"backend": "openvino"},
        {"threads": 2},
        {"threshold": 0.6},
        {"expressiveness": 1.1},
        {"graded": False},
        {"aliases": {"mine": "tiny"}},
        {"emotions": list(Emotion)[::-1]},
    ],
    ids=str,
)
def test_a_setting_that_affects_audio_changes_the_identity(
    folder: Path, classifier_folder: Path, changes: dict[str, Any]
) -> None:
    assert identify(folder, classifier_folder, **changes) != identify(folder, classifier_folder)


@pytest.mark.parametrize("file", ["acoustic/model.safetensors", "acoustic/config.json", "voice.json"])
def test_a_file_of_the_voice_changes_the_identity(folder: Path, classifier_folder: Path, file: str) -> None:
    before = identify(folder, classifier_folder)
    with (folder / file).open("ab") as content:
        content.write(b" ")
    assert identify(folder, classifier_folder) != before


def test_the_weights_of_the_classifier_change_the_identity(folder: Path, classifier_folder: Path) -> None:
    before = identify(folder, classifier_folder)
    (classifier_folder / "model.safetensors").write_bytes(b"others!")
    assert identify(folder, classifier_folder) != before
