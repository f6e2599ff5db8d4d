"""Upload a folder of recordings, or a voice to start from, for a training job."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from app.voices import open_voice
from scripts.sagemaker.address import VOICE_FILES, S3Address, check_bucket_region, make_head_bucket_call, parse_s3
from scripts.sagemaker.aws import Aws, Call, RefusedRequest
from scripts.sagemaker.command import DONE, make_command_parser, report, run_command

REPORT_INTERVAL = 100
"""Number of files between two reports of progress."""
DATASET_LISTS = ("metadata.csv", "durations.jsonl", "pitch.npz")
SOUNDS = (".wav", ".flac")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    flags = make_command_parser("upload_dataset", "Upload a folder of recordings, or a voice, for a training job.")
    flags.add_argument("folder", type=Path, metavar="FOLDER", help="with metadata.csv and wavs/, or with voice.json")
    flags.add_argument("address", metavar="S3", help="s3://BUCKET/PREFIX, in the Region of the job")
    return flags


def list_files(folder: Path) -> list[str]:
    """Return the files to upload, as relative paths; raise an error if the folder has no recordings or voice."""
    if (folder / VOICE_FILES[0]).is_file():
        open_voice(folder)
        found = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
        return [path.relative_to(folder).as_posix() for path in found]
    sounds = [path for path in sorted((folder / "wavs").glob("*")) if path.suffix.lower() in SOUNDS]
    if not (folder / "metadata.csv").is_file() or not sounds:
        raise RefusedRequest(
            f"{folder} contains neither recordings nor a voice.",
            hint="Recordings are metadata.csv and wavs/ in the layout of LJSpeech; see docs/training.md.",
        )
    lists = [name for name in DATASET_LISTS if (folder / name).is_file()]
    return [*lists, *(f"wavs/{path.name}" for path in sounds)]


def make_put_call(address: S3Address, path: str) -> Call:
    """Return the request that uploads a file, without its content."""
    target = address.join(path)
    return Call("s3", "PutObject", {"Bucket": target.bucket, "Key": target.key})


def plan(options: argparse.Namespace, region: str) -> list[Call]:
    """Return all requests."""
    address = parse_s3(options.address)
    return [make_head_bucket_call(address), *(make_put_call(address, path) for path in list_files(options.folder))]


def run(options: argparse.Namespace, aws: Aws) -> int:
    """Upload all files; existing ones are replaced."""
    address, files = parse_s3(options.address), list_files(options.folder)
    check_bucket_region(aws, address)
    for number, path in enumerate(files, 1):
        target = make_put_call(address, path).request
        aws.get_client("s3").upload_file(str(options.folder / path), target["Bucket"], target["Key"])
        if number % REPORT_INTERVAL == 0 or number == len(files):
            report(f"{number} of {len(files)} files")
    sys.stdout.write(f"{address}\n")
    return DONE


main = partial(run_command, make_parser, plan, run)


if __name__ == "__main__":
    sys.exit(main())
