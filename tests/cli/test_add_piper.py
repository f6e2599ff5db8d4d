"""`intone voices add` with Piper voices: a file, a folder, speakers that are emotions."""

from __future__ import annotations

import json
from pathlib import Path

from app.types import Emotion
from tests.cli.test_add_voice import add_and_open, run_add
from tests.tiny_piper import write_tiny_piper


def test_a_file_becomes_a_voice_whatever_else_is_in_its_folder(tmp_path: Path) -> None:
    graph = write_tiny_piper(tmp_path / "downloads", name="en_GB-tiny-low")
    write_tiny_piper(tmp_path / "downloads", name="other-1")
    result = run_add(graph, "--yes", "--name", "mine")
    assert result.returncode == 0, result.stderr
    assert "phonemes, en-us" in result.stdout
    written = json.loads((graph.parent / "voice.json").read_text())
    assert (written["locale"], written["sample_rate"]) == ("en-GB", 22050)
    (checkpoint,) = written["checkpoints"].values()
    assert (checkpoint["model"], checkpoint["architecture"]) == ("en_GB-tiny-low.onnx", "piper")
    assert written["emotions"] == {"neutral": {"checkpoint": "en_GB-tiny-low"}}


def test_speakers_in_a_folder_are_emotions_by_their_names(tmp_path: Path) -> None:
    write_tiny_piper(tmp_path / "v", ("amused", "angry", "neutral", "drunk"))
    voice = add_and_open(tmp_path / "v", "--yes")
    speakers = {emotion: spoken.speaker for emotion, spoken in voice.manifest.emotions.items()}
    assert speakers[Emotion.NEUTRAL] == "neutral"
    assert speakers[Emotion.ANGER] == "angry"
    assert not voice.degree


def test_each_config_gets_the_graph_of_its_name(tmp_path: Path) -> None:
    for name in ("voice-1", "voice-2"):
        write_tiny_piper(tmp_path / "v", name=name)
    voice = add_and_open(tmp_path / "v", "--yes", "--emotion", "voice-2=joy")
    files = {emotion: voice.manifest.checkpoints[one.checkpoint] for emotion, one in voice.manifest.emotions.items()}
    assert files[Emotion.JOY].model == "voice-2.onnx" and files[Emotion.JOY].config == "voice-2.onnx.json"
    assert files[Emotion.NEUTRAL].model == "voice-1.onnx"


def test_a_graph_without_its_config_is_refused(tmp_path: Path) -> None:
    graph = write_tiny_piper(tmp_path / "v")
    graph.with_name("tiny.onnx.json").unlink()
    result = run_add(graph, "--yes")
    assert result.returncode == 2
    assert "no tiny.onnx.json" in result.stderr
