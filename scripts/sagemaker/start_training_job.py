"""Start a training job in SageMaker and wait for its end."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.cli.parser import UsageError
from scripts.sagemaker.address import (
    DATASET_FILES,
    VOICE_FILES,
    S3Address,
    check_bucket_region,
    check_folder,
    check_image,
    make_folder_calls,
    make_head_bucket_call,
    parse_s3,
)
from scripts.sagemaker.aws import Aws, Call, FailedOperation, RefusedRequest
from scripts.sagemaker.command import DONE, make_command_parser, read_pair, report, report_cost, run_command, wait

INSTANCE_TYPE = "ml.c7i.2xlarge"
"""It has no GPU, as training runs on CPUs alone."""
CHECKPOINTS, TENSORBOARD = "/opt/ml/checkpoints", "/opt/ml/output/tensorboard"

NUMBER = r"([-+.e\d]+)"
ACOUSTIC = ("loss", "log_mle", "loss_dur", "decoder_loss", "postnet_loss", "stopnet_loss", "attention_loss")
"""Losses of `glow_tts` and `tacotron2`."""
HIFIGAN = ("mel", "stft", "telling", "passing", "features", "pitch", "semitones", "voicing")
"""Losses and errors of `hifigan_v1`, `hifigan_v2` and `hifigan_source`."""
VOCOS = ("tone", "tone_phase", "free", "free_phase")
"""Losses of `vocos_source`, which also has `pitch`."""
TRAINING_ONLY = ("telling", "passing", "features", "pitch")
HELD_OUT_ONLY = ("semitones", "voicing")

TRAINING_METRICS = [name for name in (*ACOUSTIC, *HIFIGAN, *VOCOS) if name not in HELD_OUT_ONLY]
HELD_OUT_METRICS = [name for name in (*ACOUSTIC, *HIFIGAN, *VOCOS) if name not in TRAINING_ONLY]

METRIC_DEFINITIONS: list[dict[str, str]] = [
    {"Name": "step", "Regex": r"sm_metric step=(\d+);"},
    *({"Name": f"train:{name}", "Regex": f" train_{name}={NUMBER};"} for name in TRAINING_METRICS),
    *({"Name": f"held_out:{name}", "Regex": f" held_out_{name}={NUMBER};"} for name in HELD_OUT_METRICS),
]
"""CloudWatch metrics that SageMaker extracts from the log lines of `app.training.trainer.format_line`.

They depend on the model. A job may define 40 metrics, with up to 500 characters per expression.
"""


@dataclass(frozen=True, slots=True)
class JobOptions:
    """Options of a training job."""

    name: str
    image: str
    role: str
    training: S3Address
    output: S3Address
    """Prefix of NAME/output/model.tar.gz, NAME/checkpoints and NAME/tensorboard."""
    base: S3Address | None
    run: str
    """Name of the job whose checkpoints are continued; empty for the job itself."""
    hyperparameters: dict[str, str]
    instance_type: str
    volume_gb: int
    """Size of the volume for /opt/ml and /tmp."""
    max_runtime: int
    """Maximum seconds of training."""
    spot: bool
    max_wait: int
    """Maximum seconds of training and of waiting for a spot instance."""


def make_training_call(options: JobOptions) -> Call:
    """Return the request that creates the job."""
    channels = {"training": options.training, "base": options.base}
    output = options.output
    request: dict[str, Any] = {
        "TrainingJobName": options.name,
        "RoleArn": options.role,
        "AlgorithmSpecification": {
            "TrainingImage": options.image,
            "TrainingInputMode": "File",
            "MetricDefinitions": METRIC_DEFINITIONS,
        },
        "HyperParameters": options.hyperparameters,
        "InputDataConfig": [make_channel(name, address) for name, address in channels.items() if address],
        "OutputDataConfig": {"S3OutputPath": str(output)},
        "ResourceConfig": {
            "InstanceType": options.instance_type,
            "InstanceCount": 1,
            "VolumeSizeInGB": options.volume_gb,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": options.max_runtime},
        "EnableManagedSpotTraining": options.spot,
        "CheckpointConfig": {
            "S3Uri": str(output.join(f"{options.run or options.name}/checkpoints")),
            "LocalPath": CHECKPOINTS,
        },
        "TensorBoardOutputConfig": {
            "S3OutputPath": str(output.join(f"{options.name}/tensorboard")),
            "LocalPath": TENSORBOARD,
        },
        "EnableNetworkIsolation": True,
    }
    if options.spot:
        request["StoppingCondition"]["MaxWaitTimeInSeconds"] = options.max_wait
    return Call("sagemaker", "CreateTrainingJob", request)


def make_channel(name: str, address: S3Address) -> dict[str, Any]:
    """Return the channel of a folder in S3 that becomes /opt/ml/input/data/NAME."""
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": f"s3://{address.bucket}/{address.folder}",
        "S3DataDistributionType": "FullyReplicated",
    }
    return {"ChannelName": name, "InputMode": "File", "DataSource": {"S3DataSource": source}}


def make_describe_job_call(name: str) -> Call:
    """Return the request for the state of a job."""
    return Call("sagemaker", "DescribeTrainingJob", {"TrainingJobName": name})


MARGIN_SECONDS = 900
"""Time between the limit of the training and that of the platform, for startup, download and export."""


def read_settings(pairs: Sequence[str]) -> tuple[dict[str, str], float]:
    """Return `NAME=VALUE` flags as strings, as SageMaker requires, and the time limit of the training in seconds."""
    from app.training.settings import WrongHyperparameter, parse_settings

    values = dict(read_pair(pair) for pair in pairs)
    try:
        return values, parse_settings(values).time_limit
    except WrongHyperparameter as error:
        raise RefusedRequest(error.detail, hint=error.hint) from None


def compute_max_runtime(time_limit: float, max_runtime: int | None) -> int:
    """Return the seconds after which the platform stops the job: by default well after the training's own limit."""
    if max_runtime is None:
        return int(time_limit) + MARGIN_SECONDS
    if max_runtime < time_limit + MARGIN_SECONDS:
        raise RefusedRequest(
            f"After {max_runtime} s the platform would stop a training that may take {time_limit:g} s.",
            hint=f"Set time_limit={max(1, max_runtime - MARGIN_SECONDS)}, or a longer --max-runtime.",
        )
    return max_runtime


RUNNING = ("InProgress", "Stopping")


def wait_for_job(aws: Aws, name: str) -> dict[str, Any]:
    """Return the job's description once it has ended; raise `FailedOperation` if it has failed or has no model."""
    job = wait(
        lambda: aws.send(make_describe_job_call(name)),
        format_state=format_job_state,
        is_done=lambda job: job["TrainingJobStatus"] not in RUNNING,
    )
    if job["TrainingJobStatus"] == "Failed":
        raise FailedOperation(
            f"The job {name} failed: {job.get('FailureReason', 'no reason was given')}",
            hint=f"Its log: aws logs tail /aws/sagemaker/TrainingJobs --log-stream-name-prefix {name}/",
        )
    if not job.get("ModelArtifacts", {}).get("S3ModelArtifacts"):
        raise FailedOperation(f"The job {name} was stopped before it had a model.")
    return job


def format_job_state(job: dict[str, Any]) -> str:
    """Return the status, its message, and the latest metrics."""
    steps = job.get("SecondaryStatusTransitions") or [{}]
    message = steps[-1].get("StatusMessage", "")
    metrics = "".join(f" {one['MetricName']}={one['Value']:.4g}" for one in job.get("FinalMetricDataList", []))
    return f"{job['TrainingJobStatus']}/{job.get('SecondaryStatus', '')} {message}{metrics}".strip()


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
    calls += [make_head_bucket_call(job.output), make_training_call(job)]
    return calls if options.no_wait else [*calls, make_describe_job_call(job.name)]


def run(options: argparse.Namespace, aws: Aws) -> int:
    """Check the inputs, start the job, and wait for it."""
    job = read_options(options)
    check_folder(aws, job.training, DATASET_FILES)
    if job.base:
        check_folder(aws, job.base, VOICE_FILES)
    check_bucket_region(aws, job.output)
    report_cost("Training", job.instance_type, 1, f"until it ends, after {job.max_runtime / 3600:.1f} hours at most")
    aws.send(make_training_call(job))
    report(
        f"The job {job.name} has started. To stop it early and keep its voice: aws sagemaker stop-training-job "
        f"--training-job-name {job.name}"
    )
    if not options.no_wait:
        report(f"The model is in {wait_for_job(aws, job.name)['ModelArtifacts']['S3ModelArtifacts']}")
    sys.stdout.write(f"{job.name}\n")
    return DONE


main = partial(run_command, make_parser, plan, run)


if __name__ == "__main__":
    sys.exit(main())
