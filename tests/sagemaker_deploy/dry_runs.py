"""Dry runs that cover every request that the commands can send to AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.sagemaker import (
    build_and_push,
    delete_endpoint,
    deploy_endpoint,
    fetch_model,
    invoke_endpoint,
    start_training_job,
    upload_dataset,
)
from tests.sagemaker_deploy.scripted import ACCOUNT, ENDPOINT_ROLE, IMAGE, TRAINING_ROLE

COMMANDS = {
    module.__name__.rpartition(".")[2]: module
    for module in (
        build_and_push,
        upload_dataset,
        start_training_job,
        fetch_model,
        deploy_endpoint,
        invoke_endpoint,
        delete_endpoint,
    )
}
DEPLOY = ("intone", "--image", IMAGE, "--role", ENDPOINT_ROLE)
TRAIN = (
    *("--image", IMAGE, "--role", TRAINING_ROLE, "--training", "s3://voices-of-ours/recordings"),
    *("--output", "s3://voices-of-ours/jobs", "--name", "intone-1"),
)
MODEL = "s3://voices-of-ours/jobs/intone-1/output/model.tar.gz"
TOPIC = f"arn:aws:sns:eu-central-1:{ACCOUNT}:alarms"

ARGUMENTS: list[tuple[str, ...]] = [
    ("build_and_push", "--account", ACCOUNT, "--build-arg", "BASE_IMAGE=python:3.12-slim-bookworm"),
    ("upload_dataset", "RECORDINGS", "s3://voices-of-ours/recordings/"),
    ("start_training_job", *TRAIN),
    ("start_training_job", *TRAIN, "--base", "s3://voices-of-ours/wren", "--spot", "--continue", "intone-0"),
    ("start_training_job", *TRAIN, "--set", "emotion=joy", "--set", "epochs=2", "--no-wait"),
    ("start_training_job", *TRAIN, "--instance-type", "ml.m5.xlarge", "--volume-gb", "100", "--max-runtime", "90000"),
    ("fetch_model", "intone-1", "FOLDER"),
    ("fetch_model", MODEL, "FOLDER"),
    ("deploy_endpoint", *DEPLOY),
    ("deploy_endpoint", *DEPLOY, "--model", MODEL, "--instance-type", "ml.g5.xlarge", "--env", "INTONE_WORKERS=2"),
    ("deploy_endpoint", *DEPLOY, "--instances", "2", "--max-instances", "6", "--alarm-topic", TOPIC),
    ("invoke_endpoint", "intone", "It rains.", "-o", "rain.wav"),
    ("invoke_endpoint", "intone", "<speak>It rains.</speak>", "--ssml", "--stream", "-o", "rain.mp3"),
    ("invoke_endpoint", "intone", '{"text": "It rains.", "emotion": "joy"}', "--json", "-o", "rain.flac"),
    ("delete_endpoint", "intone"),
]


def dry_run(arguments: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the requests that a command would send; RECORDINGS and FOLDER are below `folder`."""
    recordings = folder / "recordings"
    (recordings / "wavs").mkdir(parents=True, exist_ok=True)
    (recordings / "metadata.csv").write_text("a|It rains.\n")
    (recordings / "wavs" / "a.wav").write_bytes(b"")
    places = {"RECORDINGS": str(recordings), "FOLDER": str(folder / "voice")}
    command, *rest = (places.get(one, one) for one in arguments)
    code = COMMANDS[command].main([*rest, "--dry-run"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    calls: list[dict[str, Any]] = json.loads(captured.out)
    return calls
