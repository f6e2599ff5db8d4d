"""CloudWatch alarms of an endpoint."""

from __future__ import annotations

from typing import Any

from scripts.sagemaker.aws import Call
from scripts.sagemaker.endpoint_request import VARIANT, EndpointOptions

CALLS, INSTANCES = "AWS/SageMaker", "/aws/sagemaker/Endpoints"
"""Namespaces: of what callers see, and of the machines."""
MICROSECONDS = 1_000_000.0

ALARMS: dict[str, dict[str, Any]] = {
    "errors": {
        "AlarmDescription": "More than five answers with 5xx in five minutes: it fails, or is busy.",
        "Namespace": CALLS,
        "MetricName": "Invocation5XXErrors",
        "Statistic": "Sum",
        "Threshold": 5.0,
    },
    "slow": {
        "AlarmDescription": "Of the answers of a quarter of an hour a tenth takes over 20 seconds.",
        "Namespace": CALLS,
        "MetricName": "ModelLatency",
        "ExtendedStatistic": "p90",
        "Threshold": 20 * MICROSECONDS,
        "EvaluationPeriods": 3,
    },
    "memory": {
        "AlarmDescription": "Memory is over 90 % for a quarter of an hour.",
        "Namespace": INSTANCES,
        "MetricName": "MemoryUtilization",
        "Statistic": "Maximum",
        "Threshold": 90.0,
        "EvaluationPeriods": 3,
    },
}
"""By the end of its name; each period has five minutes."""


def alarm_calls(options: EndpointOptions) -> list[Call]:
    """All alarms; those that are there are replaced."""
    fixed = {
        "ComparisonOperator": "GreaterThanThreshold",
        "Dimensions": [{"Name": "EndpointName", "Value": options.name}, {"Name": "VariantName", "Value": VARIANT}],
        "Period": 300,
        "EvaluationPeriods": 1,
        "TreatMissingData": "notBreaching",
        "AlarmActions": [options.alarm_topic] if options.alarm_topic else [],
    }
    named = zip(alarm_names(options.name), ALARMS.values(), strict=True)
    return [Call("cloudwatch", "PutMetricAlarm", {"AlarmName": name, **fixed, **own}) for name, own in named]


def alarm_names(endpoint: str) -> list[str]:
    """`ENDPOINT-errors` and so on."""
    return [f"{endpoint}-{name}" for name in ALARMS]


def no_alarms_call(endpoint: str) -> Call:
    """Deletes them."""
    return Call("cloudwatch", "DeleteAlarms", {"AlarmNames": alarm_names(endpoint)})
