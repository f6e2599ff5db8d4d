"""The policies in docker/iam allow the requests of the commands, and little else."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from tests.sagemaker_deploy.dry_runs import ARGUMENTS, dry_run
from tests.sagemaker_deploy.scripted import ACCOUNT, REGION
from tests.serving import ROOT

Json = dict[str, Any]
FOLDER = ROOT / "docker" / "iam"
NAMES = ("developer", "endpoint", "training")
UNBOUND = {
    "ecr:GetAuthorizationToken",
    "cloudwatch:PutMetricData",
    "sagemaker:ListEndpointConfigs",
    "sagemaker:ListModels",
}
"""Actions that AWS cannot limit to a resource."""
S3_ACTIONS = {"HeadBucket": "ListBucket", "ListObjectsV2": "ListBucket", "HeadObject": "GetObject"}
"""The actions of operations with another name."""
PREFIXES = {"sagemaker-runtime": "sagemaker"}
NAMED_BY = {
    "TrainingJobName": "training-job",
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelName": "model",
}


def read_statements(name: str) -> list[Json]:
    text = (FOLDER / f"{name}.json").read_text()
    for placeholder, value in (("ACCOUNT", ACCOUNT), ("REGION", REGION), ("BUCKET", "voices-of-ours")):
        text = text.replace(placeholder, value)
    policy = json.loads(text)
    assert policy["Version"] == "2012-10-17"
    statements: list[Json] = policy["Statement"]
    return statements


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def allows(name: str, action: str, resource: str) -> bool:
    return any(
        action in one["Action"] and any(fnmatchcase(resource, each) for each in as_list(one["Resource"]))
        for one in read_statements(name)
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_names_each_action_and_resource(name: str) -> None:
    for statement in read_statements(name):
        assert statement["Effect"] == "Allow" and statement["Sid"].isalnum()
        assert not [action for action in statement["Action"] if "*" in action]
        if statement["Resource"] == "*":
            assert set(statement["Action"]) <= UNBOUND
        else:
            assert all(one.startswith("arn:aws:") and "*:*" not in one for one in as_list(statement["Resource"]))


@pytest.mark.parametrize(
    ("name", "action"),
    [("training", "s3:DeleteObject"), ("endpoint", "s3:PutObject"), ("developer", "s3:DeleteObject")],
)
def test_no_policy_grants_further_rights_to_the_bucket(name: str, action: str) -> None:
    assert not allows(name, action, "arn:aws:s3:::voices-of-ours/a")


def build_arn(call: Json) -> str:
    """Return the ARN of the resource of a request."""
    request, service = call["request"], call["service"]
    if service == "s3":
        # The path of a model is unknown before the job, but is below the output path of the job.
        bucket = request["Bucket"].replace("bucket-of-the-job", "voices-of-ours")
        return f"arn:aws:s3:::{bucket}" + (f"/{request['Key']}" if "Key" in request else "")
    if service == "ecr":
        return f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{request.get('repositoryName', '')}"
    if service == "cloudwatch":
        name = request.get("AlarmName") or request["AlarmNames"][0]
        return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"
    if service == "application-autoscaling":
        return f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/0123456789"
    kind, name = next(((NAMED_BY[key], value) for key, value in request.items() if key in NAMED_BY), ("", ""))
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name}"


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=" ".join)
def test_a_developer_may_send_the_requests_of_the_commands(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for call in dry_run(arguments, tmp_path, capsys):
        service, operation = call["service"], call["operation"]
        action = f"{PREFIXES.get(service, service)}:{S3_ACTIONS.get(operation, operation)}"
        assert allows("developer", action, build_arn(call)), (action, build_arn(call))
        role = call["request"].get("RoleArn") or call["request"].get("ExecutionRoleArn")
        assert role is None or allows("developer", "iam:PassRole", role)


@pytest.mark.parametrize(("name", "written"), [("training", True), ("endpoint", False)])
def test_a_role_reads_the_bucket_and_pulls_the_image(name: str, written: bool) -> None:
    assert allows(name, "s3:GetObject", "arn:aws:s3:::voices-of-ours/jobs/intone-1/output/model.tar.gz")
    assert allows(name, "s3:ListBucket", "arn:aws:s3:::voices-of-ours")
    assert allows(name, "s3:PutObject", "arn:aws:s3:::voices-of-ours/jobs/intone-1/checkpoints/run.json") is written
    assert not allows(name, "s3:GetObject", "arn:aws:s3:::another/a")
    for action in ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"):
        assert allows(name, action, f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/intone")
    assert allows(name, "ecr:GetAuthorizationToken", "*")


def test_only_sagemaker_can_assume_the_roles() -> None:
    (statement,) = read_statements("trust")
    assert statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
