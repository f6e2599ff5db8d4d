"""All of it in a row, with both containers: S3 → training container → S3 → serving container → a WAV."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.images.building import IMAGE, SEALED, inside, inspected, running, sound, succeed
from tests.images.programs import READY, VOICES
from tests.sagemaker_deploy.conftest import clients_are_closed, moto, no_account  # noqa: F401
from tests.sagemaker_deploy.dry_runs import COMMANDS
from tests.sagemaker_deploy.training_platform import JOB, hand_in, lay_out, make_bucket, order_job
from tests.serving import ROOT
from tests.tiny_voice import write_tiny_voice
from tests.training.recordings import write_recordings
from tests.training.test_train import SPEAKERS


def ask(container: str, text: str, output: Path) -> None:
    """Our own command asks a container without a network, from within the network that it does not have."""
    within = ["nsenter", "--target", inspected(container, "Pid"), "--net"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [*within, sys.executable, "-m", "tests.images.asking", text, str(output)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=120)


@pytest.mark.usefixtures("moto")
def test_from_a_bucket_to_speech(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_bucket()
    recordings = write_recordings(tmp_path / "recordings", 20, SPEAKERS, durations=True)
    base = write_tiny_voice(tmp_path / "base", speakers=SPEAKERS)
    job, root = order_job(recordings, base, emotion="joy", epochs="1", name="glad"), tmp_path / "ml"
    lay_out(job, root)
    succeed("podman", "run", "--rm", *SEALED, "--volume", f"{root}:/opt/ml", IMAGE, "train")
    hand_in(job, root)

    voice = tmp_path / "voices" / "glad"
    assert COMMANDS["fetch_model"].main([JOB, str(voice)]) == 0
    with running(*SEALED, "--volume", f"{voice}:/opt/ml/model:ro", command=["serve"]) as name:
        assert inside(name, READY).returncode == 0
        ask(name, "We won the game. I am so happy!", tmp_path / "won.wav")
        assert '"glad"' in inside(name, VOICES).stdout.decode()
    assert sound((tmp_path / "won.wav").read_bytes()) > 0.3
