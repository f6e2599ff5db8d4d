"""Make an endpoint speak, or have one that is there speak with another voice, image or machine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from app.cli.parser import UsageError
from scripts.sagemaker.address import parse_s3
from scripts.sagemaker.alarm_request import alarm_calls
from scripts.sagemaker.aws import Aws, Call, unless_missing
from scripts.sagemaker.command import DONE, make_parser, run_command, tell, tell_cost
from scripts.sagemaker.endpoint_request import (
    GENERATION,
    EndpointOptions,
    config_removal,
    creation_calls,
    describe_endpoint_call,
    first_call,
    generations_calls,
    model_removal,
    update_call,
)
from scripts.sagemaker.endpoint_state import find_endpoint, remove_generations, wait_for_endpoint
from scripts.sagemaker.errors import Failed, Refused
from scripts.sagemaker.hyperparameters import read_pair
from scripts.sagemaker.preflight import bucket_call, check_image, check_object, head_call
from scripts.sagemaker.scaling_request import no_scaling_call, scaling_calls

LONGEST_NAME = 63 - len(GENERATION.format(datetime(2000, 1, 1, tzinfo=UTC)))


def parser() -> argparse.ArgumentParser:
    """The flags."""
    flags = make_parser("deploy_endpoint", "Make or change an endpoint in SageMaker, and wait until it speaks.")
    flags.add_argument("name", metavar="ENDPOINT", help="letters, digits and hyphens")
    flags.add_argument("--image", required=True, help="as build_and_push prints it")
    flags.add_argument("--role", required=True, metavar="ARN", help="of the endpoint, with docker/iam/endpoint.json")
    flags.add_argument("--model", metavar="S3", help="a job's model.tar.gz; by default the voice in the image speaks")
    flags.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="a setting of the service")
    flags.add_argument("--instance-type", default="ml.c7i.xlarge", help="by default %(default)s")
    flags.add_argument("--instances", type=int, default=1, metavar="N", help="at least so many")
    flags.add_argument("--max-instances", type=int, metavar="N", help="and so many under load")
    flags.add_argument("--concurrency", type=float, default=4.0, metavar="N", help="requests of each to scale at")
    flags.add_argument("--alarm-topic", default="", metavar="ARN", help="of SNS; who is told of alarms")
    return flags


def read_options(options: argparse.Namespace, now: datetime) -> EndpointOptions:
    """Checked as far as can be without asking AWS."""
    if len(options.name) > LONGEST_NAME:
        raise UsageError(f"The name has {len(options.name)} characters.", hint=f"At most {LONGEST_NAME}.")
    most = options.max_instances or options.instances
    if not 1 <= options.instances <= most:
        raise UsageError("--instances must be at least 1 and at most --max-instances.")
    return EndpointOptions(
        name=options.name,
        generation=options.name + GENERATION.format(now),
        image=options.image,
        role=options.role,
        model=parse_s3(options.model) if options.model else None,
        environment=dict(read_pair(pair) for pair in options.env),
        instance_type=options.instance_type,
        instances=options.instances,
        max_instances=most,
        concurrency=options.concurrency,
        alarm_topic=options.alarm_topic,
    )


def plan(options: argparse.Namespace, region: str) -> list[Call]:
    """All requests, of a first deployment and of a later one."""
    endpoint = read_options(options, datetime.now(UTC))
    check_image(endpoint.image, region)
    model = [bucket_call(endpoint.model), head_call(endpoint.model)] if endpoint.model else []
    return [
        *model,
        describe_endpoint_call(endpoint.name),
        *creation_calls(endpoint),
        first_call(endpoint),
        update_call(endpoint),
        *after_calls(endpoint),
        *generations_calls(endpoint.name),
    ]


def after_calls(endpoint: EndpointOptions) -> list[Call]:
    """Once it answers."""
    scaling = scaling_calls(endpoint) if endpoint.scaled else [no_scaling_call(endpoint.name)]
    return [*scaling, *alarm_calls(endpoint)]


def run(options: argparse.Namespace, aws: Aws) -> int:
    """Check, create or update, follow, and delete what was before."""
    endpoint = read_options(options, datetime.now(UTC))
    if endpoint.model:
        check_object(aws, endpoint.model)
    there = is_there(aws, endpoint.name)
    most = f" (up to {endpoint.max_instances})" if endpoint.scaled else ""
    tell_cost("Endpoint", endpoint.instance_type + most, endpoint.instances, "until delete_endpoint deletes it")
    create(aws, endpoint, update_call(endpoint) if there else first_call(endpoint))
    wait_for_endpoint(aws, endpoint.name, endpoint.generation)
    for call in after_calls(endpoint):
        unless_missing(aws, call)
    remove_generations(aws, endpoint.name, keep=endpoint.generation, tell=tell)
    sys.stdout.write(f"{endpoint.name}\n")
    return DONE


def is_there(aws: Aws, name: str) -> bool:
    """Whether the endpoint is there; one that cannot be changed now is refused."""
    state = find_endpoint(aws, name)
    if state is None:
        return False
    status = state["EndpointStatus"]
    if status == "Failed":
        raise Failed(
            f"The endpoint {name} failed before: {state.get('FailureReason', '')}",
            hint=f"Delete it, then deploy again: python -m scripts.sagemaker.delete_endpoint {name}",
        )
    if status != "InService":
        raise Refused(f"The endpoint {name} is {status}.", hint="Wait until that is over, then deploy again.")
    return True


def create(aws: Aws, endpoint: EndpointOptions, last: Call) -> None:
    """Create a generation and move the endpoint to it; where that cannot begin, nothing is left behind."""
    from botocore.exceptions import ClientError

    try:
        for call in (*creation_calls(endpoint), last):
            aws.send(call)
    except ClientError:
        for call in (config_removal(endpoint.generation), model_removal(endpoint.generation)):
            unless_missing(aws, call)
        raise


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    return run_command(parser(), plan, run, arguments)


if __name__ == "__main__":
    sys.exit(main())
