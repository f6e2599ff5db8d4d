"""The image is built, pushed, and named by its digest; a script that records its calls replaces the build tool."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from scripts.sagemaker.build_and_push import BUILD, DOCKER_MANIFEST
from tests.sagemaker_deploy.dry_runs import COMMANDS
from tests.sagemaker_deploy.scripted import ACCOUNT, REGION, Scripted

REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
DIGEST = f"sha256:{'cd' * 32}"
FLAGS = ("--account", ACCOUNT, "--tag", "1", "--build-arg", "BASE_IMAGE=base")


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replace docker, podman and buildah by scripts that record their arguments; a file `fail` makes them fail."""
    script = f'#!/bin/sh\necho "$(basename $0) $@" >> {tmp_path}/notes\n'
    script += f'[ "$2" = --username ] && cat >> {tmp_path}/password\n[ ! -e {tmp_path}/fail ]\n'
    for name in BUILD:
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "notes"


def script_registry(aws: Scripted, kind: str = DOCKER_MANIFEST) -> None:
    token = base64.b64encode(b"AWS:secret").decode()
    aws.fail("ecr", "create_repository", "RepositoryAlreadyExistsException")
    aws.respond("ecr", "get_authorization_token", {"authorizationData": [{"authorizationToken": token}]})
    image: dict[str, Any] = {"imageDigest": DIGEST, "imageManifestMediaType": kind}
    aws.respond("ecr", "describe_images", {"imageDetails": [image]})


@pytest.mark.parametrize("tool", BUILD)
def test_the_image_is_built_pushed_and_named_by_its_digest(
    tool: str, scripted: Scripted, notes: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script_registry(scripted)
    assert COMMANDS["build_and_push"].main([*FLAGS, "--tool", tool]) == 0
    build, login, push = notes.read_text().splitlines()
    assert (
        build.startswith(" ".join(BUILD[tool])) and "--build-arg IMAGE_USER=root --build-arg BASE_IMAGE=base" in build
    )
    assert "--platform linux/amd64" in build
    assert build.endswith(f"--file docker/Dockerfile --tag {REGISTRY}/intone:1 .")
    assert login == f"{tool} login --username AWS --password-stdin {REGISTRY}"
    assert push == f"{tool} push {REGISTRY}/intone:1"
    assert (notes.parent / "password").read_text() == "secret"
    captured = capfd.readouterr()
    assert captured.out == f"{REGISTRY}/intone@{DIGEST}\n" and "secret" not in captured.err


def test_an_image_that_sagemaker_refuses_is_reported(
    scripted: Scripted, notes: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script_registry(scripted, "application/vnd.oci.image.index.v1+json")
    assert COMMANDS["build_and_push"].main(FLAGS) == 1
    captured = capfd.readouterr()
    assert "which SageMaker rejects" in captured.err and captured.out == ""


def test_an_image_that_cannot_be_built_is_not_pushed(
    scripted: Scripted, notes: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (notes.parent / "fail").touch()
    assert COMMANDS["build_and_push"].main([*FLAGS, "--tool", "podman"]) == 1
    assert "podman ended with code 1" in capfd.readouterr().err
    assert len(notes.read_text().splitlines()) == 1 and not scripted.sent


def test_a_missing_program_is_reported(
    scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert COMMANDS["build_and_push"].main(FLAGS) == 2
    assert "docker is not installed" in capfd.readouterr().err


def test_a_dry_run_prints_the_commands(notes: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert COMMANDS["build_and_push"].main([*FLAGS, "--tool", "buildah", "--dry-run"]) == 0
    build, login, push = capfd.readouterr().err.splitlines()
    assert build.startswith("buildah build --format docker") and push.startswith("buildah push")
    assert "--password-stdin" in login and not notes.exists()
