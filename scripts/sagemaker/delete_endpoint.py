"""Delete an endpoint and everything that deploy_endpoint created for it; safe to repeat."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Any

from scripts.sagemaker.aws import Aws, Call, send_unless_missing
from scripts.sagemaker.command import DONE, make_command_parser, report, run_command, wait
from scripts.sagemaker.endpoint import (
    find_endpoint,
    format_endpoint_state,
    is_generation,
    make_delete_alarms_call,
    make_delete_config_call,
    make_delete_model_call,
    make_deregister_call,
    make_describe_endpoint_call,
    make_list_generations_calls,
)

MAX_PAGES = 100
"""Maximum pages of a list."""


def wait_until_gone(aws: Aws, name: str) -> None:
    """Wait until a deleted endpoint no longer exists."""

    def format_state(state: dict[str, Any] | None) -> str:
        return format_endpoint_state(state) if state else "gone"

    wait(lambda: find_endpoint(aws, name), format_state=format_state, is_done=lambda state: state is None)


def delete_generations(aws: Aws, endpoint: str, keep: str) -> None:
    """Delete the configurations and models of all generations of an endpoint except one."""
    configs, models = make_list_generations_calls(endpoint)
    for name in list_names(aws, configs, "EndpointConfigs", "EndpointConfigName"):
        if is_generation(endpoint, name) and name != keep:
            delete(aws, make_delete_config_call(name), f"configuration {name}")
    for name in list_names(aws, models, "Models", "ModelName"):
        if is_generation(endpoint, name) and name != keep:
            delete(aws, make_delete_model_call(name), f"model {name}")


def delete(aws: Aws, call: Call, what: str) -> None:
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


FOUND = "found by its name"


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    flags = make_command_parser(
        "delete_endpoint", "Delete an endpoint with its scaling, alarms, configurations and models."
    )
    flags.add_argument("name", metavar="ENDPOINT")
    return flags


def make_removal_calls(name: str) -> list[tuple[str, Call]]:
    """Return the name of each resource and the request that deletes it.

    Scaling comes first, since it would counteract the deletion.
    """
    return [
        ("scaling", make_deregister_call(name)),
        ("alarms", make_delete_alarms_call(name)),
        (f"endpoint {name}", Call("sagemaker", "DeleteEndpoint", {"EndpointName": name})),
    ]


def plan(options: argparse.Namespace, region: str) -> list[Call]:
    """Return all requests; the deletions of configurations and models have example names, since `run` looks them up."""
    generation = f"{options.name}-20260101-000000"
    found = [
        Call(call.service, call.operation, call.request, when=f"{FOUND}, such as this one")
        for call in (make_delete_config_call(generation), make_delete_model_call(generation))
    ]
    own = [call for _, call in make_removal_calls(options.name)]
    return [*own, make_describe_endpoint_call(options.name), *make_list_generations_calls(options.name), *found]


def run(options: argparse.Namespace, aws: Aws) -> int:
    """Delete everything that exists."""
    for what, call in make_removal_calls(options.name):
        delete(aws, call, what)
    wait_until_gone(aws, options.name)
    delete_generations(aws, options.name, keep="")
    report("The endpoint is no longer billed. Recordings, models and checkpoints in S3 and the image in ECR remain.")
    return DONE


main = partial(run_command, make_parser, plan, run)


if __name__ == "__main__":
    sys.exit(main())
