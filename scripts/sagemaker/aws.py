"""Requests to AWS: made and checked first, then shown or sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from app.cli.parser import UsageError
from scripts.sagemaker.errors import Refused, is_missing
from scripts.sagemaker.model_check import problems

READ_SECONDS = 75
"""SageMaker gives up on an answer after 60."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, named as AWS names it."""

    service: str
    operation: str
    request: dict[str, Any]
    when: str = ""
    """Under which circumstances it is sent; empty: always."""


class Aws:
    """The clients of one Region."""

    def __init__(self, region: str, make_client: Callable[[str], Any]) -> None:
        self.region = region
        self.make_client = make_client
        self.clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The one client of a service."""
        if service not in self.clients:
            self.clients[service] = self.make_client(service)
        return self.clients[service]

    def close(self) -> None:
        """Close all connections."""
        for client in self.clients.values():
            client.close()

    def send(self, call: Call) -> dict[str, Any]:
        """Check a request and send it; errors are botocore's."""
        from botocore import xform_name

        check([call])
        method = getattr(self.client(call.service), xform_name(call.operation))
        answer: dict[str, Any] = method(**call.request)
        return answer


def unless_missing(aws: Aws, call: Call) -> dict[str, Any] | None:
    """The answer; None where the thing is not there."""
    from botocore.exceptions import ClientError

    try:
        return aws.send(call)
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def check(calls: Iterable[Call]) -> None:
    """Refuse what AWS would refuse by its own model of the request."""
    for call in calls:
        if found := list(problems(call.service, call.operation, call.request)):
            raise Refused(
                f"{call.operation}: {'; '.join(found)}.",
                hint="If AWS has that since lately, pip install --upgrade boto3.",
            )


def as_json(calls: Iterable[Call]) -> str:
    """What `--dry-run` prints."""
    shown = [
        {"service": call.service, "operation": call.operation}
        | ({"when": call.when} if call.when else {})
        | {"request": call.request}
        for call in calls
    ]
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def open_aws(region: str | None) -> Aws:
    """The clients of a Region, with the credentials that the AWS command line would use."""
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise UsageError("boto3 is not installed.", hint="pip install -c requirements.lock '.[sagemaker]'") from None
    session = boto3.session.Session(region_name=region)
    if not session.region_name:
        raise UsageError("No Region is set.", hint="Name one: --region eu-central-1, or set AWS_REGION.")
    config = Config(retries={"mode": "standard", "max_attempts": 5}, read_timeout=READ_SECONDS)
    return Aws(session.region_name, lambda service: session.client(service, config=config))
