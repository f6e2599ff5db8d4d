"""Start a training job in SageMaker and wait for its end."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from app.cli.parser import UsageError
from app.training.metric_definitions import METRIC_DEFINITIONS
from scripts.sagemaker.address import parse_s3
from scripts.sagemaker.aws import Aws, Call
from scripts.sagemaker.command import DONE, make_command_parser, report, report_cost, run_command
from scripts.sagemaker.hyperparameters import compute_max_runtime, read_settings
from scripts.sagemaker.job_state import wait_for_job
from scripts.sagemaker.preflight import (
    DATASET_FILES,
    VOICE_FILES,
    check_bucket_region,
    check_folder,
    check_image,
    make_folder_calls,
    make_head_bucket_call,
)
from scripts.sagemaker.training_request import INSTANCE_TYPE, JobOptions, make_describe_job_call, make_training_call


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    flags = make_command_parser("start_training_job", "Start a training job in SageMaker and wait for its end.")
    flags.add_argument("--image", required=True, help="as build_and_push prints it")
    flags.add_argument("--role", required=True, metavar="ARN", help="role of the job, with docker/iam/training.json")
    flags.add_argument("--training", required=True, metavar="S3", help="recordings, uploaded by upload_dataset")
    flags.add_argument("--base", metavar="S3", help="voice to start from, uploaded by upload_dataset")
    flags.add_argument("--output", required=True, metavar="S3", help="prefix for the model, checkpoints and curves")
    flags.add_argument("--name", help="name of the job; by default intone- and the time")
    flags.add_argument("--continue", dest="run", metavar="JOB", help="continue from the checkpoints of that job")
    flags.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a hyperparameter")
    flags.add_argument("--instance-type", default=INSTANCE_TYPE, help="by default %(default)s")
    flags.add_argument(
        "--volume-gb", type=int, default=50, metavar="GB", help="size of the volume for data, checkpoints and model"
    )
    flags.add_argument("--max-runtime", type=int, metavar="SECONDS", help="by default time_limit plus 900")
    flags.add_argument("--spot", action="store_true", help="cheaper; may be interrupted, and resumes by itself")
    flags.add_argument("--max-wait", type=int, metavar="SECONDS", help="with --spot; by default twice --max-runtime")
    flags.add_argument("--no-wait", action="store_true", help="do not wait for the end; fetch_model waits as well")
    return flags


def read_options(options: argparse.Namespace) -> JobOptions:
    """Return the options, validated as far as possible without a request to AWS."""
    hyperparameters, time_limit = read_settings(options.set)
    max_runtime = compute_max_runtime(time_limit, options.max_runtime)
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
    """Return all requests."""
    job = read_options(options)
    check_image(job.image, region)
    calls = make_folder_calls(job.training, DATASET_FILES)
    calls += make_folder_calls(job.base, VOICE_FILES) if job.base else []
    calls += [make_head_bucket_call(job.output), make_training_call(job, METRIC_DEFINITIONS)]
    return calls if options.no_wait else [*calls, make_describe_job_call(job.name)]


def run(options: argparse.Namespace, aws: Aws) -> int:
    """Check the inputs, start the job, and wait for it."""
    job = read_options(options)
    check_folder(aws, job.training, DATASET_FILES)
    if job.base:
        check_folder(aws, job.base, VOICE_FILES)
    check_bucket_region(aws, job.output)
    report_cost("Training", job.instance_type, 1, f"until it ends, after {job.max_runtime / 3600:.1f} hours at most")
    aws.send(make_training_call(job, METRIC_DEFINITIONS))
    report(
        f"The job {job.name} has started. To stop it early and keep its voice: aws sagemaker stop-training-job "
        f"--training-job-name {job.name}"
    )
    if not options.no_wait:
        report(f"The model is in {wait_for_job(aws, job.name)['ModelArtifacts']['S3ModelArtifacts']}")
    sys.stdout.write(f"{job.name}\n")
    return DONE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return run_command(make_parser(), plan, run, arguments)


if __name__ == "__main__":
    sys.exit(main())
