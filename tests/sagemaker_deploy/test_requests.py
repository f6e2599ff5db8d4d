"""Every request of the commands is valid by AWS's model, and a dry run prints requests without sending them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import boto3
import pytest

from scripts.sagemaker.aws import find_problems
from scripts.sagemaker.start_training_job import METRIC_DEFINITIONS
from tests.sagemaker_deploy.dry_runs import ARGUMENTS, DEPLOY, MODEL, TRAIN, dry_run
from tests.sagemaker_deploy.scripted import ENDPOINT_ROLE, IMAGE

Json = dict[str, Any]


@pytest.fixture
def forbid_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*names: object, **options: object) -> None:
        raise AssertionError("a dry run creates no clients")

    monkeypatch.setattr(boto3.session.Session, "client", refuse)


@pytest.mark.usefixtures("forbid_clients")
@pytest.mark.parametrize("arguments", ARGUMENTS, ids=" ".join)
def test_the_requests_of_a_dry_run_are_valid(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = dry_run(arguments, tmp_path, capsys)
    assert calls
    for call in calls:
        assert list(find_problems(call["service"], call["operation"], call["request"])) == []


CONFIG = "sagemaker", "CreateEndpointConfig"
VARIANT = {"VariantName": "a", "ModelName": "b", "InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 1}


@pytest.mark.parametrize(
    ("service", "operation", "request_", "message"),
    [
        (*CONFIG, {"EndpointConfigName": "a", "ProductionVariants": []}, "ProductionVariants"),
        (*CONFIG, {"EndpointConfigName": "a", "ProductionVariants": [VARIANT] * 11}, "is over 10"),
        (*CONFIG, {"EndpointConfigName": "a_b", "ProductionVariants": [VARIANT]}, "EndpointConfigName does not fit"),
        (*CONFIG, {"EndpointConfigName": "a" * 64, "ProductionVariants": [VARIANT]}, "EndpointConfigName"),
        (*CONFIG, {"EndpointConfigName": "a"}, "Missing required parameter"),
        (*CONFIG, {"EndpointConfigName": "a", "Variants": []}, "Unknown parameter"),
        (
            *CONFIG,
            {"EndpointConfigName": "a", "ProductionVariants": [{**VARIANT, "InstanceType": "ml.g5"}]},
            r"ProductionVariants\[0\].InstanceType is none of those",
        ),
        (
            *CONFIG,
            {
                "EndpointConfigName": "a",
                "ProductionVariants": [{**VARIANT, "ContainerStartupHealthCheckTimeoutInSeconds": 3601}],
            },
            "is over 3600",
        ),
        ("sagemaker", "CreateModel", {"ModelName": "a", "ExecutionRoleArn": "arn:aws:iam::1:role/a"}, "RoleArn"),
        (
            "sagemaker",
            "CreateModel",
            {"ModelName": "a", "PrimaryContainer": {"Image": "a", "Environment": {"A-B": "c"}}},
            "key 'A-B'",
        ),
        ("cloudwatch", "DeleteAlarms", {"AlarmNames": [""]}, "AlarmNames"),
    ],
)
def test_the_check_finds_errors_that_botocore_leaves_to_the_service(
    service: str, operation: str, request_: Json, message: str
) -> None:
    assert re.search(message, "; ".join(find_problems(service, operation, request_)))


def collect_requests(arguments: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Json]:
    return {call["operation"]: call["request"] for call in dry_run(arguments, folder, capsys)}


def test_a_job_requests_everything_that_the_training_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--base", "s3://voices-of-ours/wren", "--spot", "--set", "time_limit=3600", "--set", "epochs=3")
    job = collect_requests(("start_training_job", *TRAIN, *flags), tmp_path, capsys)["CreateTrainingJob"]
    channels = {one["ChannelName"]: one["DataSource"]["S3DataSource"]["S3Uri"] for one in job["InputDataConfig"]}
    assert channels == {"training": "s3://voices-of-ours/recordings/", "base": "s3://voices-of-ours/wren/"}
    assert job["HyperParameters"] == {"time_limit": "3600", "epochs": "3"}
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 4500, "MaxWaitTimeInSeconds": 9000}
    assert job["EnableManagedSpotTraining"] is job["EnableNetworkIsolation"] is True
    assert job["CheckpointConfig"] == {
        "S3Uri": "s3://voices-of-ours/jobs/intone-1/checkpoints",
        "LocalPath": "/opt/ml/checkpoints",
    }
    assert job["TensorBoardOutputConfig"]["LocalPath"] == "/opt/ml/output/tensorboard"
    assert job["ResourceConfig"]["VolumeSizeInGB"] == 50
    assert job["AlgorithmSpecification"]["MetricDefinitions"] == METRIC_DEFINITIONS
    assert len(METRIC_DEFINITIONS) <= 40


def test_a_job_continues_from_the_checkpoints_of_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = collect_requests(("start_training_job", *TRAIN, "--continue", "intone-0"), tmp_path, capsys)[
        "CreateTrainingJob"
    ]
    assert job["CheckpointConfig"]["S3Uri"] == "s3://voices-of-ours/jobs/intone-0/checkpoints"
    assert "MaxWaitTimeInSeconds" not in job["StoppingCondition"]


def test_an_endpoint_captures_no_data_and_has_no_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    requests = collect_requests(("deploy_endpoint", *DEPLOY, "--model", MODEL), tmp_path, capsys)
    model, config = requests["CreateModel"], requests["CreateEndpointConfig"]
    assert model["PrimaryContainer"] == {"Image": IMAGE, "ModelDataUrl": MODEL, "Environment": {}}
    assert (model["EnableNetworkIsolation"], model["ExecutionRoleArn"]) == (True, ENDPOINT_ROLE)
    assert "DataCaptureConfig" not in config
    assert model["ModelName"] == config["EndpointConfigName"] == config["ProductionVariants"][0]["ModelName"]
    assert "DeregisterScalableTarget" in requests and "PutScalingPolicy" not in requests


@pytest.mark.parametrize(("instance_type", "pinned"), [("ml.g5.xlarge", True), ("ml.c7i.xlarge", False)])
def test_the_driver_is_pinned_on_gpu_instances(
    instance_type: str, pinned: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    requests = collect_requests(("deploy_endpoint", *DEPLOY, "--instance-type", instance_type), tmp_path, capsys)
    assert ("InferenceAmiVersion" in requests["CreateEndpointConfig"]["ProductionVariants"][0]) is pinned


def test_scaling_follows_the_requests_in_flight(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--instances", "2", "--max-instances", "6", "--concurrency", "8")
    requests = collect_requests(("deploy_endpoint", *DEPLOY, *flags), tmp_path, capsys)
    bounds, policy = requests["RegisterScalableTarget"], requests["PutScalingPolicy"]
    assert (bounds["MinCapacity"], bounds["MaxCapacity"]) == (2, 6)
    assert bounds["ResourceId"] == policy["ResourceId"] == "endpoint/intone/variant/AllTraffic"
    tracked = policy["TargetTrackingScalingPolicyConfiguration"]
    metric = tracked["PredefinedMetricSpecification"]["PredefinedMetricType"]
    assert (tracked["TargetValue"], metric) == (8, "SageMakerVariantConcurrentRequestsPerModelHighResolution")
    assert requests["UpdateEndpoint"]["RetainAllVariantProperties"] is True
