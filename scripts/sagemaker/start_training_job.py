"""Start a training job in SageMaker and follow it to its end."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from app.cli.parser import UsageError
from app.training.metric_definitions import METRIC_DEFINITIONS
from scripts.sagemaker.address import parse_s3
from scripts.sagemaker.aws import Aws, Call
from scripts.sagemaker.command import DONE, make_parser, run_command, tell, tell_cost
from scripts.sagemaker.hyperparameters import longest_runtime, read_settings
from scripts.sagemaker.job_state import wait_for_job
from scripts.sagemaker.preflight import (
    DATASET_FILES,
    VOICE_FILES,
    bucket_call,
    check_bucket_region,
    check_folder,
    check_image,
    folder_calls,
)
from scripts.sagemaker.training_request import INSTANCE_TYPE, JobOptions, describe_call, training_call


def parser() -> argparse.ArgumentParser:
    """The flags."""
    flags = make_parser("start_training_job", "Start a training job in SageMaker and follow it to its end.")
    flags.add_argument("--image", required=True, help="as build_and_push prints it")
    flags.add_argument("--role", required=True, metavar="ARN", help="of the job, with docker/iam/training.json")
    flags.add_argument("--training", required=True, metavar="S3", help="recordings, as upload_dataset left them")
    flags.add_argument("--base", metavar="S3", help="voice to go on from, as upload_dataset left it")
    flags.add_argument("--output", required=True, metavar="S3", help="model, checkpoints and curves go below it")
    flags.add_argument("--name", help="of the job; by default intone- and the time")
    flags.add_argument("--continue", dest="run", metavar="JOB", help="go on with the checkpoints of that job")
    flags.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a hyperparameter")
    flags.add_argument("--instance-type", default=INSTANCE_TYPE, help="by default %(default)s")
    flags.add_argument("--volume-gb", type=int, default=50, metavar="GB", help="of data, checkpoints and model")
    flags.add_argument("--max-runtime", type=int, metavar="SECONDS", help="by default time_limit and 900")
    flags.add_argument("--spot", action="store_true", help="cheaper; may be interrupted, and goes on by itself")
    flags.add_argument("--max-wait", type=int, metavar="SECONDS", help="with --spot; by default twice --max-runtime")
    flags.add_argument("--no-wait", action="store_true", help="only start it; fetch_model waits, too")
    return flags


def read_options(options: argparse.Namespace) -> JobOptions:
    """Checked as far as can be without asking AWS."""
    hyperparameters, time_limit = read_settings(options.set)
    max_runtime = longest_runtime(time_limit, options.max_runtime)
    max_wait = options.max_wait or 2 * max_runtime
    if options.max_wait and not options.spot:
        raise UsageError("--max-wait is for --spot.")
    if max_wait < max_runtime:
        raise UsageError(f"--max-wait {max_wait} is below --max-runtime {max_runtime}.", hint="Raise it.")
    return JobOptions(
        name=options.name or time.strftime("intone-%Y%m%d-%H%M%S", time.gmtime()),
        image=options.image,
        role=options.role,
        training=parse_s3(options.training),
        base=parse_s3(options.base) if options.base else None,
        output=parse_s3(options.output),
        run=options.run or "",
        hyperparameters=hyperparameters,
        instance_type=options.instance_type,
        volume_gb=options.volume_gb,
        max_runtime=max_runtime,
        spot=options.spot,
        max_wait=max_wait,
    )


def plan(options: argparse.Namespace, region: str) -> list[Call]:
    """All requests."""
    job = read_options(options)
    check_image(job.image, region)
    calls = folder_calls(job.training, DATASET_FILES)
    calls += folder_calls(job.base, VOICE_FILES) if job.base else []
    calls += [bucket_call(job.output), training_call(job, METRIC_DEFINITIONS)]
    return calls if options.no_wait else [*calls, describe_call(job.name)]


def run(options: argparse.Namespace, aws: Aws) -> int:
    """Check, start, follow."""
    job = read_options(options)
    check_folder(aws, job.training, DATASET_FILES)
    if job.base:
        check_folder(aws, job.base, VOICE_FILES)
    check_bucket_region(aws, job.output)
    tell_cost("Training", job.instance_type, 1, f"until it ends, after {job.max_runtime / 3600:.1f} hours at most")
    aws.send(training_call(job, METRIC_DEFINITIONS))
    tell(
        f"The job {job.name} is started. To end it early and keep its voice: aws sagemaker stop-training-job "
        f"--training-job-name {job.name}"
    )
    if not options.no_wait:
        tell(f"The model is in {wait_for_job(aws, job.name)['ModelArtifacts']['S3ModelArtifacts']}")
    sys.stdout.write(f"{job.name}\n")
    return DONE


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    return run_command(parser(), plan, run, arguments)


if __name__ == "__main__":
    sys.exit(main())
