"""The training job: SageMaker's folders in, a voice or a failure out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.training import trainer as running
from app.training.sagemaker import read_hyperparameters, run_job
from app.training.settings import WrongHyperparameter
from app.training.trainer import CHECKPOINT, RECORD, TrainingProgress, format_line
from app.types import Emotion
from app.voices import open_voice
from scripts.sagemaker.start_training_job import METRIC_DEFINITIONS
from tests.forking import Program, start_program
from tests.sagemaker.containers import kill, start_serving
from tests.serving import LOADED, clean_environment, wait_until
from tests.tiny_voice import write_tiny_voice
from tests.training.recordings import write_recordings
from tests.training.test_train import SPEAKERS

SCRIPTS = Path(__file__).parents[2] / "scripts"
ODD = """Anna's "warm" voice; rm -rf $HOME `id` & | \\ é"""
JOY = {"emotion": "joy", "epochs": "1", "name": "glad"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Write the folders that SageMaker prepares before it starts the container."""
    root = tmp_path / "ml"
    write_recordings(root / "input" / "data" / "training", 20, SPEAKERS, durations=True)
    write_tiny_voice(root / "input" / "data" / "base", speakers=SPEAKERS)
    write_hyperparameters(root, JOY)
    return root


def write_hyperparameters(root: Path, values: dict[str, str]) -> None:
    path = root / "input" / "config" / "hyperparameters.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))


def run(root: Path) -> int:
    return run_job(root)


def read_failure(root: Path) -> str:
    return (root / "output" / "failure").read_text()


@dataclass(frozen=True)
class Training:
    """A running `IMAGE train`."""

    program: Program
    log: Path

    def wait_for(self, text: str) -> None:
        """Wait until the log contains the text."""
        wait_until(lambda: text in self.log.read_text() or self.program.poll() is not None, 60)
        assert text in self.log.read_text()


def start_training(root: Path, temporary: Path) -> Training:
    """Start `IMAGE train` with its root and its folder for temporary files."""
    log = root.parent / "log"
    log.write_bytes(b"")
    temporary.mkdir()
    environment = clean_environment(INTONE_ML_ROOT=str(root), TMPDIR=str(temporary))
    return Training(start_program("app.container", ["train"], environment, (os.devnull, log, os.devnull)), log)


@pytest.mark.parametrize("empty", [True, False])
def test_a_missing_or_empty_channel_is_named(tmp_path: Path, empty: bool) -> None:
    """T1"""
    (tmp_path / "input" / "data" / ("training" if empty else "train")).mkdir(parents=True)
    assert run(tmp_path) == 1
    there = "training" if empty else "train"
    assert f"The channel training is missing or empty; there is {there}." in read_failure(tmp_path)


def test_a_base_that_is_no_voice_is_named(root: Path) -> None:
    """T1"""
    base = root / "input" / "data" / "base"
    shutil.rmtree(base)
    base.mkdir()
    (base / "model.tar.gz").touch()
    assert run(root) == 1
    assert "channel base holds no voice.json; there is model.tar.gz." in read_failure(root)


def test_hyperparameters_are_strings_and_take_effect(root: Path) -> None:
    """T2"""
    path = root / "input" / "config" / "hyperparameters.json"
    write_hyperparameters(root, {"epochs": "3", "learning_rate": "0.0002", "sagemaker_program": "train.py"})
    settings = read_hyperparameters(path)
    assert (settings.epochs, settings.learning_rate) == (3, 0.0002)
    for name, value in (("epoch", "3"), ("seed", "one"), ("name", 'wren; rm -rf "$HOME"')):
        write_hyperparameters(root, {name: value})
        with pytest.raises(WrongHyperparameter, match=name):
            read_hyperparameters(path)
    assert run(root) == 1 and "name" in read_failure(root)


def test_an_unexpected_error_is_reported(root: Path) -> None:
    write_hyperparameters(root, JOY)
    (root / "input" / "data" / "training" / "metadata.csv").write_bytes(b"\xff\xfe")
    assert run(root) == 1
    assert "not UTF-8" in read_failure(root)
    (root / "input" / "data" / "training" / "metadata.csv").unlink()
    (root / "input" / "data" / "training" / "metadata.csv").mkdir()
    assert run(root) == 1
    assert "Is a directory" in read_failure(root) and len(read_failure(root)) <= 1024


def test_hyperparameters_that_are_not_an_object_are_reported(root: Path) -> None:
    """T2"""
    for written, message in (("[]", "no JSON object"), ("{", "not valid JSON")):
        (root / "input" / "config" / "hyperparameters.json").write_text(written)
        assert run(root) == 1 and message in read_failure(root)


def test_a_trained_voice_can_be_packed_and_served(root: Path, tmp_path: Path) -> None:
    """T2, T3, T5, T6: train, pack as SageMaker packs, unpack elsewhere, serve."""
    write_hyperparameters(root, {**JOY, "display_name": ODD})
    training = start_training(root, tmp_path / "tmp")
    code, log = training.program.wait(180 * LOADED), training.log.read_text()
    assert code == 0, log
    curve = json.loads((root / "checkpoints" / RECORD).read_text())["curve"]
    assert find_metric_values("step", log)[-1] == str(curve[-1]["step"])
    assert float(find_metric_values("held_out:loss", log)[-1]) == pytest.approx(curve[-1]["held_out"]["loss"], rel=1e-3)
    assert all(
        float(value) for name in ("loss", "log_mle", "loss_dur") for value in find_metric_values(f"train:{name}", log)
    )
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(root / "model", ".")
    elsewhere = tmp_path / "elsewhere" / "model"
    with tarfile.open(tmp_path / "model.tar.gz") as archive:
        assert all(member.isfile() or member.isdir() for member in archive)
        archive.extractall(elsewhere, filter="data")
    voice = open_voice(elsewhere)
    assert (voice.name, voice.manifest.display_name) == ("glad", ODD)
    assert voice.manifest.emotions[Emotion.JOY].checkpoint == "joy"
    server = start_serving(elsewhere.parent)
    with server.create_client() as client:
        response = client.post("/invocations", json={"text": "We won the game.", "emotion": "joy", "strict": True})
    kill(server)
    assert (response.status_code, response.headers["x-voice"], response.content[:4]) == (200, "glad", b"RIFF")
    # Files are written only below the root and the folder for temporary files.
    assert sorted(path.name for path in root.iterdir()) == ["checkpoints", "input", "model", "output"]
    assert sorted(path.name for path in (root / "checkpoints").iterdir()) == [RECORD, CHECKPOINT]
    assert not (root / "output" / "failure").exists()
    assert not list((tmp_path / "tmp").glob("tmp*"))


def test_sigterm_saves_a_voice_and_the_next_job_continues(root: Path, tmp_path: Path) -> None:
    """T4"""
    write_hyperparameters(root, {**JOY, "epochs": "1000000"})
    training = start_training(root, tmp_path / "tmp")
    training.wait_for("sm_metric step=")
    training.program.terminate()
    assert training.program.wait(120 * LOADED) == 0
    step = json.loads((root / "checkpoints" / RECORD).read_text())["curve"][-1]["step"]
    assert step > 0 and open_voice(root / "model")
    write_hyperparameters(root, {**JOY, "epochs": str(2 * step)})
    assert run(root) == 0
    curve = json.loads((root / "checkpoints" / RECORD).read_text())["curve"]
    assert curve[-2]["step"] == step < curve[-1]["step"] == 2 * step


def test_sigterm_before_the_first_step_ends_the_job_at_once(root: Path, tmp_path: Path) -> None:
    """T4: no step was completed, so there is nothing to save."""
    training = start_training(root, tmp_path / "tmp")
    training.wait_for("training with ")
    training.program.terminate()
    assert training.program.wait(60 * LOADED) == 0 and not (root / "output" / "failure").exists()


def test_a_disk_that_is_too_small_is_reported_before_the_training(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """T5"""
    monkeypatch.setattr(running, "SPARE_CHECKPOINTS", 10**15)
    assert run(root) == 1
    assert "MiB are needed" in read_failure(root) and not list((root / "checkpoints").iterdir())


def run_locally(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    script = [sys.executable, str(SCRIPTS / "train_local.py"), *words]
    return subprocess.run(script, capture_output=True, text=True, timeout=180, cwd=tmp_path)


def test_a_script_runs_and_continues_the_job_on_this_machine(root: Path, tmp_path: Path) -> None:
    job, data = tmp_path / "job", root / "input" / "data"
    words = [str(data / "training"), str(job), "--base", str(data / "base"), "emotion=joy", "epochs=0.001"]
    for _ in range(2):  # the second run continues
        completed = run_locally(tmp_path, *words, "name=glad")
        assert completed.returncode == 0, completed.stdout + completed.stderr
        assert open_voice(job / "model").name == "glad" and f"The voice is in {job / 'model'}." in completed.stderr
    completed = run_locally(tmp_path, *words, "nam=glad")
    failure = "Failed with exit code 1: nam: Extra inputs are not permitted"
    assert completed.returncode == 1 and failure in completed.stderr


def test_a_script_runs_the_job_without_a_base(root: Path, tmp_path: Path) -> None:
    job = tmp_path / "job"
    words = [str(root / "input" / "data" / "training"), str(job), "emotion=joy", "epochs=0.001", "name=glad"]
    completed = run_locally(tmp_path, *words)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert open_voice(job / "model").name == "glad"


def find_metric_values(name: str, log: str) -> list[str]:
    """Return the values of a metric as SageMaker extracts them: the first group of its expression in each line."""
    (pattern,) = [one["Regex"] for one in METRIC_DEFINITIONS if one["Name"] == name]
    return [match.group(1) for match in map(re.compile(pattern).search, log.splitlines()) if match]


def test_metric_definitions_keep_the_limits_of_the_platform() -> None:
    """T6"""
    names = [one["Name"] for one in METRIC_DEFINITIONS]
    assert len(set(names)) == len(names) <= 40
    assert all(one.keys() == {"Name", "Regex"} for one in METRIC_DEFINITIONS)
    assert all(len(one["Regex"]) <= 500 and re.compile(one["Regex"]).groups == 1 for one in METRIC_DEFINITIONS)


def test_metric_definitions_need_no_package() -> None:
    """T6: a script that deploys a job need not import torch."""
    program = "import sys, scripts.sagemaker.start_training_job; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=SCRIPTS.parent, timeout=60).returncode == 0


def test_a_progress_line_matches_the_metric_definitions() -> None:
    """T6"""
    line = format_line(TrainingProgress(120, 0.25, 3600.0, {"loss": -0.3681, "loss_dur": 0.02}, {"loss": 0.5}))
    assert line == (
        "sm_metric step=120; train_loss=-3.6810e-01; train_loss_dur=2.0000e-02; held_out_loss=5.0000e-01;"
        " 25% done, 1:00:00 left"
    )
    assert (find_metric_values("step", line), find_metric_values("train:loss", line)) == (["120"], ["-3.6810e-01"])
    assert (find_metric_values("train:loss_dur", line), find_metric_values("held_out:loss", line)) == (
        ["2.0000e-02"],
        ["5.0000e-01"],
    )
    assert find_metric_values("train:log_mle", line) == []


def test_the_training_script_runs_the_same_job(tmp_path: Path) -> None:
    """T1; SDK v3's ModelTrainer starts the image with a command instead of the entry point."""
    environment = {**os.environ, "INTONE_ML_ROOT": str(tmp_path)}
    script = [sys.executable, str(SCRIPTS / "train_voice.py")]
    assert subprocess.run(script, env=environment, cwd=tmp_path, timeout=60).returncode == 1
    assert "channel training" in read_failure(tmp_path)
