"""The commands of the image's entry point, and its Dockerfile."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from app.container import make_service_settings
from scripts.sagemaker.build_and_push import IMAGE_USER
from tests.sagemaker.containers import build_command
from tests.serving import ROOT, clean_environment

DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text("utf-8")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        build_command(*words), cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("words", [(), ("bash",), ("serve", "now"), ("Train",), ("--help",)])
def test_an_unknown_command_is_reported_and_fails(words: tuple[str, ...]) -> None:
    """S1"""
    completed = run(*words)
    assert (completed.returncode, completed.stdout) == (2, "")
    assert "it runs serve, train, or intone with a command" in completed.stderr and completed.stderr.count("\n") == 1
    assert " ".join(words) in completed.stderr


def test_a_command_of_the_program_runs_unchanged() -> None:
    """S1"""
    completed = run("intone", "serve", "--help")
    assert (completed.returncode, completed.stderr) == (0, "") and "--max-answer-bytes" in completed.stdout


def test_the_dockerfile_keeps_the_contract() -> None:
    """S1"""
    lines = [line for line in DOCKERFILE.splitlines() if not line.startswith("#")]
    (entry,) = [line.removeprefix("ENTRYPOINT ") for line in lines if line.startswith("ENTRYPOINT")]
    assert json.loads(entry) == ["python", "-m", "app.container"]
    assert "LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true" in lines
    assert not re.search(r"/opt/ml|https?://|git clone|KEY|SECRET|TOKEN", "\n".join(lines), re.MULTILINE)
    # Unprivileged, unless the image is built for SageMaker, which mounts its folders for root.
    assert [line for line in lines if re.match("USER|ARG IMAGE_USER", line)] == [
        "ARG IMAGE_USER=intone",
        "USER ${IMAGE_USER}",
    ]
    assert IMAGE_USER == "IMAGE_USER=root"


def test_limits_are_below_those_of_the_platform_and_its_port_is_used() -> None:
    """S5: 60 seconds for a response, 8 minutes for a stream, 30 seconds after SIGTERM, 6 MiB."""
    chosen = make_service_settings({"SAGEMAKER_BIND_TO_PORT": "9000"})
    assert chosen["INTONE_TIME_BUDGET"] == "50"
    assert 400 < int(chosen["INTONE_STREAM_TIME_BUDGET"]) < 480
    assert 20 <= int(chosen["INTONE_DRAIN_SECONDS"]) < 30
    assert int(chosen["INTONE_MAX_ANSWER_BYTES"]) == 6 * 1024 * 1024
    assert (chosen["INTONE_PORT"], make_service_settings({})["INTONE_PORT"]) == ("9000", "8080")


def test_an_invalid_setting_is_reported_in_one_line() -> None:
    environment = clean_environment(INTONE_TIME_BUDGET="soon")
    completed = subprocess.run(
        build_command("serve"), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert completed.returncode == 1 and completed.stderr.startswith("intone: INTONE_TIME_BUDGET: ")
    assert completed.stderr.count("\n") == 1
