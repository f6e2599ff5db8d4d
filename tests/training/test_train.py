"""From recordings to a voice that speaks: every model, on the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from app.__main__ import main
from app.settings import load_settings
from app.synthesis.pipeline import Pipeline
from app.training import trainer as running
from app.training.export import RAW_FILE
from app.types import Emotion, SpeechRequest
from app.voices import open_voice
from tests.tiny_voice import write_tiny_voice
from tests.training.recordings import add_faults, write_recordings

SPEAKERS = ("neutral", "joy")
ONE_STEP = ("--epochs", "0.001")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recordings(tmp_path_factory.mktemp("recordings") / "data", 20, SPEAKERS, durations=True)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_voice(tmp_path_factory.mktemp("base") / "voice", speakers=SPEAKERS)


def train(data: Path, output: Path, *flags: str | Path) -> int:
    return main(["train", str(data), "--output", str(output), *map(str, flags)])


def can_speak(folder: Path, emotion: Emotion = Emotion.NEUTRAL) -> bool:
    """Return whether the service speaks with this voice."""
    name = open_voice(folder).name
    pipeline = Pipeline.load(load_settings(voices=[folder], default_voice=name, backend="torch"))
    speech = pipeline.synthesize(SpeechRequest(text="We won the game.", emotion=emotion, seed=1))
    return bool(len(speech.samples) > 0 and np.isfinite(speech.samples).all())


def test_an_emotion_becomes_a_checkpoint_of_its_own_beside_those_of_the_base(
    data: Path, base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(data, tmp_path, "--base", base, "--emotion", "joy", "--name", "glad", *ONE_STEP) == 0
    assert "The voice glad is in" in capsys.readouterr().out
    voice = open_voice(tmp_path / "voice")
    assert voice.manifest.emotions[Emotion.JOY].checkpoint == "joy"
    assert voice.manifest.checkpoints["joy"].base == voice.manifest.emotions[Emotion.NEUTRAL].checkpoint == "main"
    assert voice.hashes["joy/model.safetensors"] != voice.hashes["acoustic/model.pth"]
    record = json.loads((tmp_path / "voice" / running.RECORD).read_text())
    assert record["settings"]["emotion"] == "joy" and record["recordings"]["good"] == 10
    assert len(record["data_sha256"]) == 64 and record["curve"][-1]["step"] == 1
    assert list((tmp_path / "tensorboard").glob("events.*"))
    assert can_speak(tmp_path / "voice", Emotion.JOY)


def test_a_run_is_resumed_only_on_request(
    data: Path, base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(data, tmp_path, "--base", base, *ONE_STEP) == 0
    assert train(data, tmp_path, "--base", base, "--epochs", "2") == 1
    assert "holds a run" in capsys.readouterr().err
    assert train(data, tmp_path, "--base", base, "--epochs", "2", "--resume") == 0
    curve = json.loads((tmp_path / running.RECORD).read_text())["curve"]
    assert [point["step"] for point in curve] == [1, 4]


@pytest.mark.parametrize("model", ["glow_tts", "tacotron2", "hifigan_source"])
def test_a_model_trained_from_scratch_is_combined_with_the_embedded_voice(
    data: Path, tmp_path: Path, model: str
) -> None:
    assert train(data, tmp_path, "--model", model, "--batch-size", "2", *ONE_STEP) == 0
    voice = open_voice(tmp_path / "voice")
    if model == "hifigan_source":
        assert voice.manifest.vocoders["vocoder"].architecture == model and len(voice.manifest.emotions) == 7
    else:
        assert voice.manifest.checkpoints["base"].architecture == model
        assert [emotion.value for emotion in voice.manifest.emotions] == list(SPEAKERS)
    assert can_speak(tmp_path / "voice")


def test_a_trained_vocoder_replaces_that_of_the_base(data: Path, base: Path, tmp_path: Path) -> None:
    assert train(data, tmp_path, "--base", base, "--model", "hifigan_v2", "--batch-size", "2", *ONE_STEP) == 0
    before, after = open_voice(base), open_voice(tmp_path / "voice")
    assert after.hashes["vocoder/model.safetensors"] != before.hashes["vocoder/model.pth"]
    assert after.hashes["acoustic/model.pth"] == before.hashes["acoustic/model.pth"]
    assert load_file(tmp_path / "voice" / "vocoder" / RAW_FILE).keys() > {"generator.conv_pre.bias"}
    again = tmp_path / "again"
    flags = ("--base", tmp_path / "voice", "--model", "hifigan_v2", "--batch-size", "2", "--learning-rate", "1e-9")
    assert train(data, again, *flags, *ONE_STEP) == 0
    kept, left = (load_file(folder / "voice" / "vocoder" / RAW_FILE) for folder in (tmp_path, again))
    judges = [name for name in kept if name.startswith("discriminators.")]
    assert judges and all(torch.allclose(kept[name], left[name], atol=1e-3) for name in judges)
    assert after.read_config("vocoder/config.json") == before.read_config("vocoder/config.json")
    assert can_speak(tmp_path / "voice", Emotion.JOY)


def test_a_trained_vocos_goes_on_from_recordings_without_spectra(tmp_path: Path) -> None:
    data = write_recordings(tmp_path / "data", 10, SPEAKERS, durations=True)
    pitch = {file.stem: np.full(400, 150, np.float16) for file in (data / "wavs").iterdir()}
    np.savez(data / "pitch.npz", **pitch)
    flags = ("--model", "vocos_source", "--batch-size", "2", *ONE_STEP)
    first, again = tmp_path / "first", tmp_path / "again"
    assert train(data, first, "--base", "wren", "--predicted-mels", *flags) == 0
    assert train(data, again, "--base", first / "voice", "--learning-rate", "1e-9", *flags) == 0
    kept, left = (load_file(folder / "voice" / "vocoder" / RAW_FILE) for folder in (first, again))
    assert kept.keys() == left.keys() and {name.split(".")[0] for name in kept} == {"generator", "discriminators"}
    fixed = [name for name in kept if not name.startswith("generator.pitch.")]  # which has a learning rate of its own
    assert all(torch.allclose(kept[name], left[name], atol=1e-3) for name in fixed)
    assert can_speak(again / "voice", Emotion.JOY)


def test_the_check_reports_every_kind_of_fault_and_training_refuses_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_recordings(tmp_path / "data", 20)
    faults = add_faults(folder)
    assert main(["train", str(folder), "--check"]) == 1
    output = capsys.readouterr()
    for fault in set(faults.values()):
        assert fault.value in output.out
    assert "14 of 34 clips cannot be used" in output.err and output.err.count("\n") == 1
    assert train(folder, tmp_path / "out") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--epochs", "many"], "epochs: Input should be a valid number"),
        (["--emotion", "rage"], "emotion: Input should be"),
        (["--model", "wavenet"], "model: Input should be"),
        (["--model", "hifigan_v2", "--emotion", "joy"], "emotion is for acoustic models"),
        (["--emotion", "neutral"], "beside neutral"),
        (["--predicted-mels"], "predicted_mels is for vocos_source"),
        (["--base", "/nowhere"], "no voice '/nowhere'"),
    ],
)
def test_invalid_settings_are_refused_before_anything_is_read(
    data: Path, tmp_path: Path, flags: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(data, tmp_path / "out", *flags) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_missing_output_is_a_usage_error(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(data)]) == 2
    assert "--output" in capsys.readouterr().err


def test_sigterm_saves_the_run_writes_a_voice_and_exits_with_0(data: Path, base: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app", "train", data, "--output", tmp_path, "--base", base]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert process.stderr
    while "sm_metric step=" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    assert process.returncode == 0
    step = json.loads((tmp_path / running.RECORD).read_text())["curve"][-1]["step"]
    assert step > 0 and can_speak(tmp_path / "voice")
    assert train(data, tmp_path, "--base", base, "--resume", "--epochs", str(step // 3 + 2)) == 0
    assert json.loads((tmp_path / running.RECORD).read_text())["curve"][-1]["step"] > step
