"""All of it in a row: recordings go up, a job trains as the platform starts it, its voice comes down and speaks."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import boto3
import pytest
from serving import ROOT, StartServer, clean_environment, serving_here

from tests.sagemaker_deploy.dry_runs import COMMANDS
from tests.sagemaker_deploy.runtime_front import runtime_front
from tests.sagemaker_deploy.scripted import IMAGE, REGION, TRAINING_ROLE
from tests.tiny_voice import write_tiny_voice
from tests.training.recordings import write_recordings
from tests.training.test_train import SPEAKERS

BUCKET = "voices-of-ours"
SETTINGS = ("--set", "emotion=joy", "--set", "epochs=1", "--set", "name=glad")


def download(address: str, folder: Path) -> None:
    """A channel, as the platform brings it."""
    s3, (bucket, _, prefix) = boto3.client("s3"), address.removeprefix("s3://").partition("/")
    for one in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
        target = folder / one["Key"].removeprefix(prefix)
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, one["Key"], str(target))


def run_as_the_platform_does(job: dict[str, Any], root: Path) -> None:
    """Lay out what the job asks for, run it, and put its model where the job says."""
    for channel in job["InputDataConfig"]:
        source = channel["DataSource"]["S3DataSource"]["S3Uri"]
        download(source, root / "input" / "data" / channel["ChannelName"])
    (root / "input" / "config").mkdir()
    (root / "input" / "config" / "hyperparameters.json").write_text(json.dumps(job["HyperParameters"]))
    environment = clean_environment(INTONE_ML_ROOT=str(root), OMP_NUM_THREADS="1")
    subprocess.run([sys.executable, ROOT / "scripts" / "train_voice.py"], env=environment, check=True, timeout=300)
    assert list((root / "output" / "tensorboard").glob("events.*"))
    with tarfile.open(root / "model.tar.gz", "w:gz") as archive:
        archive.add(root / "model", ".")
    bucket, _, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
    boto3.client("s3").upload_file(str(root / "model.tar.gz"), bucket, key)


@pytest.mark.usefixtures("moto")
def test_from_recordings_to_speech(
    tmp_path: Path, own_server: StartServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    recordings = write_recordings(tmp_path / "recordings", 20, SPEAKERS, durations=True)
    base = write_tiny_voice(tmp_path / "base", speakers=SPEAKERS)
    for folder, prefix in ((recordings, "recordings"), (base, "base")):
        assert COMMANDS["upload_dataset"].main([str(folder), f"s3://{BUCKET}/{prefix}/"]) == 0
    where = (
        "--training",
        f"s3://{BUCKET}/recordings",
        "--base",
        f"s3://{BUCKET}/base",
        "--output",
        f"s3://{BUCKET}/jobs",
    )
    chosen = ("--image", IMAGE, "--role", TRAINING_ROLE, "--name", "intone-1", "--instance-type", "ml.m5.xlarge")
    assert COMMANDS["start_training_job"].main([*where, *chosen, *SETTINGS, "--no-wait"]) == 0

    job = boto3.client("sagemaker").describe_training_job(TrainingJobName="intone-1")
    run_as_the_platform_does(job, tmp_path / "ml")

    voice = tmp_path / "voices" / "glad"
    assert COMMANDS["fetch_model"].main(["intone-1", str(voice)]) == 0
    assert f"{voice}\n" in capsys.readouterr().out
    server = own_server("--voices", str(voice), "--default-voice", "glad")
    with serving_here(runtime_front(server.url)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", url)
        output = tmp_path / "won.wav"
        assert COMMANDS["invoke_endpoint"].main(["intone", "We won the game!", "-o", str(output)]) == 0
    assert output.read_bytes()[:4] == b"RIFF" and output.stat().st_size > 1000


@pytest.mark.usefixtures("moto")
def test_what_is_no_voice_is_not_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    (tmp_path / "notes.txt").write_text("no voice")
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "notes.txt", "notes.txt")
    boto3.client("s3").upload_file(str(tmp_path / "model.tar.gz"), BUCKET, "model.tar.gz")
    folder = tmp_path / "voices" / "none"
    assert COMMANDS["fetch_model"].main([f"s3://{BUCKET}/model.tar.gz", str(folder)]) == 1
    assert f"s3://{BUCKET}/model.tar.gz holds no voice" in capsys.readouterr().err
    assert not list(folder.parent.iterdir())
    assert COMMANDS["fetch_model"].main([f"s3://{BUCKET}/nothing.tar.gz", str(folder)]) == 2
