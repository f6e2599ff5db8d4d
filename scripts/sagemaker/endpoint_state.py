"""Find, wait for and delete the resources of an endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scripts.sagemaker.aws import Aws, Call, send_unless_missing
from scripts.sagemaker.endpoint_request import (
    is_generation,
    make_delete_config_call,
    make_delete_model_call,
    make_describe_endpoint_call,
    make_list_generations_calls,
)
from scripts.sagemaker.errors import FailedOperation
from scripts.sagemaker.waiting import wait

SETTLED = ("InService", "OutOfService", "Failed", "UpdateRollbackFailed")
MAX_PAGES = 100
"""Maximum pages of a list."""


def find_endpoint(aws: Aws, name: str) -> dict[str, Any] | None:
    """Return the description of an endpoint; None if it does not exist."""
    return send_unless_missing(aws, make_describe_endpoint_call(name))


def wait_for_endpoint(aws: Aws, name: str, config: str) -> None:
    """Wait until the endpoint serves a configuration; raise `FailedOperation` with the FailureReason if it does not."""
    state = wait(
        lambda: aws.send(make_describe_endpoint_call(name)), format_state=format_endpoint_state, is_done=is_settled
    )
    if state["EndpointStatus"] != "InService" or state["EndpointConfigName"] != config:
        reason = state.get("FailureReason", "AWS rolled back to the previous configuration")
        raise FailedOperation(
            f"The endpoint {name} did not come up ({state['EndpointStatus']}): {reason}",
            hint=f"Its log: aws logs tail /aws/sagemaker/Endpoints/{name}. An endpoint that never came up must be "
            f"deleted before the next try: python -m scripts.sagemaker.delete_endpoint {name}",
        )


def is_settled(state: dict[str, Any]) -> bool:
    """Return whether the state will not change by itself."""
    return state["EndpointStatus"] in SETTLED


def format_endpoint_state(state: dict[str, Any]) -> str:
    """Return the status with the current and the desired number of instances."""
    variants = state.get("ProductionVariants", [])
    counts = [f"{one.get('CurrentInstanceCount', 0)} of {one.get('DesiredInstanceCount', 0)}" for one in variants]
    return f"{state['EndpointStatus']}{''.join(f', instances: {count}' for count in counts)}"


def wait_until_gone(aws: Aws, name: str) -> None:
    """Wait until a deleted endpoint no longer exists."""

    def format_state(state: dict[str, Any] | None) -> str:
        return format_endpoint_state(state) if state else "gone"

    wait(lambda: find_endpoint(aws, name), format_state=format_state, is_done=lambda state: state is None)


def delete_generations(aws: Aws, endpoint: str, keep: str, report: Callable[[str], None]) -> None:
    """Delete the configurations and models of all generations of an endpoint except one."""
    configs, models = make_list_generations_calls(endpoint)
    for name in list_names(aws, configs, "EndpointConfigs", "EndpointConfigName"):
        if is_generation(endpoint, name) and name != keep:
            delete(aws, make_delete_config_call(name), f"configuration {name}", report)
    for name in list_names(aws, models, "Models", "ModelName"):
        if is_generation(endpoint, name) and name != keep:
            delete(aws, make_delete_model_call(name), f"model {name}", report)


def delete(aws: Aws, call: Call, what: str, report: Callable[[str], None]) -> None:
    """Delete a resource unless it no longer exists."""
    if send_unless_missing(aws, call) is not None:
        report(f"deleted: {what}")


def list_names(aws: Aws, call: Call, listed: str, member: str) -> list[str]:
    """Return the names in all pages of a list."""
    found: list[str] = []
    token: dict[str, str] = {}
    for _ in range(MAX_PAGES):
        response = aws.send(Call(call.service, call.operation, {**call.request, **token}))
        found += [one[member] for one in response[listed]]
        if not response.get("NextToken"):
            break
        token = {"NextToken": response["NextToken"]}
    return found
