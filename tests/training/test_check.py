"""The check of a folder of recordings."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from rich.console import Console

from app.errors import SetupError
from app.packages import bundled_models_dir
from app.synthesis.coqui import build_coqui_config, describe_frontend
from app.synthesis.tokenizer import Tokenizer
from app.training.check import build_report_table, examine
from app.training.dataset import Durations, Fault, read_dataset, read_row, read_sound
from app.types import Emotion
from app.voices.coqui_config import read_config
from tests.training.recordings import RATE, add_faults, make_tone, write_recordings


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    wren = bundled_models_dir() / "voices" / "wren"
    return Tokenizer(describe_frontend(build_coqui_config(read_config(wren / "base" / "config.json"), list(Emotion))))


def test_every_fault_is_reported_once(tmp_path: Path, tokenizer: Tokenizer) -> None:
    folder = write_recordings(tmp_path / "data", 20)
    expected = add_faults(folder)
    report = examine(read_dataset(folder), tokenizer)
    assert {problem.name: problem.fault for problem in report.problems} == expected
    assert len(set(expected.values())) >= 12
    assert [one.name for one in report.good] == [f"clip_{number:02d}" for number in range(20)]
    console = Console(width=200, record=True)
    console.print(build_report_table(report))
    text = console.export_text()
    for fault in set(expected.values()):
        assert fault.value in text
    assert "8000 Hz" in text and "22050 Hz" in text
    with pytest.raises(SetupError, match="14 of 34 clips"):
        report.refuse_poor()


def test_a_few_bad_clips_are_skipped(tmp_path: Path, tokenizer: Tokenizer) -> None:
    folder = write_recordings(tmp_path / "data", 20)
    (folder / "wavs" / "clip_03.wav").unlink()
    report = examine(read_dataset(folder), tokenizer)
    report.refuse_poor()
    assert len(report.good) == 19 and report.seconds == pytest.approx(19 * 1.5, abs=1)


def test_an_empty_folder_and_a_missing_list_are_refused(tmp_path: Path, tokenizer: Tokenizer) -> None:
    with pytest.raises(SetupError, match=r"metadata\.csv cannot be read"):
        read_dataset(tmp_path)
    (tmp_path / "metadata.csv").write_text("")
    with pytest.raises(SetupError, match="folder is empty"):
        examine(read_dataset(tmp_path), tokenizer).refuse_poor()


@pytest.mark.parametrize(
    ("row", "text", "emotion"),
    [
        ("a|One.", "One.", None),
        ("a|1.|One.", "One.", None),
        ("a|One.|joy", "One.", Emotion.JOY),
        ("a|1.|One.|joy", "One.", Emotion.JOY),
        ("a|joy", "joy", None),
    ],
)
def test_a_row_has_a_text_and_an_optional_emotion(row: str, text: str, emotion: Emotion | None) -> None:
    found = read_row(row, {"a": Path("a.wav")}, {})
    assert (found.text, found.emotion) == (text, emotion)  # type: ignore[union-attr]


def test_durations_of_another_text_are_a_fault(tmp_path: Path, tokenizer: Tokenizer) -> None:
    folder = write_recordings(tmp_path / "data", 12, durations=True)
    assert not examine(read_dataset(folder), tokenizer).problems
    path = folder / "metadata.csv"
    path.write_text(path.read_text().replace("clip_00|Good morning to you.|Good morning", "clip_00|x|Good evening"))
    report = examine(read_dataset(folder), tokenizer)
    assert [(each.name, each.fault) for each in report.problems] == [("clip_00", Fault.DURATIONS)]
    assert isinstance(read_dataset(folder).recordings[1].durations, Durations)


def test_any_sample_rate_and_channels_are_converted_for_the_model(tmp_path: Path) -> None:
    sound = make_tone(1.0, 48000)
    soundfile.write(tmp_path / "a.flac", [[each, each] for each in sound], 48000)
    assert read_sound(tmp_path / "a.flac", RATE).shape == (RATE,)
