"""Download the voice that a training job made, unpack it, and check it."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from app.cli.parser import UsageError
from app.errors import InvalidVoice
from app.voices import open_voice
from scripts.sagemaker.address import S3Address, parse_s3
from scripts.sagemaker.aws import Aws, Call
from scripts.sagemaker.command import DONE, make_parser, run_command, tell
from scripts.sagemaker.errors import Failed, Refused
from scripts.sagemaker.job_state import wait_for_job
from scripts.sagemaker.preflight import bucket_call, check_object, head_call
from scripts.sagemaker.training_request import describe_call
from scripts.sagemaker.unpack import unpack

MOST_BYTES = 2 << 30
"""Of the archive as it is downloaded."""
ARTIFACTS = "s3://bucket-of-the-job/output/model.tar.gz"
"""Stands in a dry run for what only the job's description tells."""


def parser() -> argparse.ArgumentParser:
    """The flags."""
    flags = make_parser("fetch_model", "Download the voice that a training job made, unpack it, and check it.")
    flags.add_argument("job", metavar="JOB|S3", help="name of a job, whose end is waited for, or a model.tar.gz in S3")
    flags.add_argument("folder", type=Path, metavar="FOLDER", help="for the voice; must not exist")
    return flags


def get_calls(address: S3Address) -> list[Call]:
    """What downloads an object."""
    key = {"Bucket": address.bucket, "Key": address.key}
    return [bucket_call(address), head_call(address), Call("s3", "GetObject", key)]


def plan(options: argparse.Namespace, region: str) -> list[Call]:
    """All requests."""
    if options.folder.exists():
        raise UsageError(f"{options.folder} exists already.", hint="Name another folder.")
    if options.job.startswith("s3:"):
        return get_calls(parse_s3(options.job))
    return [describe_call(options.job), *get_calls(parse_s3(ARTIFACTS))]


def find_model(aws: Aws, job: str) -> S3Address:
    """Where a job left its voice."""
    if job.startswith("s3:"):
        return parse_s3(job)
    return parse_s3(wait_for_job(aws, job)["ModelArtifacts"]["S3ModelArtifacts"])


def run(options: argparse.Namespace, aws: Aws) -> int:
    """The folder appears whole or not at all."""
    address = find_model(aws, options.job)
    size = check_object(aws, address)
    if size > MOST_BYTES:
        raise Refused(f"{address} has {size} bytes, more than any voice.", hint="Is it a voice of this project?")
    tell(f"downloading {address}, {size / 1e6:.0f} MB")
    options.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.folder.parent) as made:
        archive, unpacked = Path(made) / "model.tar.gz", Path(made) / "voice"
        aws.client("s3").download_file(address.bucket, address.key, str(archive))
        unpack(archive, unpacked)
        name = check_voice(unpacked, address)
        unpacked.rename(options.folder)
    tell(f"The voice {name} is whole. Hear it: INTONE_VOICES={options.folder} intone voices --check")
    sys.stdout.write(f"{options.folder}\n")
    return DONE


def check_voice(folder: Path, address: S3Address) -> str:
    """The name of a whole voice."""
    try:
        return open_voice(folder).name
    except InvalidVoice as error:
        raise Failed(f"{address} holds no voice: {error.detail}", hint="Is it the model of a training job?") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    return run_command(parser(), plan, run, arguments)


if __name__ == "__main__":
    sys.exit(main())
