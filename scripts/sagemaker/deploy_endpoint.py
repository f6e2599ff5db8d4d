"""Create an endpoint, or update it to another voice, image or instance type."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from functools import partial

from app.cli.parser import UsageError
from scripts.sagemaker.address import check_image, check_object, make_head_bucket_call, make_head_object_call, parse_s3
from scripts.sagemaker.aws import Aws, Call, FailedOperation, RefusedRequest, send_unless_missing
from scripts.sagemaker.command import DONE, make_command_parser, read_pair, report_cost, run_command, wait
from scripts.sagemaker.delete_endpoint import delete_generations
from scripts.sagemaker.endpoint import (
    GENERATION,
    EndpointOptions,
    find_endpoint,
    format_endpoint_state,
    make_alarm_calls,
    make_create_endpoint_call,
    make_delete_config_call,
    make_delete_model_call,
    make_deregister_call,
    make_describe_endpoint_call,
    make_generation_calls,
    make_list_generations_calls,
    make_scaling_calls,
    make_update_endpoint_call,
)

MAX_NAME_LENGTH = 63 - len(GENERATION.format(datetime(2000, 1, 1, tzinfo=UTC)))
SETTLED = ("InService", "OutOfService", "Failed", "UpdateRollbackFailed")
"""States that do not change by themselves."""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    flags = make_command_parser(
        "deploy_endpoint", "Create or update an endpoint in SageMaker, and wait until it is in service."
    )
    flags.add_argument("name", metavar="ENDPOINT", help="letters, digits and hyphens")
    flags.add_argument("--image", required=True, help="as build_and_push prints it")
    flags.add_argument(
        "--role", required=True, metavar="ARN", help="role of the endpoint, with docker/iam/endpoint.json"
    )
    flags.add_argument("--model", metavar="S3", help="a job's model.tar.gz; by default the voice in the image")
    flags.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="a setting of the service")
    flags.add_argument("--instance-type", default="ml.c7i.xlarge", help="by default %(default)s")
    flags.add_argument("--instances", type=int, default=1, metavar="N", help="minimum number of instances")
    flags.add_argument("--max-instances", type=int, metavar="N", help="maximum number under load")
    flags.add_argument(
        "--concurrency", type=float, default=4.0, metavar="N", help="requests per instance at which to scale"
    )
    flags.add_argument("--alarm-topic", default="", metavar="ARN", help="SNS topic that is notified of alarms")
    return flags


def read_options(options: argparse.Namespace, now: datetime) -> EndpointOptions:
    """Return the options, validated as far as possible without a request to AWS."""
    if len(options.name) > MAX_NAME_LENGTH:
        raise UsageError(f"The name has {len(options.name)} characters.", hint=f"At most {MAX_NAME_LENGTH}.")
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
    """Return all requests, those of a first deployment and those of an update."""
    endpoint = read_options(options, datetime.now(UTC))
    check_image(endpoint.image, region)
    model = [make_head_bucket_call(endpoint.model), make_head_object_call(endpoint.model)] if endpoint.model else []
    return [
        *model,
        make_describe_endpoint_call(endpoint.name),
        *make_generation_calls(endpoint),
        make_create_endpoint_call(endpoint),
        make_update_endpoint_call(endpoint),
        *make_follow_up_calls(endpoint),
        *make_list_generations_calls(endpoint.name),
    ]


def make_follow_up_calls(endpoint: EndpointOptions) -> list[Call]:
    """Return the requests to send once the endpoint is in service."""
    scaling = make_scaling_calls(endpoint) if endpoint.scaled else [make_deregister_call(endpoint.name)]
    return [*scaling, *make_alarm_calls(endpoint)]


def run(options: argparse.Namespace, aws: Aws) -> int:
    """Create or update the endpoint, wait for it, and delete the previous generation."""
    endpoint = read_options(options, datetime.now(UTC))
    if endpoint.model:
        check_object(aws, endpoint.model)
    exists = endpoint_exists(aws, endpoint.name)
    most = f" (up to {endpoint.max_instances})" if endpoint.scaled else ""
    report_cost("Endpoint", endpoint.instance_type + most, endpoint.instances, "until delete_endpoint deletes it")
    create_generation(
        aws, endpoint, make_update_endpoint_call(endpoint) if exists else make_create_endpoint_call(endpoint)
    )
    wait_for_endpoint(aws, endpoint.name, endpoint.generation)
    for call in make_follow_up_calls(endpoint):
        send_unless_missing(aws, call)
    delete_generations(aws, endpoint.name, keep=endpoint.generation)
    sys.stdout.write(f"{endpoint.name}\n")
    return DONE


def wait_for_endpoint(aws: Aws, name: str, config: str) -> None:
    """Wait until the endpoint serves a configuration; raise `FailedOperation` with the FailureReason if it does not."""
    state = wait(
        lambda: aws.send(make_describe_endpoint_call(name)),
        format_state=format_endpoint_state,
        is_done=lambda state: state["EndpointStatus"] in SETTLED,
    )
    if state["EndpointStatus"] != "InService" or state["EndpointConfigName"] != config:
        reason = state.get("FailureReason", "AWS rolled back to the previous configuration")
        raise FailedOperation(
            f"The endpoint {name} did not come up ({state['EndpointStatus']}): {reason}",
            hint=f"Its log: aws logs tail /aws/sagemaker/Endpoints/{name}. An endpoint that never came up must be "
            f"deleted before the next try: python -m scripts.sagemaker.delete_endpoint {name}",
        )


def endpoint_exists(aws: Aws, name: str) -> bool:
    """Return whether the endpoint exists; raise an error if it cannot be updated now."""
    state = find_endpoint(aws, name)
    if state is None:
        return False
    status = state["EndpointStatus"]
    if status == "Failed":
        raise FailedOperation(
            f"The endpoint {name} failed before: {state.get('FailureReason', '')}",
            hint=f"Delete it, then deploy again: python -m scripts.sagemaker.delete_endpoint {name}",
        )
    if status != "InService":
        raise RefusedRequest(
            f"The endpoint {name} is {status}.", hint="Wait until it is in service, then deploy again."
        )
    return True


def create_generation(aws: Aws, endpoint: EndpointOptions, last: Call) -> None:
    """Create a generation and move the endpoint to it; delete the generation if that fails."""
    from botocore.exceptions import ClientError

    try:
        for call in (*make_generation_calls(endpoint), last):
            aws.send(call)
    except ClientError:
        for call in (make_delete_config_call(endpoint.generation), make_delete_model_call(endpoint.generation)):
            send_unless_missing(aws, call)
        raise


main = partial(run_command, make_parser, plan, run)


if __name__ == "__main__":
    sys.exit(main())
