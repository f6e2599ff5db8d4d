"""An endpoint is made, changed, and deleted with all that belongs to it; what fails is told with AWS's reason."""

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
def same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return NOW

    monkeypatch.setattr("scripts.sagemaker.deploy_endpoint.datetime", Clock)


def describe(aws: Scripted, status: str, config: str, **values: Any) -> None:
    state = {"EndpointName": "intone", "EndpointArn": ARN, "EndpointStatus": status, "EndpointConfigName": config}
    aws.answer("sagemaker", "describe_endpoint", {**state, "CreationTime": NOW, "LastModifiedTime": NOW, **values})


def created(aws: Scripted, last: str) -> None:
    aws.answer("sagemaker", "create_model", {"ModelArn": ARN.replace("endpoint/", "model/")})
    aws.answer("sagemaker", "create_endpoint_config", {"EndpointConfigArn": ARN.replace("endpoint", "endpoint-config")})
    aws.answer("sagemaker", last, {"EndpointArn": ARN})


def listed(aws: Scripted, *names: str) -> None:
    """What there is of configurations and models; the first on a page of its own."""
    pages = names[:1], names[1:]
    for kind, member in (("endpoint_config", "EndpointConfig"), ("model", "Model")):
        for page, more in zip(pages, ({"NextToken": "more"}, {}), strict=True):
            known = [{f"{member}Name": name, f"{member}Arn": ARN, "CreationTime": NOW} for name in page]
            aws.answer("sagemaker", f"list_{kind}s", {f"{member}s": known, **more})
        for _ in {OLD} & set(names):
            aws.answer("sagemaker", f"delete_{kind}")


def finished(aws: Scripted) -> None:
    """Scaling that was not there, and three alarms."""
    aws.fail(SCALING, "deregister_scalable_target", "ObjectNotFoundException")
    for _ in range(3):
        aws.answer("cloudwatch", "put_metric_alarm")


def requests(aws: Scripted, operation: str) -> list[dict[str, Any]]:
    return [call.request for call in aws.sent if call.operation == operation]


def test_the_first_deployment_creates(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.fail("sagemaker", "describe_endpoint", "ValidationException", MISSING)
    created(scripted, "create_endpoint")
    describe(scripted, "Creating", NEW)
    describe(scripted, "Creating", NEW)
    describe(scripted, "InService", NEW, ProductionVariants=[{"VariantName": "AllTraffic", "CurrentInstanceCount": 1}])
    finished(scripted)
    listed(scripted, NEW)
    assert COMMANDS["deploy_endpoint"].main(DEPLOY) == 0
    said = capsys.readouterr()
    assert said.out == "intone\n"
    cost, creating, inside = said.err.splitlines()
    assert "1 × ml.c7i.xlarge, which costs by the hour until delete_endpoint deletes it" in cost
    assert creating.endswith("Creating") and "InService, instances: 1 of 0" in inside
    assert [one["AlarmName"] for one in requests(scripted, "PutMetricAlarm")] == [
        "intone-errors",
        "intone-slow",
        "intone-memory",
    ]


def test_the_second_deployment_updates_and_deletes_what_was_before(
    scripted: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    describe(scripted, "InService", OLD)
    created(scripted, "update_endpoint")
    describe(scripted, "Updating", OLD)
    describe(scripted, "InService", NEW)
    finished(scripted)
    listed(scripted, OLD, NEW, FOREIGN)
    assert COMMANDS["deploy_endpoint"].main(DEPLOY) == 0
    assert "CreateEndpoint" not in scripted.operations()
    assert requests(scripted, "UpdateEndpoint")[0]["EndpointConfigName"] == NEW
    assert requests(scripted, "DeleteEndpointConfig") == [{"EndpointConfigName": OLD}]
    assert requests(scripted, "DeleteModel") == [{"ModelName": OLD}]
    assert f"deleted: model {OLD}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("status", "config", "told"),
    [
        ("Failed", NEW, "(Failed): The container did not pass the ping health check."),
        ("InService", OLD, "(InService): The container did not pass the ping health check."),
        ("UpdateRollbackFailed", OLD, "(UpdateRollbackFailed): The container"),
    ],
)
def test_an_endpoint_that_does_not_come_up_is_told_with_its_reason(
    status: str, config: str, told: str, scripted: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    describe(scripted, "InService", OLD)
    created(scripted, "update_endpoint")
    describe(scripted, status, config, FailureReason="The container did not pass the ping health check.")
    assert COMMANDS["deploy_endpoint"].main(DEPLOY) == 1
    said = capsys.readouterr()
    assert told in said.err and "aws logs tail /aws/sagemaker/Endpoints/intone" in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("status", "code", "told"), [("Failed", 1, "failed before: No room."), ("Updating", 2, "is Updating")]
)
def test_an_endpoint_that_cannot_be_changed_now_is_left_alone(
    status: str, code: int, told: str, scripted: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    describe(scripted, status, OLD, FailureReason="No room.")
    assert COMMANDS["deploy_endpoint"].main(DEPLOY) == code
    assert told in capsys.readouterr().err
    assert scripted.operations() == ["DescribeEndpoint"]


def test_what_a_refused_endpoint_had_made_is_deleted(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.fail("sagemaker", "describe_endpoint", "ValidationException", MISSING)
    scripted.answer("sagemaker", "create_model", {"ModelArn": ARN})
    scripted.answer("sagemaker", "create_endpoint_config", {"EndpointConfigArn": ARN})
    scripted.fail("sagemaker", "create_endpoint", "ResourceLimitExceeded", "The account-level service limit is 0.")
    scripted.answer("sagemaker", "delete_endpoint_config")
    scripted.answer("sagemaker", "delete_model")
    assert COMMANDS["deploy_endpoint"].main(DEPLOY) == 1
    said = capsys.readouterr().err
    assert "ResourceLimitExceeded: The account-level service limit is 0." in said and "Service Quotas" in said


def test_an_endpoint_that_scales_gets_bounds_and_a_policy(scripted: Scripted) -> None:
    describe(scripted, "InService", OLD)
    created(scripted, "update_endpoint")
    describe(scripted, "InService", NEW)
    scripted.answer(SCALING, "register_scalable_target")
    scripted.answer(SCALING, "put_scaling_policy", {"PolicyARN": ARN})
    for _ in range(3):
        scripted.answer("cloudwatch", "put_metric_alarm")
    listed(scripted, NEW)
    assert COMMANDS["deploy_endpoint"].main((*DEPLOY, "--max-instances", "4")) == 0
    assert requests(scripted, "UpdateEndpoint")[0]["RetainAllVariantProperties"] is True


def test_deleting_removes_all_of_it(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer(SCALING, "deregister_scalable_target")
    scripted.answer("cloudwatch", "delete_alarms")
    scripted.answer("sagemaker", "delete_endpoint")
    describe(scripted, "Deleting", OLD)
    scripted.fail("sagemaker", "describe_endpoint", "ValidationException", MISSING)
    listed(scripted, OLD, FOREIGN)
    assert COMMANDS["delete_endpoint"].main(["intone"]) == 0
    assert requests(scripted, "DeleteModel") == [{"ModelName": OLD}]
    assert scripted.operations()[:3] == ["DeregisterScalableTarget", "DeleteAlarms", "DeleteEndpoint"]
    assert "Nothing of it costs any more" in capsys.readouterr().err


def test_deleting_again_does_no_harm(scripted: Scripted) -> None:
    scripted.fail(SCALING, "deregister_scalable_target", "ObjectNotFoundException")
    scripted.fail("cloudwatch", "delete_alarms", "ResourceNotFound")
    scripted.fail("sagemaker", "delete_endpoint", "ValidationException", MISSING)
    scripted.fail("sagemaker", "describe_endpoint", "ValidationException", MISSING)
    listed(scripted, FOREIGN)
    assert COMMANDS["delete_endpoint"].main(["intone"]) == 0


def test_what_is_gone_in_between_does_no_harm(scripted: Scripted) -> None:
    scripted.answer(SCALING, "deregister_scalable_target")
    scripted.answer("cloudwatch", "delete_alarms")
    scripted.answer("sagemaker", "delete_endpoint")
    scripted.fail("sagemaker", "describe_endpoint", "ValidationException", MISSING)
    pages = {"EndpointConfigName": OLD, "EndpointConfigArn": ARN, "CreationTime": NOW}
    scripted.answer("sagemaker", "list_endpoint_configs", {"EndpointConfigs": [pages]})
    scripted.fail("sagemaker", "delete_endpoint_config", "ValidationException", "Could not find endpoint configuration")
    scripted.answer("sagemaker", "list_models", {"Models": []})
    assert COMMANDS["delete_endpoint"].main(["intone"]) == 0


def test_another_error_ends_the_deletion(scripted: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    scripted.answer(SCALING, "deregister_scalable_target")
    scripted.fail("cloudwatch", "delete_alarms", "AccessDenied", "not authorized")
    assert COMMANDS["delete_endpoint"].main(["intone"]) == 1
    assert "AccessDenied: not authorized. Attach the policy docker/iam/developer.json" in capsys.readouterr().err


@pytest.mark.usefixtures("moto")
def test_the_whole_life_of_an_endpoint_against_moto() -> None:
    """moto keeps what is made, so what is forgotten would be found. It has no UpdateEndpoint, and keeps the policy of a
    scaling that was deregistered, which AWS deletes."""
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
