"""boto3 clients with scripted responses; botocore validates them and the requests by AWS's model."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.stub import Stubber

from scripts.sagemaker.aws import Aws, Call

REGION = "eu-central-1"
ACCOUNT = "123456789012"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/intone@sha256:{'ab' * 32}"
TRAINING_ROLE, ENDPOINT_ROLE = (f"arn:aws:iam::{ACCOUNT}:role/intone-{name}" for name in ("training", "endpoint"))


class Scripted(Aws):
    """A replacement for AWS with scripted responses; `sent` are the requests in order."""

    def __init__(self) -> None:
        self.sent: list[Call] = []
        self.stubbers: dict[str, Stubber] = {}
        super().__init__(REGION, lambda service: self.get_stubber(service).client)

    def get_stubber(self, service: str) -> Stubber:
        if service not in self.stubbers:
            self.stubbers[service] = Stubber(boto3.client(service, region_name=REGION))
            self.stubbers[service].activate()
        return self.stubbers[service]

    def respond(self, service: str, method: str, response: dict[str, Any] | None = None) -> None:
        """Add the next response of a service."""
        self.get_stubber(service).add_response(method, response or {})

    def fail(self, service: str, method: str, code: str, message: str = "") -> None:
        """Add an error as the next response."""
        self.get_stubber(service).add_client_error(method, code, message)

    def send(self, call: Call) -> dict[str, Any]:
        self.sent.append(call)
        return super().send(call)

    def list_operations(self) -> list[str]:
        return [call.operation for call in self.sent]

    def assert_all_used(self) -> None:
        for stubber in self.stubbers.values():
            stubber.assert_no_pending_responses()
