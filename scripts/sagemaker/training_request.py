"""Build the requests that create and describe a training job."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scripts.sagemaker.address import S3Address
from scripts.sagemaker.aws import Call

INSTANCE_TYPE = "ml.c7i.2xlarge"
"""It has no GPU, as training runs on CPUs alone."""
CHECKPOINTS, TENSORBOARD = "/opt/ml/checkpoints", "/opt/ml/output/tensorboard"


@dataclass(frozen=True, slots=True)
class JobOptions:
    """Options of a training job."""

    name: str
    image: str
    role: str
    training: S3Address
    output: S3Address
    """Prefix of NAME/output/model.tar.gz, NAME/checkpoints and NAME/tensorboard."""
    base: S3Address | None = None
    run: str = ""
    """Name of the job whose checkpoints are continued; empty for the job itself."""
    hyperparameters: dict[str, str] = field(default_factory=dict)
    instance_type: str = INSTANCE_TYPE
    volume_gb: int = 50
    """Size of the volume for /opt/ml and /tmp."""
    max_runtime: int = 90_000
    """Maximum seconds of training."""
    spot: bool = False
    max_wait: int = 0
    """Maximum seconds of training and of waiting for a spot instance."""


def make_training_call(options: JobOptions, metrics: list[dict[str, str]]) -> Call:
    """Return the request that creates the job."""
    channels = {"training": options.training, "base": options.base}
    output = options.output
    request: dict[str, Any] = {
        "TrainingJobName": options.name,
        "RoleArn": options.role,
        "AlgorithmSpecification": {
            "TrainingImage": options.image,
            "TrainingInputMode": "File",
            "MetricDefinitions": metrics,
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
