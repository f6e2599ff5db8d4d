"""Delete an endpoint and everything that deploy_endpoint created for it; safe to repeat."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from scripts.sagemaker.alarm_request import make_delete_alarms_call
from scripts.sagemaker.aws import Aws, Call
from scripts.sagemaker.command import DONE, make_command_parser, report, run_command
from scripts.sagemaker.endpoint_request import (
    make_delete_config_call,
    make_delete_model_call,
    make_describe_endpoint_call,
    make_list_generations_calls,
)
from scripts.sagemaker.endpoint_state import delete, delete_generations, wait_until_gone
from scripts.sagemaker.scaling_request import make_deregister_call

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
        delete(aws, call, what, report)
    wait_until_gone(aws, options.name)
    delete_generations(aws, options.name, keep="", report=report)
    report("The endpoint is no longer billed. Recordings, models and checkpoints in S3 and the image in ECR remain.")
    return DONE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return run_command(make_parser(), plan, run, arguments)


if __name__ == "__main__":
    sys.exit(main())
