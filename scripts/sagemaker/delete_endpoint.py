"""Delete an endpoint with all that deploy_endpoint made for it; safe to repeat."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from scripts.sagemaker.alarm_request import no_alarms_call
from scripts.sagemaker.aws import Aws, Call
from scripts.sagemaker.command import DONE, make_parser, run_command, tell
from scripts.sagemaker.endpoint_request import config_removal, describe_endpoint_call, generations_calls, model_removal
from scripts.sagemaker.endpoint_state import remove, remove_generations, wait_until_gone
from scripts.sagemaker.scaling_request import no_scaling_call

FOUND = "found by its name"


def parser() -> argparse.ArgumentParser:
    """The flags."""
    flags = make_parser("delete_endpoint", "Delete an endpoint with its scaling, alarms, configurations and models.")
    flags.add_argument("name", metavar="ENDPOINT")
    return flags


def endpoint_calls(name: str) -> list[tuple[str, Call]]:
    """What each thing is, and what deletes it; scaling goes first, or it would work against the deletion."""
    return [
        ("scaling", no_scaling_call(name)),
        ("alarms", no_alarms_call(name)),
        (f"endpoint {name}", Call("sagemaker", "DeleteEndpoint", {"EndpointName": name})),
    ]


def plan(options: argparse.Namespace, region: str) -> list[Call]:
    """All requests; configurations and models are those of the lists that are named after the endpoint."""
    generation = f"{options.name}-20260101-000000"
    found = [
        Call(call.service, call.operation, call.request, when=f"{FOUND}, such as this one")
        for call in (config_removal(generation), model_removal(generation))
    ]
    own = [call for _, call in endpoint_calls(options.name)]
    return [*own, describe_endpoint_call(options.name), *generations_calls(options.name), *found]


def run(options: argparse.Namespace, aws: Aws) -> int:
    """Delete everything that is there."""
    for what, call in endpoint_calls(options.name):
        remove(aws, call, what, tell)
    wait_until_gone(aws, options.name)
    remove_generations(aws, options.name, keep="", tell=tell)
    tell("Nothing of it costs any more. Recordings, models and checkpoints in S3 and the image in ECR are kept.")
    return DONE


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    return run_command(parser(), plan, run, arguments)


if __name__ == "__main__":
    sys.exit(main())
