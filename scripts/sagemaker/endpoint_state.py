"""What of an endpoint is there, and waiting for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scripts.sagemaker.aws import Aws, Call, unless_missing
from scripts.sagemaker.endpoint_request import (
    config_removal,
    describe_endpoint_call,
    generations_calls,
    is_generation,
    model_removal,
)
from scripts.sagemaker.errors import Failed
from scripts.sagemaker.waiting import wait

ENDED = ("InService", "OutOfService", "Failed", "UpdateRollbackFailed")
PAGES = 100
"""Of a list, at most."""


def find_endpoint(aws: Aws, name: str) -> dict[str, Any] | None:
    """Its description, where it is there."""
    return unless_missing(aws, describe_endpoint_call(name))


def wait_for_endpoint(aws: Aws, name: str, config: str) -> None:
    """Until the configuration is what answers; otherwise it is raised with AWS's FailureReason."""
    state = wait(lambda: aws.send(describe_endpoint_call(name)), line=endpoint_line, over=is_settled)
    if state["EndpointStatus"] != "InService" or state["EndpointConfigName"] != config:
        reason = state.get("FailureReason", "AWS went back to the configuration before")
        raise Failed(
            f"The endpoint {name} did not come up ({state['EndpointStatus']}): {reason}",
            hint=f"Its log: aws logs tail /aws/sagemaker/Endpoints/{name}. An endpoint that never came up must be "
            f"deleted before the next try: python -m scripts.sagemaker.delete_endpoint {name}",
        )


def is_settled(state: dict[str, Any]) -> bool:
    """Whether nothing more will happen by itself."""
    return state["EndpointStatus"] in ENDED


def endpoint_line(state: dict[str, Any]) -> str:
    """Status, and how many instances there are of how many."""
    variants = state.get("ProductionVariants", [])
    counts = [f"{one.get('CurrentInstanceCount', 0)} of {one.get('DesiredInstanceCount', 0)}" for one in variants]
    return f"{state['EndpointStatus']}{''.join(f', instances: {count}' for count in counts)}"


def wait_until_gone(aws: Aws, name: str) -> None:
    """Until a deleted endpoint is gone."""

    def line(state: dict[str, Any] | None) -> str:
        return endpoint_line(state) if state else "gone"

    wait(lambda: find_endpoint(aws, name), line=line, over=lambda state: state is None)


def remove_generations(aws: Aws, endpoint: str, keep: str, tell: Callable[[str], None]) -> None:
    """Delete the configurations and models of an endpoint but for those of one generation."""
    configs, models = generations_calls(endpoint)
    for name in names(aws, configs, "EndpointConfigs", "EndpointConfigName"):
        if is_generation(endpoint, name) and name != keep:
            remove(aws, config_removal(name), f"configuration {name}", tell)
    for name in names(aws, models, "Models", "ModelName"):
        if is_generation(endpoint, name) and name != keep:
            remove(aws, model_removal(name), f"model {name}", tell)


def remove(aws: Aws, call: Call, what: str, tell: Callable[[str], None]) -> None:
    """Delete something that may be gone already."""
    if unless_missing(aws, call) is not None:
        tell(f"deleted: {what}")


def names(aws: Aws, call: Call, listed: str, member: str) -> list[str]:
    """Every page of a list."""
    found: list[str] = []
    token: dict[str, str] = {}
    for _ in range(PAGES):
        answer = aws.send(Call(call.service, call.operation, {**call.request, **token}))
        found += [one[member] for one in answer[listed]]
        if not answer.get("NextToken"):
            break
        token = {"NextToken": answer["NextToken"]}
    return found
