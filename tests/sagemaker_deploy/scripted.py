"""boto3 clients whose answers are written down beforehand; botocore checks them, and the requests, by AWS's model."""

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
    """What commands get instead of AWS; `sent` are the requests in their order."""

    def __init__(self) -> None:
        self.sent: list[Call] = []
        self.stubbers: dict[str, Stubber] = {}
        super().__init__(REGION, lambda service: self.stubber(service).client)

    def stubber(self, service: str) -> Stubber:
        if service not in self.stubbers:
            self.stubbers[service] = Stubber(boto3.client(service, region_name=REGION))
            self.stubbers[service].activate()
        return self.stubbers[service]

    def answer(self, service: str, method: str, response: dict[str, Any] | None = None) -> None:
        """The next answer of a service."""
        self.stubber(service).add_response(method, response or {})

    def fail(self, service: str, method: str, code: str, message: str = "") -> None:
        """The next answer is an error."""
        self.stubber(service).add_client_error(method, code, message)

    def send(self, call: Call) -> dict[str, Any]:
        self.sent.append(call)
        return super().send(call)

    def operations(self) -> list[str]:
        return [call.operation for call in self.sent]

    def assert_all_used(self) -> None:
        for stubber in self.stubbers.values():
            stubber.assert_no_pending_responses()
