"""Endpoints are created, updated and deleted with their resources; failures are reported with AWS's reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sagemaker_deploy.dry_runs import COMMANDS, DEPLOY
from tests.sagemaker_deploy.scripted import ACCOUNT, REGION, Scripted

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NEW, OLD, FOREIGN = "intone-20260102-030405", "intone-20251231-235959", "intone-two-20251231-235959"
ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/intone"
MISSING = 'Could not find endpoint "intone".'
SCALING = "application-autoscaling"


@pytest.fixture(autouse=True)
def freeze_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return NOW

    monkeypatch.setattr("scripts.sagemaker.deploy_endpoint.datetime", Clock)


def script_description(aws: Scripted, status: str, config: str, **values: Any) -> None:
    state = {"EndpointName": "intone", "EndpointArn": ARN, "EndpointStatus": status, "EndpointConfigName": config}
    aws.respond("sagemaker", "describe_endpoint", {**state, "CreationTime": NOW, "LastModifiedTime": NOW, **values})


def script_creation(aws: Scripted, last: str) -> None:
    aws.respond("sagemaker", "create_model", {"ModelArn": ARN.replace("endpoint/", "model/")})
    aws.respond(
        "sagemaker", "create_endpoint_config", {"EndpointConfigArn": ARN.replace("endpoint", "endpoint-config")}
    )
    aws.respond("sagemaker", last, {"EndpointArn": ARN})


def script_lists(aws: Scripted, *names: str) -> None:
    """Add the lists of configurations and models, the first on its own page, and the deletion of the old ones."""
    pages = names[:1], names[1:]
    for kind, member in (("endpoint_config", "EndpointConfig"), ("model", "Model")):
        for page, more in zip(pages, ({"NextToken": "more"}, {}), strict=True):
            known = [{f"{member}Name": name, f"{member}Arn": ARN, "CreationTime": NOW} for name in page]
            aws.respond("sagemaker", f"list_{kind}s", {f"{member}s": known, **more})
        for _ in {OLD} & set(names):
            aws.respond("sagemaker", f"delete_{kind}")


def script_alarms(aws: Scripted) -> None:
    """Add the response that there was no scaling, and those for three alarms."""
    aws.fail(SCALING, "deregister_scalable_target", "ObjectNotFoundException")
    for _ in range(3):
        aws.respond("cloudwatch", "put_metric_alarm")


def find_requests(aws: Scripted, operation: str) -> list[dict[str, Any]]:
    return [call.request for call in aws.sent if call.operation == operation]


def test_the_first_deployment_creates_the_endpoint(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.fail("sagemaker", "describe_endpoint", "ValidationException", MISSING)
    script_creation(scripted, "create_endpoint")
    script_description(scripted, "Creating", NEW)
    script_description(scripted, "Creating", NEW)
    script_description(
        scripted, "InService", NEW, ProductionVariants=[{"VariantName": "AllTraffic", "CurrentInstanceCount": 1}]
    )
    script_alarms(scripted)
    script_lists(scripted, NEW)
    assert COMMANDS["deploy_endpoint"].main(DEPLOY) == 0
    captured = capsys.readouterr()
    assert captured.out == "intone\n"
    cost, creating, inside = captured.err.splitlines()
    assert "1 × ml.c7i.xlarge, which is billed by the hour until delete_endpoint deletes it" in cost
    assert creating.endswith("Creating") and "InService, instances: 1 of 0" in inside
    assert [one["AlarmName"] for one in find_requests(scripted, "PutMetricAlarm")] == [
        "intone-errors",
        "intone-slow",
        "intone-memory",
    ]


def test_the_second_deployment_updates_the_endpoint_and_deletes_old_resources(
    scripted: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    script_description(scripted, "InService", OLD)
    script_creation(scripted, "update_endpoint")
    script_description(scripted, "Updating", OLD)
    script_description(scripted, "InService", NEW)
    script_alarms(scripted)
    script_lists(scripted, OLD, NEW, FOREIGN)
    assert COMMANDS["deploy_endpoint"].main(DEPLOY) == 0
    assert "CreateEndpoint" not in scripted.list_operations()
    assert find_requests(scripted, "UpdateEndpoint")[0]["EndpointConfigName"] == NEW
    assert find_requests(scripted, "DeleteEndpointConfig") == [{"EndpointConfigName": OLD}]
    assert find_requests(scripted, "DeleteModel") == [{"ModelName": OLD}]
    assert f"deleted: model {OLD}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("status", "config", "message"),
    [
        ("Failed", NEW, "(Failed): The container did not pass the ping health check."),
        ("InService", OLD, "(InService): The container did not pass the ping health check."),
        ("UpdateRollbackFailed", OLD, "(UpdateRollbackFailed): The container"),
    ],
)
def test_a_failed_deployment_is_reported_with_its_reason(
    status: str, config: str, message: str, scripted: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    script_description(scripted, "InService", OLD)
    script_creation(scripted, "update_endpoint")
    script_description(scripted, status, config, FailureReason="The container did not pass the ping health check.")
    assert COMMANDS["deploy_endpoint"].main(DEPLOY) == 1
    captured = capsys.readouterr()
    assert message in captured.err and "aws logs tail /aws/sagemaker/Endpoints/intone" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("status", "code", "message"), [("Failed", 1, "failed before: No room."), ("Updating", 2, "is Updating")]
)
def test_an_endpoint_that_cannot_be_updated_is_left_unchanged(
    status: str, code: int, message: str, scripted: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    script_description(scripted, status, OLD, FailureReason="No room.")
    assert COMMANDS["deploy_endpoint"].main(DEPLOY) == code
    assert message in capsys.readouterr().err
    assert scripted.list_operations() == ["DescribeEndpoint"]


def test_the_resources_of_a_refused_endpoint_are_deleted(
    scripted: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    scripted.fail("sagemaker", "describe_endpoint", "ValidationException", MISSING)
    scripted.respond("sagemaker", "create_model", {"ModelArn": ARN})
    scripted.respond("sagemaker", "create_endpoint_config", {"EndpointConfigArn": ARN})
    scripted.fail("sagemaker", "create_endpoint", "ResourceLimitExceeded", "The account-level service limit is 0.")
    scripted.respond("sagemaker", "delete_endpoint_config")
    scripted.respond("sagemaker", "delete_model")
    assert COMMANDS["deploy_endpoint"].main(DEPLOY) == 1
    captured = capsys.readouterr().err
    assert "ResourceLimitExceeded: The account-level service limit is 0." in captured and "Service Quotas" in captured


def test_an_endpoint_that_scales_gets_bounds_and_a_policy(scripted: Scripted) -> None:
    script_description(scripted, "InService", OLD)
    script_creation(scripted, "update_endpoint")
    script_description(scripted, "InService", NEW)
    scripted.respond(SCALING, "register_scalable_target")
    scripted.respond(SCALING, "put_scaling_policy", {"PolicyARN": ARN})
    for _ in range(3):
        scripted.respond("cloudwatch", "put_metric_alarm")
    script_lists(scripted, NEW)
    assert COMMANDS["deploy_endpoint"].main((*DEPLOY, "--max-instances", "4")) == 0
    assert find_requests(scripted, "UpdateEndpoint")[0]["RetainAllVariantProperties"] is True


def test_deletion_removes_the_endpoint_and_its_resources(
    scripted: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    scripted.respond(SCALING, "deregister_scalable_target")
    scripted.respond("cloudwatch", "delete_alarms")
    scripted.respond("sagemaker", "delete_endpoint")
    script_description(scripted, "Deleting", OLD)
    scripted.fail("sagemaker", "describe_endpoint", "ValidationException", MISSING)
    script_lists(scripted, OLD, FOREIGN)
    assert COMMANDS["delete_endpoint"].main(["intone"]) == 0
    assert find_requests(scripted, "DeleteModel") == [{"ModelName": OLD}]
    assert scripted.list_operations()[:3] == ["DeregisterScalableTarget", "DeleteAlarms", "DeleteEndpoint"]
    assert "The endpoint is no longer billed" in capsys.readouterr().err


def test_a_second_deletion_succeeds(scripted: Scripted) -> None:
    scripted.fail(SCALING, "deregister_scalable_target", "ObjectNotFoundException")
    scripted.fail("cloudwatch", "delete_alarms", "ResourceNotFound")
    scripted.fail("sagemaker", "delete_endpoint", "ValidationException", MISSING)
    scripted.fail("sagemaker", "describe_endpoint", "ValidationException", MISSING)
    script_lists(scripted, FOREIGN)
    assert COMMANDS["delete_endpoint"].main(["intone"]) == 0


def test_a_resource_that_disappears_during_the_deletion_is_ignored(scripted: Scripted) -> None:
    scripted.respond(SCALING, "deregister_scalable_target")
    scripted.respond("cloudwatch", "delete_alarms")
    scripted.respond("sagemaker", "delete_endpoint")
    scripted.fail("sagemaker", "describe_endpoint", "ValidationException", MISSING)
    pages = {"EndpointConfigName": OLD, "EndpointConfigArn": ARN, "CreationTime": NOW}
    scripted.respond("sagemaker", "list_endpoint_configs", {"EndpointConfigs": [pages]})
    scripted.fail("sagemaker", "delete_endpoint_config", "ValidationException", "Could not find endpoint configuration")
    scripted.respond("sagemaker", "list_models", {"Models": []})
    assert COMMANDS["delete_endpoint"].main(["intone"]) == 0


def test_any_other_error_stops_the_deletion(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.respond(SCALING, "deregister_scalable_target")
    scripted.fail("cloudwatch", "delete_alarms", "AccessDenied", "not authorized")
    assert COMMANDS["delete_endpoint"].main(["intone"]) == 1
    assert "AccessDenied: not authorized. Attach the policy docker/iam/developer.json" in capsys.readouterr().err


@pytest.mark.usefixtures("moto")
def test_the_life_cycle_of_an_endpoint_with_moto() -> None:
    """moto keeps resources until they are deleted. It has no UpdateEndpoint, and keeps the scaling policy of a target
    that was deregistered, which AWS deletes."""
    import boto3

    client = boto3.client("sagemaker")
    flags = ("--instance-type", "ml.m5.xlarge", "--max-instances", "3")
    assert COMMANDS["deploy_endpoint"].main((*DEPLOY, *flags)) == 0
    assert client.describe_endpoint(EndpointName="intone")["EndpointConfigName"] == NEW
    for _ in range(2):
        assert COMMANDS["delete_endpoint"].main(["intone"]) == 0
        assert not client.list_endpoint_configs()["EndpointConfigs"]
        assert not client.list_models()["Models"]
        assert not client.list_endpoints()["Endpoints"]
    scaling, alarms = boto3.client(SCALING), boto3.client("cloudwatch")
    assert not scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert not alarms.describe_alarms()["MetricAlarms"]
