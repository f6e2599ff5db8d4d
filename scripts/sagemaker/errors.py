"""What can go wrong, and what to do about it."""

from __future__ import annotations

from typing import Any

from app.errors import IntoneError

NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "ExpiredToken", "ExpiredTokenException")
HINTS = {
    "AccessDenied": "Attach the policy docker/iam/developer.json to whoever calls; docs/sagemaker.md says how.",
    "ResourceLimitExceeded": "Ask for more under Service Quotas, Amazon SageMaker, or take another --instance-type.",
    "ThrottlingException": "AWS is asked too often; try again in a minute.",
    "403": "Does the bucket belong to another account? docs/sagemaker.md says what the policies allow.",
}
"""By the code of AWS's answer."""
MISSING = ("404", "NoSuchBucket", "ObjectNotFoundException", "ResourceNotFound", "ResourceNotFoundException")
NOT_FOUND = ("Could not find", "No scalable target")
"""How a ValidationException begins that means: it is not there."""


class Refused(IntoneError):
    """What was asked for cannot work; nothing was created."""


class Failed(IntoneError):
    """A job or an endpoint failed; `detail` holds AWS's FailureReason."""


class AwsError(IntoneError):
    """AWS answered with an error."""


def told(error: Exception) -> AwsError:
    """An error of botocore as one line with a hint."""
    answer: dict[str, Any] = getattr(error, "response", {}).get("Error", {})
    code = answer.get("Code", type(error).__name__)
    if code in NO_CREDENTIALS:
        return AwsError(f"There are no valid credentials for AWS ({code}).", hint="Run aws configure or aws sso login.")
    hint = HINTS.get(code.removesuffix("Exception"), HINTS.get(code, ""))
    return AwsError(f"AWS says {code}: {answer.get('Message') or error}.", hint=hint)


def is_missing(error: Exception) -> bool:
    """Whether AWS's answer is that the thing is not there."""
    answer: dict[str, Any] = getattr(error, "response", {}).get("Error", {})
    if answer.get("Code") == "ValidationException":
        return str(answer["Message"]).startswith(NOT_FOUND)
    return answer.get("Code") in MISSING
