"""The manifest of a trained voice: which expressions it keeps."""

from __future__ import annotations

import pytest

from app.packages import bundled_models_dir
from app.training.export import add_emotion, replace_vocoders
from app.types import Emotion
from app.voices import Manifest, open_voice


@pytest.mark.parametrize(
    ("architecture", "kept"), [("vocos_source", True), ("hifigan_source", True), ("hifigan", False)]
)
def test_an_expression_needs_a_vocoder_with_a_harmonic_source(architecture: str, kept: bool) -> None:
    files = {"model": "a.safetensors", "config": "a.json", "architecture": architecture}
    changed = Manifest.model_validate(replace_vocoders(read_shipped_files(), files))
    assert (changed.emotions[Emotion.JOY].expression is not None) == kept
    assert read_shipped_files()["emotions"]["joy"]["expression"]


def test_a_trained_emotion_has_no_expression_that_was_fitted_to_other_weights() -> None:
    files = {"model": "a.safetensors", "config": "a.json", "architecture": "glow_tts"}
    changed = Manifest.model_validate(add_emotion(read_shipped_files(), files, Emotion.ANGER, ["anger"], scratch=False))
    assert changed.emotions[Emotion.ANGER].expression is None
    assert changed.emotions[Emotion.JOY].expression is not None


def read_shipped_files() -> dict[str, dict[str, dict[str, object]]]:
    manifest = open_voice(bundled_models_dir() / "voices" / "wren").manifest
    return manifest.model_dump(mode="json", by_alias=True, exclude_none=True)
