"""The picture of a sentence in every emotion."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.evaluation.manner import SAMPLE_RATE
from app.packages import bundled_models_dir
from app.types import Emotion
from scripts import draw_emotions
from scripts.draw_emotions import main, speak_all

WREN = bundled_models_dir() / "voices" / "wren"


def test_the_picture_has_a_column_for_each_voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTONE_BACKEND", "torch")
    monkeypatch.setattr(draw_emotions, "TEXT", "Nothing is ready.")
    sizes = []
    for count in (1, 2):
        file = tmp_path / f"{count}.png"
        monkeypatch.setattr(sys, "argv", ["draw_emotions", str(file), *([str(WREN)] * count)])
        main()
        with Image.open(file) as picture:
            sizes.append(picture.size)
            assert picture.mode == "P"
    assert sizes[1] == (2 * sizes[0][0], sizes[0][1])


def test_each_emotion_is_spoken_without_silence_at_its_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTONE_BACKEND", "torch")
    clips = speak_all(WREN)
    assert len(clips) == len(Emotion)
    for clip in clips:
        assert 1 < len(clip) / SAMPLE_RATE < 8
        assert np.abs(clip[: SAMPLE_RATE // 10]).max() > 0.01
