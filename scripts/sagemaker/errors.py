"""Define errors of the commands, and translate those of AWS."""

from __future__ import annotations

from typing import Any

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
    return AwsError(f"AWS says {code}: {details.get('Message') or error}.", hint=hint)


def is_missing(error: Exception) -> bool:
    """Return whether the error means that the resource does not exist."""
    details: dict[str, Any] = getattr(error, "response", {}).get("Error", {})
    if details.get("Code") == "ValidationException":
        return str(details["Message"]).startswith(NOT_FOUND)
    return details.get("Code") in MISSING
