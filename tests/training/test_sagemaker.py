"""The training job: SageMaker's folders in, a voice or a failure out."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest

from app.plan import Emotion
from app.training.logbook import line
from app.training.running import CHECKPOINT, RECORD, Progress
from app.training.sagemaker import read_hyperparameters, run_job
from app.training.settings import WrongHyperparameter
from app.voices import open_voice
from tests.tiny_voice import write_tiny_voice
from tests.training.recordings import write_recordings
from tests.training.test_train import SPEAKERS, speaks

SCRIPT = Path(__file__).parents[2] / "scripts" / "train_voice.py"
JOY = {"emotion": "joy", "epochs": "1", "name": "glad"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """What SageMaker lays out before it starts the container."""
    root = tmp_path / "ml"
    write_recordings(root / "input" / "data" / "training", 20, SPEAKERS, durations=True)
    write_tiny_voice(root / "input" / "data" / "base", speakers=SPEAKERS)
    hyperparameters(root, JOY)
    return root


def hyperparameters(root: Path, values: dict[str, str]) -> None:
    path = root / "input" / "config" / "hyperparameters.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))


def run(root: Path) -> int:
    return run_job({"INTONE_ML_ROOT": str(root)})


def failure(root: Path) -> str:
    return (root / "output" / "failure").read_text()


def start(root: Path, temporary: Path) -> subprocess.Popen[str]:
    """The script as the container runs it, without a network where the machine lets us, in an empty folder."""
    environment = {**os.environ, "INTONE_ML_ROOT": str(root), "OMP_NUM_THREADS": "1", "TMPDIR": str(temporary)}
    temporary.mkdir()
    return subprocess.Popen([sys.executable, SCRIPT], env=environment, cwd=temporary, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("empty", [True, False])
def test_a_missing_or_empty_channel_is_named(tmp_path: Path, empty: bool) -> None:
    if empty:
        (tmp_path / "input" / "data" / "training").mkdir(parents=True)
    assert run(tmp_path) == 1
    assert "channel training is missing or empty" in failure(tmp_path)


def test_a_base_that_is_no_voice_is_named(root: Path) -> None:
    (root / "input" / "data" / "base" / "voice.json").unlink()
    assert run(root) == 1
    assert "channel base holds no voice.json" in failure(root)


def test_hyperparameters_are_strings_and_take_effect(root: Path) -> None:
    path = root / "input" / "config" / "hyperparameters.json"
    hyperparameters(root, {"epochs": "3", "learning_rate": "0.0002", "sagemaker_program": "train.py"})
    settings = read_hyperparameters(path)
    assert (settings.epochs, settings.learning_rate) == (3, 0.0002)
    for name, value in (("epoch", "3"), ("seed", "one"), ("name", 'wren; rm -rf "$HOME"')):
        hyperparameters(root, {name: value})
        with pytest.raises(WrongHyperparameter, match=name):
            read_hyperparameters(path)
    assert run(root) == 1 and "name" in failure(root)


def test_an_unforeseen_error_is_told_too(root: Path) -> None:
    hyperparameters(root, JOY)
    (root / "input" / "data" / "training" / "metadata.csv").write_bytes(b"\xff\xfe")
    assert run(root) == 1
    assert "not UTF-8" in failure(root)
    (root / "input" / "data" / "training" / "metadata.csv").unlink()
    (root / "input" / "data" / "training" / "metadata.csv").mkdir()
    assert run(root) == 1
    assert "Is a directory" in failure(root) and len(failure(root)) <= 1024


def test_the_round_trip(root: Path, tmp_path: Path) -> None:
    """Train, pack as SageMaker packs, unpack elsewhere, speak."""
    process = start(root, tmp_path / "tmp")
    log, _ = process.communicate(timeout=180)
    assert process.returncode == 0, log
    assert re.search(r"sm_metric step=(\d+);.* train_loss=(-?[0-9.]+e[+-]\d+);", log)
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(root / "model", ".")
    elsewhere = tmp_path / "elsewhere"
    with tarfile.open(tmp_path / "model.tar.gz") as archive:
        assert all(member.isfile() or member.isdir() for member in archive)
        archive.extractall(elsewhere, filter="data")
    voice = open_voice(elsewhere)
    assert voice.name == "glad" and voice.manifest.emotions[Emotion.JOY].checkpoint == "joy"
    assert speaks(elsewhere, Emotion.JOY)
    # Nothing is written but below the root and the folder for temporary files, and what was read is as it was.
    assert sorted(path.name for path in root.iterdir()) == ["checkpoints", "input", "model", "output"]
    assert sorted(path.name for path in (root / "checkpoints").iterdir()) == [RECORD, CHECKPOINT]
    assert not (root / "output" / "failure").exists()
    assert not list((tmp_path / "tmp").glob("tmp*"))


def test_sigterm_ends_with_a_voice_and_the_next_job_goes_on(root: Path, tmp_path: Path) -> None:
    hyperparameters(root, {**JOY, "epochs": "1000000"})
    process = start(root, tmp_path / "tmp")
    assert process.stdout
    while "sm_metric step=" not in process.stdout.readline():
        assert process.poll() is None
    threading.Timer(0.5, process.send_signal, [signal.SIGTERM]).start()
    process.communicate(timeout=120)
    assert process.returncode == 0
    step = json.loads((root / "checkpoints" / RECORD).read_text())["curve"][-1]["step"]
    assert step > 0 and open_voice(root / "model")
    hyperparameters(root, {**JOY, "epochs": str(2 * step)})
    assert run(root) == 0
    curve = json.loads((root / "checkpoints" / RECORD).read_text())["curve"]
    assert curve[-2]["step"] == step < curve[-1]["step"] == 2 * step


def test_the_lines_fit_the_metric_definitions() -> None:
    """SageMaker's regular expressions have at most 500 characters, and take the first group."""
    said = line(Progress(120, 0.25, 3600.0, {"loss": -0.3681, "loss_dur": 0.02}, {"loss": 0.5}))
    assert said == (
        "sm_metric step=120; train_loss=-3.6810e-01; train_loss_dur=2.0000e-02; held_out_loss=5.0000e-01;"
        " 25% done, 1:00:00 left"
    )
    found = re.search(r"held_out_loss=(.*?);", said)
    assert found and float(found.group(1)) == 0.5
