"""The steps of SageMaker before and after a training container, with moto as S3."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import boto3

from tests.sagemaker_deploy.dry_runs import COMMANDS
from tests.sagemaker_deploy.scripted import IMAGE, REGION, TRAINING_ROLE

BUCKET = "voices-of-ours"
JOB = "intone-1"


def make_bucket() -> None:
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})


def start_job(recordings: Path, base: Path, **hyperparameters: str) -> dict[str, Any]:
    """Upload both folders and start a job with our own commands; return SageMaker's description of it."""
    s3 = f"s3://{BUCKET}"
    for folder, prefix in ((recordings, "recordings"), (base, "base")):
        assert COMMANDS["upload_dataset"].main([str(folder), f"{s3}/{prefix}/"]) == 0
    addresses = ("--training", f"{s3}/recordings", "--base", f"{s3}/base", "--output", f"{s3}/jobs")
    chosen = ("--image", IMAGE, "--role", TRAINING_ROLE, "--name", JOB, "--instance-type", "ml.m5.xlarge")
    settings = [word for name, value in hyperparameters.items() for word in ("--set", f"{name}={value}")]
    assert COMMANDS["start_training_job"].main([*addresses, *chosen, *settings, "--no-wait"]) == 0
    return dict(boto3.client("sagemaker").describe_training_job(TrainingJobName=JOB))


def prepare_inputs(job: dict[str, Any], root: Path) -> None:
    """Download the channels and write the settings, as the platform does before it starts the container."""
    for channel in job["InputDataConfig"]:
        source = channel["DataSource"]["S3DataSource"]["S3Uri"]
        download(source, root / "input" / "data" / channel["ChannelName"])
    (root / "input" / "config").mkdir()
    (root / "input" / "config" / "hyperparameters.json").write_text(json.dumps(job["HyperParameters"]))


def download(address: str, folder: Path) -> None:
    """Download a channel as the platform does."""
    s3, (bucket, _, prefix) = boto3.client("s3"), address.removeprefix("s3://").partition("/")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for one in page["Contents"]:
            target = folder / one["Key"].removeprefix(prefix)
            target.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, one["Key"], str(target))


def upload_model(job: dict[str, Any], root: Path) -> None:
    """Upload the model to the address in the job, as the platform does after the container has ended."""
    with tarfile.open(root / "model.tar.gz", "w:gz") as archive:
        archive.add(root / "model", ".")
    bucket, _, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
    boto3.client("s3").upload_file(str(root / "model.tar.gz"), bucket, key)
