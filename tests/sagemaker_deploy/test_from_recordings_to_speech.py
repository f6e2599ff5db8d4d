"""From recordings to speech: upload, a training job as the platform runs it, download, and an endpoint that speaks."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import boto3
import pytest

from tests.sagemaker_deploy.dry_runs import COMMANDS
from tests.sagemaker_deploy.runtime_front import create_runtime
from tests.sagemaker_deploy.training_platform import BUCKET, JOB, make_bucket, prepare_inputs, start_job, upload_model
from tests.serving import ROOT, StartServer, clean_environment, serve_in_thread
from tests.tiny_voice import write_tiny_voice
from tests.training.recordings import write_recordings
from tests.training.test_train import SPEAKERS


def train(root: Path) -> None:
    """Run the job without its container."""
    environment = clean_environment(INTONE_ML_ROOT=str(root), OMP_NUM_THREADS="1")
    subprocess.run([sys.executable, ROOT / "scripts" / "train_voice.py"], env=environment, check=True, timeout=300)
    assert list((root / "output" / "tensorboard").glob("events.*"))


@pytest.mark.usefixtures("moto")
def test_from_recordings_to_speech(
    tmp_path: Path, own_server: StartServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_bucket()
    recordings = write_recordings(tmp_path / "recordings", 20, SPEAKERS, durations=True)
    base = write_tiny_voice(tmp_path / "base", speakers=SPEAKERS)
    job, root = start_job(recordings, base, emotion="joy", epochs="1", name="glad"), tmp_path / "ml"
    prepare_inputs(job, root)
    train(root)
    upload_model(job, root)

    voice = tmp_path / "voices" / "glad"
    assert COMMANDS["fetch_model"].main([JOB, str(voice)]) == 0
    assert f"{voice}\n" in capsys.readouterr().out
    server = own_server("--voices", str(voice), "--default-voice", "glad")
    with serve_in_thread(create_runtime(server.url)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", url)
        output = tmp_path / "won.wav"
        assert COMMANDS["invoke_endpoint"].main(["intone", "We won the game!", "-o", str(output)]) == 0
    assert output.read_bytes()[:4] == b"RIFF" and output.stat().st_size > 1000


@pytest.mark.usefixtures("moto")
def test_an_archive_without_a_voice_is_not_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_bucket()
    (tmp_path / "notes.txt").write_text("no voice")
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "notes.txt", "notes.txt")
    boto3.client("s3").upload_file(str(tmp_path / "model.tar.gz"), BUCKET, "model.tar.gz")
    folder = tmp_path / "voices" / "none"
    assert COMMANDS["fetch_model"].main([f"s3://{BUCKET}/model.tar.gz", str(folder)]) == 1
    assert f"s3://{BUCKET}/model.tar.gz does not contain a voice" in capsys.readouterr().err
    assert not list(folder.parent.iterdir())
    assert COMMANDS["fetch_model"].main([f"s3://{BUCKET}/nothing.tar.gz", str(folder)]) == 2
