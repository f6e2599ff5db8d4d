"""Validate requests to AWS, and print or send them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from app.cli.parser import UsageError
from scripts.sagemaker.errors import RefusedRequest, is_missing
from scripts.sagemaker.model_check import find_problems

READ_SECONDS = 75
"""SageMaker itself times out after 60 seconds."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request, with the names that AWS uses for the service and the operation."""

    service: str
    operation: str
    request: dict[str, Any]
    when: str = ""
    """Condition under which it is sent; empty if always."""


class Aws:
    """The clients of one Region."""

    def __init__(self, region: str, make_client: Callable[[str], Any]) -> None:
        self.region = region
        self.make_client = make_client
        self.clients: dict[str, Any] = {}

    def get_client(self, service: str) -> Any:
        """Return the client of a service, created on first use."""
        if service not in self.clients:
            self.clients[service] = self.make_client(service)
        return self.clients[service]

    def close(self) -> None:
        """Close all connections."""
        for client in self.clients.values():
            client.close()

    def send(self, call: Call) -> dict[str, Any]:
        """Validate and send a request; errors of botocore are passed on."""
        from botocore import xform_name

        check_calls([call])
        method = getattr(self.get_client(call.service), xform_name(call.operation))
        response: dict[str, Any] = method(**call.request)
        return response


def send_unless_missing(aws: Aws, call: Call) -> dict[str, Any] | None:
    """Return the response; None if the resource does not exist."""
    from botocore.exceptions import ClientError

    try:
        return aws.send(call)
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def check_calls(calls: Iterable[Call]) -> None:
    """Raise `RefusedRequest` if a request violates AWS's own model of it."""
    for call in calls:
        if found := list(find_problems(call.service, call.operation, call.request)):
            raise RefusedRequest(
                f"{call.operation}: {'; '.join(found)}.",
                hint="If AWS added it recently, run pip install --upgrade boto3.",
            )


def format_calls(calls: Iterable[Call]) -> str:
    """Return the requests as JSON, for `--dry-run`."""
    shown = [
        {"service": call.service, "operation": call.operation}
        | ({"when": call.when} if call.when else {})
        | {"request": call.request}
        for call in calls
    ]
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def open_aws(region: str | None) -> Aws:
    """Return the clients of a Region, with the credentials that the AWS command line would use."""
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise UsageError("boto3 is not installed.", hint="pip install -c requirements.lock '.[sagemaker]'") from None
    session = boto3.session.Session(region_name=region)
    if not session.region_name:
        raise UsageError("No Region is set.", hint="Set one: --region eu-central-1, or AWS_REGION.")
    config = Config(retries={"mode": "standard", "max_attempts": 5}, read_timeout=READ_SECONDS)
    return Aws(session.region_name, lambda service: session.client(service, config=config))
