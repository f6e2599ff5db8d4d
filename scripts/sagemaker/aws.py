"""Validate requests against AWS's own model of them, print or send them, and translate AWS's errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.cli.parser import UsageError
from app.errors import IntoneError

NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "ExpiredToken", "ExpiredTokenException")
HINTS = {
    "AccessDenied": "Attach the policy docker/iam/developer.json to the caller, as docs/sagemaker.md explains.",
    "ResourceLimitExceeded": "Request more under Service Quotas, Amazon SageMaker, or use another --instance-type.",
    "ThrottlingException": "AWS limits the rate of requests; try again in a minute.",
    "403": "Does the bucket belong to another account? docs/sagemaker.md lists what the policies allow.",
}
"""Hints by the error code of AWS."""
MISSING = ("404", "NoSuchBucket", "ObjectNotFoundException", "ResourceNotFound", "ResourceNotFoundException")
NOT_FOUND = ("Could not find", "No scalable target")
"""Prefixes of the messages of ValidationException that mean that a resource does not exist."""


class RefusedRequest(IntoneError):
    """The request cannot work; nothing was created."""


class FailedOperation(IntoneError):
    """A job or an endpoint failed; `detail` holds AWS's FailureReason."""


class AwsError(IntoneError):
    """AWS returned an error."""


def translate_error(error: Exception) -> AwsError:
    """Return an error of botocore as a one-line error with a hint."""
    details: dict[str, Any] = getattr(error, "response", {}).get("Error", {})
    code = details.get("Code", type(error).__name__)
    if code in NO_CREDENTIALS:
        return AwsError(f"There are no valid credentials for AWS ({code}).", hint="Run aws configure or aws sso login.")
    hint = HINTS.get(code.removesuffix("Exception"), HINTS.get(code, ""))
    return AwsError(f"AWS reports {code}: {details.get('Message') or error}.", hint=hint)


def is_missing(error: Exception) -> bool:
    """Return whether the error means that the resource does not exist."""
    details: dict[str, Any] = getattr(error, "response", {}).get("Error", {})
    if details.get("Code") == "ValidationException":
        return str(details["Message"]).startswith(NOT_FOUND)
    return details.get("Code") in MISSING


def find_problems(service: str, operation: str, request: dict[str, Any]) -> Iterator[str]:
    """Yield the problems of a request."""
    from botocore.validate import ParamValidator

    shape = _load_service_model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        yield " ".join(report.generate_report().split())
    else:
        yield from _check_value(shape, request, "")


@cache
def _load_service_model(service: str) -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model(service)


def _check_value(shape: Any, value: Any, path: str) -> Iterator[str]:
    yield from (f"{path} {problem}" for problem in _check_own_rules(shape, value))
    if shape.type_name == "structure":
        for name, inner in value.items():
            yield from _check_value(shape.members[name], inner, f"{path}.{name}".lstrip("."))
    elif shape.type_name == "list":
        for number, inner in enumerate(value):
            yield from _check_value(shape.member, inner, f"{path}[{number}]")
    elif shape.type_name == "map":
        for key, inner in value.items():
            yield from _check_value(shape.key, key, f"{path} (key {key!r})")
            yield from _check_value(shape.value, inner, f"{path}[{key!r}]")


def _check_own_rules(shape: Any, value: Any) -> Iterator[str]:
    """Yield the problems of a value, not of its members."""
    rules = shape.metadata
    if isinstance(value, bool) or not hasattr(shape, "type_name"):
        return
    size = value if isinstance(value, int | float) else len(value) if hasattr(value, "__len__") else None
    if size is not None and "max" in rules and size > rules["max"]:
        yield f"is over {rules['max']}: {value!r:.80}"
    if shape.type_name != "string":
        return
    if "min" in rules and len(value) < rules["min"]:
        yield f"is shorter than {rules['min']}: {value!r:.80}"
    if getattr(shape, "enum", None) and value not in shape.enum:
        yield f"is none of those that AWS knows: {value!r:.80}"
    if "pattern" in rules and not _matches(rules["pattern"], value):
        yield f"does not fit {rules['pattern']}: {value!r:.80}"


def _matches(pattern: str, value: str) -> bool:
    """Return whether a value matches a pattern. Patterns are Java's; the few that Python cannot parse always match."""
    try:
        return re.fullmatch(pattern, value, re.DOTALL) is not None
    except re.error:
        return True


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
