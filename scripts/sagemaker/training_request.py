"""A training job as the request that creates it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scripts.sagemaker.address import S3Address
from scripts.sagemaker.aws import Call

INSTANCE_TYPE = "ml.c7i.2xlarge"
"""Without a GPU: a training computes on processors alone, and would pay for one in vain."""
CHECKPOINTS, TENSORBOARD = "/opt/ml/checkpoints", "/opt/ml/output/tensorboard"


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What can be chosen of a job."""

    name: str
    image: str
    role: str
    training: S3Address
    output: S3Address
    """Below it: NAME/output/model.tar.gz, NAME/checkpoints, NAME/tensorboard."""
    base: S3Address | None = None
    run: str = ""
    """Name of the job whose checkpoints are gone on with; by default the job's own."""
    hyperparameters: dict[str, str] = field(default_factory=dict)
    instance_type: str = INSTANCE_TYPE
    volume_gb: int = 50
    """Of /opt/ml and /tmp."""
    max_runtime: int = 90_000
    """Seconds of training."""
    spot: bool = False
    max_wait: int = 0
    """Seconds of training and of waiting for a spot instance."""


def training_call(options: JobOptions, metrics: list[dict[str, str]]) -> Call:
    """CreateTrainingJob."""
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
        "InputDataConfig": [channel(name, address) for name, address in channels.items() if address],
        "OutputDataConfig": {"S3OutputPath": str(output)},
        "ResourceConfig": {
            "InstanceType": options.instance_type,
            "InstanceCount": 1,
            "VolumeSizeInGB": options.volume_gb,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": options.max_runtime},
        "EnableManagedSpotTraining": options.spot,
        "CheckpointConfig": {
            "S3Uri": str(output.below(f"{options.run or options.name}/checkpoints")),
            "LocalPath": CHECKPOINTS,
        },
        "TensorBoardOutputConfig": {
            "S3OutputPath": str(output.below(f"{options.name}/tensorboard")),
            "LocalPath": TENSORBOARD,
        },
        "EnableNetworkIsolation": True,
    }
    if options.spot:
        request["StoppingCondition"]["MaxWaitTimeInSeconds"] = options.max_wait
    return Call("sagemaker", "CreateTrainingJob", request)


def channel(name: str, address: S3Address) -> dict[str, Any]:
    """A folder in S3 that becomes /opt/ml/input/data/NAME."""
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": f"s3://{address.bucket}/{address.folder}",
        "S3DataDistributionType": "FullyReplicated",
    }
    return {"ChannelName": name, "InputMode": "File", "DataSource": {"S3DataSource": source}}


def describe_call(name: str) -> Call:
    """DescribeTrainingJob."""
    return Call("sagemaker", "DescribeTrainingJob", {"TrainingJobName": name})
