"""The page of measured tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.training.emotion import calibrate as emotion_calibrate
from app.training.emotion import run as emotion_run
from app.training.emotion import tables as emotion_tables
from app.training.emotion.rows import NEW_GENRES_FILE, PASSAGES_FILE
from app.training.emotion.tables import PAGE, PICTURE, format_figure
from tests.training.tiny_encoder import write_encoder, write_passages


def test_the_page_has_a_row_for_every_classifier_and_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_passages(tmp_path / "data")
    shutil.copy(data / PASSAGES_FILE, data / NEW_GENRES_FILE)
    options = ["--encoder", str(write_encoder(tmp_path / "encoder")), "--steps", "2", "--learning-rate", "0.01"]
    emotion_run.main([str(data), str(tmp_path / "run"), *options, "--batch-size", "8"])
    model = tmp_path / "run" / "model"
    emotion_calibrate.main([str(model), str(data)])
    shutil.copytree(model, tmp_path / "other")
    monkeypatch.setattr(
        emotion_tables, "SPLITS", (("dev", PASSAGES_FILE, "dev"), ("new genres", NEW_GENRES_FILE, "dev"))
    )
    emotion_tables.main([str(data), str(tmp_path), str(model), str(tmp_path / "other")])
    lines = (tmp_path / PAGE).read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith(("| model, ", "| other, "))]
    assert [row.split(" | ")[0] for row in rows] == [
        "| model, dev",
        "| model, new genres",
        "| other, dev",
        "| other, new genres",
    ]
    assert rows[0].split(" | ")[1:] == rows[2].split(" | ")[1:]  # the same weights have the same figures
    assert rows[0].split(" | ")[1] == "16"
    assert sum(line.startswith("| joy |") for line in lines) == 2
    assert (tmp_path / PICTURE).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("macro_f1", 0.5, "0.500"),
        ("neutral_voiced", 0.125, "12.5 %"),
        ("sentences", 1217, "1,217"),
        ("neutral_voiced", None, "–"),
    ],
)
def test_a_figure_is_written_in_its_unit(name: str, value: float | None, written: str) -> None:
    assert format_figure(name, value) == written
