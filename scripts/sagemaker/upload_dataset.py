"""Upload a folder of recordings, or a voice to go on from, for a training job."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.voices import open_voice
from scripts.sagemaker.address import S3Address, parse_s3
from scripts.sagemaker.aws import Aws, Call
from scripts.sagemaker.command import DONE, make_parser, run_command, tell
from scripts.sagemaker.errors import Refused
from scripts.sagemaker.preflight import VOICE_FILES, bucket_call, check_bucket_region

TOLD_EVERY = 100
"""Files."""
DATASET_LISTS = ("metadata.csv", "durations.jsonl", "pitch.npz")
SOUNDS = (".wav", ".flac")


def parser() -> argparse.ArgumentParser:
    """The flags."""
    flags = make_parser("upload_dataset", "Upload a folder of recordings, or a voice, for a training job.")
    flags.add_argument("folder", type=Path, metavar="FOLDER", help="with metadata.csv and wavs/, or with voice.json")
    flags.add_argument("address", metavar="S3", help="s3://BUCKET/PREFIX, in the Region of the job")
    return flags


def files_of(folder: Path) -> list[str]:
    """What of a folder is uploaded, as paths relative to it; what is neither recordings nor a voice is refused."""
    if (folder / VOICE_FILES[0]).is_file():
        open_voice(folder)
        found = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
        return [path.relative_to(folder).as_posix() for path in found]
    sounds = [path for path in sorted((folder / "wavs").glob("*")) if path.suffix.lower() in SOUNDS]
    if not (folder / "metadata.csv").is_file() or not sounds:
        raise Refused(
            f"{folder} holds neither recordings nor a voice.",
            hint="Recordings are metadata.csv and wavs/, laid out as LJSpeech is; see docs/training.md.",
        )
    lists = [name for name in DATASET_LISTS if (folder / name).is_file()]
    return [*lists, *(f"wavs/{path.name}" for path in sounds)]


def put_call(address: S3Address, path: str) -> Call:
    """One file; the file itself is not part of what is shown."""
    target = address.below(path)
    return Call("s3", "PutObject", {"Bucket": target.bucket, "Key": target.key})


def plan(options: argparse.Namespace, region: str) -> list[Call]:
    """All requests."""
    address = parse_s3(options.address)
    return [bucket_call(address), *(put_call(address, path) for path in files_of(options.folder))]


def run(options: argparse.Namespace, aws: Aws) -> int:
    """Upload; a file that is there already is replaced."""
    address, files = parse_s3(options.address), files_of(options.folder)
    check_bucket_region(aws, address)
    for number, path in enumerate(files, 1):
        target = put_call(address, path).request
        aws.client("s3").upload_file(str(options.folder / path), target["Bucket"], target["Key"])
        if number % TOLD_EVERY == 0 or number == len(files):
            tell(f"{number} of {len(files)} files")
    sys.stdout.write(f"{address}\n")
    return DONE


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    return run_command(parser(), plan, run, arguments)


if __name__ == "__main__":
    sys.exit(main())
