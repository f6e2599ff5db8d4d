"""The whole path through both containers: S3 → training container → S3 → serving container → a WAV."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.images.building import (
    IMAGE,
    SEALED,
    check_output,
    inspect_state,
    measure_duration,
    run_container,
    run_inside,
)
from tests.images.programs import READY, VOICES
from tests.sagemaker_deploy.conftest import close_clients, isolate_from_aws, moto  # noqa: F401
from tests.sagemaker_deploy.dry_runs import COMMANDS
from tests.sagemaker_deploy.training_platform import JOB, make_bucket, prepare_inputs, start_job, upload_model
from tests.serving import ROOT
from tests.tiny_voice import write_tiny_voice
from tests.training.recordings import write_recordings
from tests.training.test_train import SPEAKERS


def request_speech(container: str, text: str, output: Path) -> None:
    """Request speech from a container without a network, with Intone's client in the container's network namespace."""
    prefix = ["nsenter", "--target", inspect_state(container, "Pid"), "--net"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [*prefix, sys.executable, "-m", "tests.images.container_client", text, str(output)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=120)


@pytest.mark.usefixtures("moto")
def test_recordings_in_a_bucket_become_speech(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_bucket()
    recordings = write_recordings(tmp_path / "recordings", 20, SPEAKERS, durations=True)
    base = write_tiny_voice(tmp_path / "base", speakers=SPEAKERS)
    job, root = start_job(recordings, base, emotion="joy", epochs="1", name="glad"), tmp_path / "ml"
    prepare_inputs(job, root)
    check_output("podman", "run", "--rm", *SEALED, "--volume", f"{root}:/opt/ml", IMAGE, "train")
    upload_model(job, root)

    voice = tmp_path / "voices" / "glad"
    assert COMMANDS["fetch_model"].main([JOB, str(voice)]) == 0
    with run_container(*SEALED, "--volume", f"{voice}:/opt/ml/model:ro", command=["serve"]) as name:
        assert run_inside(name, READY).returncode == 0
        request_speech(name, "We won the game. I am so happy!", tmp_path / "won.wav")
        assert '"glad"' in run_inside(name, VOICES).stdout.decode()
    assert measure_duration((tmp_path / "won.wav").read_bytes()) > 0.3
