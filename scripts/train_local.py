"""Run a SageMaker training job on this machine: create its folders, and run the command of the image.

    scripts/train_local.py RECORDINGS JOB [--base VOICE] [--image NAME] [emotion=anger epochs=10 …]

JOB takes the place of /opt/ml: hyperparameters and channels are below `input`, the voice in `model`, the run in
`checkpoints`. With --image, the job runs in a container of podman or docker, otherwise in this Python interpreter.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("podman", "docker")


def main() -> int:
    """Run the job and return its exit code."""
    options = parse_arguments()
    channels = {"training": options.recordings.resolve()}
    if options.base:
        channels["base"] = options.base.resolve()
    job = options.job.resolve()
    create_folders(job, dict(options.hyperparameters), channels)
    code = run_in_image(job, channels, options.image) if options.image else run_here(job, channels)
    sys.stderr.write(f"{describe_result(job, code)}\n")
    return code


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("recordings", type=Path, help="folder with metadata.csv and wavs/")
    parser.add_argument("job", type=Path, help="folder that takes the place of /opt/ml")
    parser.add_argument("hyperparameters", nargs="*", type=parse_hyperparameter, metavar="NAME=VALUE")
    parser.add_argument("--base", type=Path, metavar="VOICE", help="voice to start from")
    parser.add_argument("--image", metavar="NAME", help="run inside this image")
    return parser.parse_intermixed_args()


def parse_hyperparameter(written: str) -> tuple[str, str]:
    """Parse `epochs=10`, as a type of argparse."""
    name, equals, value = written.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{written!r} is not NAME=VALUE")
    return name, value


def create_folders(job: Path, hyperparameters: Mapping[str, str], channels: Mapping[str, Path]) -> None:
    """Create the files and folders that SageMaker provides before it starts the container."""
    config, data = job / "input" / "config", job / "input" / "data"
    for earlier in [link for link in data.glob("*") if link.is_symlink()]:
        earlier.unlink()
    for folder in (config, *(data / name for name in channels), job / "output"):
        folder.mkdir(parents=True, exist_ok=True)
    described = {name: {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated"} for name in channels}
    host = {"current_host": "algo-1", "hosts": ["algo-1"]}
    contents = {"hyperparameters": hyperparameters, "inputdataconfig": described, "resourceconfig": host}
    for name, content in contents.items():
        (config / f"{name}.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
    (job / "output" / "failure").unlink(missing_ok=True)


def run_here(job: Path, channels: Mapping[str, Path]) -> int:
    """Run the job in this Python interpreter; the channels are symbolic links."""
    for name, source in channels.items():
        channel = job / "input" / "data" / name
        channel.rmdir()
        channel.symlink_to(source)
    command = [sys.executable, "-m", "app.container", "train"]
    environment = {**os.environ, "INTONE_ML_ROOT": str(job), "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment).returncode


def run_in_image(job: Path, channels: Mapping[str, Path], image: str) -> int:
    """Run the job in a container without a network; the channels are mounted read-only."""
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        raise SystemExit(f"None of {', '.join(PROGRAMS)} is installed to run the image with.")
    mounts = [f"{job}:/opt/ml", *(f"{source}:/opt/ml/input/data/{name}:ro" for name, source in channels.items())]
    volumes = [word for mount in mounts for word in ("--volume", mount)]
    return subprocess.run([program, "run", "--rm", "--network", "none", *volumes, image, "train"]).returncode


def describe_result(job: Path, code: int) -> str:
    """Return the reason of a failure, or the folder of the voice."""
    failure = job / "output" / "failure"
    reason = failure.read_text(encoding="utf-8") if failure.exists() else "see above"
    return f"Failed with exit code {code}: {reason}" if code else f"The voice is in {job / 'model'}."


if __name__ == "__main__":
    sys.exit(main())
