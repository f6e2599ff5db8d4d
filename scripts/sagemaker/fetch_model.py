"""Download the voice that a training job produced, unpack it, and check it."""

from __future__ import annotations

import argparse
import gzip
import io
import sys
import tarfile
import tempfile
import zlib
from functools import partial
from pathlib import Path

from app.cli.parser import UsageError
from app.errors import InvalidVoice
from app.voices import open_voice
from scripts.sagemaker.address import S3Address, check_object, make_head_bucket_call, make_head_object_call, parse_s3
from scripts.sagemaker.aws import Aws, Call, FailedOperation, RefusedRequest
from scripts.sagemaker.command import DONE, make_command_parser, report, run_command
from scripts.sagemaker.start_training_job import make_describe_job_call, wait_for_job

MAX_UNPACKED_BYTES = 4 << 30
MAX_FILES = 1000


class BoundedStream(io.RawIOBase):
    """A decompressed stream that raises an error beyond a size, since a small gzip file can expand to any size."""

    def __init__(self, source: gzip.GzipFile, size: int) -> None:
        self.source = source
        self.remaining = size

    def readable(self) -> bool:
        """See `io.RawIOBase`."""
        return True

    def read(self, size: int = -1) -> bytes:
        """See `io.RawIOBase`."""
        piece = self.source.read(min(size, self.remaining + 1) if size >= 0 else self.remaining + 1)
        self.remaining -= len(piece)
        if self.remaining < 0:
            raise FailedOperation("The archive is larger than any voice.", hint="Is it a model.tar.gz of this project?")
        return piece


def unpack(archive: Path, folder: Path, max_bytes: int = MAX_UNPACKED_BYTES, max_files: int = MAX_FILES) -> None:
    """Unpack an archive into a folder."""
    try:
        with gzip.open(archive) as whole, tarfile.open(fileobj=BoundedStream(whole, max_bytes), mode="r|") as members:
            for number, member in enumerate(members):
                # A sparse file expands to far more bytes than it has; no training job creates one.
                if number >= max_files or member.issparse() or not (member.isfile() or member.isdir()):
                    raise FailedOperation(
                        f"The archive contains an entry that no voice contains ({member.name!r:.80}).",
                        hint="Is it a model.tar.gz of this project?",
                    )
                members.extract(member, folder, filter="data")
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FailedOperation(f"{archive.name} cannot be unpacked: {error}.", hint="Download it again.") from None


MAX_ARCHIVE_BYTES = 2 << 30
"""Maximum size of the archive."""
ARTIFACTS = "s3://bucket-of-the-job/output/model.tar.gz"
"""Placeholder in a dry run for the address in the job's description."""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    flags = make_command_parser(
        "fetch_model", "Download the voice that a training job produced, unpack it, and check it."
    )
    flags.add_argument("job", metavar="JOB|S3", help="name of a job, which is waited for, or a model.tar.gz in S3")
    flags.add_argument("folder", type=Path, metavar="FOLDER", help="for the voice; must not exist yet")
    return flags


def make_download_calls(address: S3Address) -> list[Call]:
    """Return the requests that download an object."""
    key = {"Bucket": address.bucket, "Key": address.key}
    return [make_head_bucket_call(address), make_head_object_call(address), Call("s3", "GetObject", key)]


def plan(options: argparse.Namespace, region: str) -> list[Call]:
    """Return all requests."""
    if options.folder.exists():
        raise UsageError(f"{options.folder} already exists.", hint="Name another folder.")
    if options.job.startswith("s3:"):
        return make_download_calls(parse_s3(options.job))
    return [make_describe_job_call(options.job), *make_download_calls(parse_s3(ARTIFACTS))]


def find_model(aws: Aws, job: str) -> S3Address:
    """Return the address of a job's model, after waiting for the job."""
    if job.startswith("s3:"):
        return parse_s3(job)
    return parse_s3(wait_for_job(aws, job)["ModelArtifacts"]["S3ModelArtifacts"])


def run(options: argparse.Namespace, aws: Aws) -> int:
    """Download, unpack and check the voice; the folder is created only if all of that succeeds."""
    address = find_model(aws, options.job)
    size = check_object(aws, address)
    if size > MAX_ARCHIVE_BYTES:
        raise RefusedRequest(f"{address} has {size} bytes, more than any voice.", hint="Is it a voice of this project?")
    report(f"downloading {address}, {size / 1e6:.0f} MB")
    options.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.folder.parent) as temporary:
        archive, unpacked = Path(temporary) / "model.tar.gz", Path(temporary) / "voice"
        aws.get_client("s3").download_file(address.bucket, address.key, str(archive))
        unpack(archive, unpacked)
        name = check_voice(unpacked, address)
        unpacked.rename(options.folder)
    report(f"The voice {name} is complete. Try it: INTONE_VOICES={options.folder} intone voices --check")
    sys.stdout.write(f"{options.folder}\n")
    return DONE


def check_voice(folder: Path, address: S3Address) -> str:
    """Return the name of the voice; raise `FailedOperation` if it is invalid."""
    try:
        return open_voice(folder).name
    except InvalidVoice as error:
        raise FailedOperation(
            f"{address} does not contain a voice: {error.detail}", hint="Is it the model of a training job?"
        ) from None


main = partial(run_command, make_parser, plan, run)


if __name__ == "__main__":
    sys.exit(main())
