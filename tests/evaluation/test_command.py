"""`intone evaluate`, with evaluators that need no packages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile

import app.cli.evaluate
from app.__main__ import main
from tests.evaluation.measurements import SAMPLES, FakeEvaluators
from tests.tiny_voice import write_tiny_voice


@pytest.fixture(autouse=True)
def fake_evaluators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTONE_BACKEND", "torch")
    monkeypatch.setattr(app.cli.evaluate, "Evaluators", lambda threads: FakeEvaluators())


def test_a_voice_folder_is_measured_in_each_of_its_emotions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_tiny_voice(tmp_path / "tiny", speakers=("neutral", "joy"))
    files = tmp_path / "out.json", tmp_path / "out.html"
    flags = ("--limit", "1", "--json", str(files[0]), "--html", str(files[1]))
    assert main(["evaluate", str(folder), *flags]) == 0
    content = json.loads(files[0].read_text(encoding="utf-8"))
    assert [one["group"] for one in content["recordings"]] == ["neutral", "joy"]
    assert content["total"]["real_time_factor"] > 0
    assert files[1].read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["neutral", "joy", "all"]


def test_emotional_clips_are_judged_against_neutral_readings_of_their_texts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "out.json"
    flags = ("--emotion", "joy", "--emotion", "neutral", "--limit", "1", "--json", str(file))
    assert main(["evaluate", "wren", *flags]) == 0
    emotions = json.loads(file.read_text(encoding="utf-8"))["emotions"]
    assert list(emotions["groups"]) == ["joy"]
    assert emotions["groups"]["joy"]["clips"] == 1
    # wren's joy is four semitones above its neutral reading of the same text.
    assert emotions["clips"][0]["differences"]["pitch"] == pytest.approx(4.4, abs=1.5)
    assert "named rightly" in capsys.readouterr().out


def test_onsets_are_spoken_alone_and_in_running_speech(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_tiny_voice(tmp_path / "tiny", speakers=("neutral", "joy"))
    files = tmp_path / "out.json", tmp_path / "out.html"
    flags = ("--onsets", "--limit", "2", "--json", str(files[0]), "--html", str(files[1]))
    assert main(["evaluate", str(folder), *flags]) == 0
    content = json.loads(files[0].read_text(encoding="utf-8"))
    assert [one["group"] for one in content["recordings"]] == ["neutral", "neutral", "joy", "joy"]
    assert content["total"]["first_alone"]["percent"] == content["total"]["first_control"]["percent"] == 100
    assert files[1].read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["neutral", "joy", "mean"]


def test_a_degree_changes_the_manner(tmp_path: Path) -> None:
    pitches = []
    for degree in ("0.25", "1.5"):
        flags = ("--emotion", "anger", "--limit", "1", "--degree", degree, "--json", str(tmp_path / "out.json"))
        assert main(["evaluate", "wren", *flags]) == 0
        pitches.append(json.loads((tmp_path / "out.json").read_text())["groups"]["anger"]["manner"]["pitch"])
    assert pitches[1] > pitches[0] + 1  # semitones


def test_an_emotion_that_the_voice_lacks_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_tiny_voice(tmp_path / "tiny")
    assert main(["evaluate", str(folder), "--limit", "1", "--emotion", "joy"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_recordings_are_measured_like_a_voice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile.write(tmp_path / "one.flac", SAMPLES, 16000)
    (tmp_path / "list.tsv").write_text("teacher\tone.flac\tHello there.\n", encoding="utf-8")
    files = "--json", str(tmp_path / "out.json")
    assert main(["evaluate", "--recordings", str(tmp_path / "list.tsv"), *files]) == 0
    output = capsys.readouterr().out
    assert "teacher" in output and "named rightly" not in output
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["emotions"] is None


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("wren", "--recordings", "list.tsv"),
        ("wren", "--limit", "0"),
        ("wren", "--json", "/nowhere/out.json"),
        ("wren", "--html", "/nowhere/out.html"),
        ("--recordings", "list.tsv", "--emotion", "joy"),
        ("--recordings", "list.tsv", "--degree", "2"),
        ("--recordings", "list.tsv", "--onsets"),
        ("--recordings", "list.tsv", "--degrees"),
        ("--recordings", "list.tsv", "--texts", "folder"),
        ("wren", "--texts", "folder", "--onsets"),
        ("wren", "--texts", "folder", "--degrees"),
        ("wren", "--degrees", "--onsets"),
        ("wren", "--degrees", "--degree", "2"),
        ("wren", "--texts", "folder", "--emotion", "joy"),
        ("wren", "--degree", "2.5"),
    ],
)
def test_a_usage_error_exits_with_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code: object = main(["evaluate", *arguments])
    except SystemExit as error:
        code = error.code
    assert code == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nobody",), 2, "wren"),
        (("wren", "--emotion", "hapy"), 2, "happy"),
        (("--recordings", "missing.tsv"), 1, "missing.tsv"),
        (("wren", "--texts", "missing"), 1, "missing"),
    ],
)
def test_an_impossible_request_is_refused_in_one_line(
    arguments: tuple[str, ...], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *arguments]) == code
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]
