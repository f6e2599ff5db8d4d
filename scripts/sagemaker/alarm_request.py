"""Build the requests for the CloudWatch alarms of an endpoint."""

from __future__ import annotations

from typing import Any

from scripts.sagemaker.aws import Call
from scripts.sagemaker.endpoint_request import VARIANT, EndpointOptions

INVOCATIONS, INSTANCES = "AWS/SageMaker", "/aws/sagemaker/Endpoints"
"""Namespaces of the metrics of invocations and of instances."""
MICROSECONDS = 1_000_000.0

ALARMS: dict[str, dict[str, Any]] = {
    "errors": {
        "AlarmDescription": "More than five 5xx responses in five minutes: the service fails or is overloaded.",
        "Namespace": INVOCATIONS,
        "MetricName": "Invocation5XXErrors",
        "Statistic": "Sum",
        "Threshold": 5.0,
    },
    "slow": {
        "AlarmDescription": "The 90th percentile of the latency exceeds 20 seconds for a quarter of an hour.",
        "Namespace": INVOCATIONS,
        "MetricName": "ModelLatency",
        "ExtendedStatistic": "p90",
        "Threshold": 20 * MICROSECONDS,
        "EvaluationPeriods": 3,
    },
    "memory": {
        "AlarmDescription": "Memory utilization exceeds 90 % for a quarter of an hour.",
        "Namespace": INSTANCES,
        "MetricName": "MemoryUtilization",
        "Statistic": "Maximum",
        "Threshold": 90.0,
        "EvaluationPeriods": 3,
    },
}
"""Alarms by the suffix of their names; a period is five minutes."""


def make_alarm_calls(options: EndpointOptions) -> list[Call]:
    """Return the requests that create all alarms or replace existing ones."""
    fixed = {
        "ComparisonOperator": "GreaterThanThreshold",
        "Dimensions": [{"Name": "EndpointName", "Value": options.name}, {"Name": "VariantName", "Value": VARIANT}],
        "Period": 300,
        "EvaluationPeriods": 1,
        "TreatMissingData": "notBreaching",
        "AlarmActions": [options.alarm_topic] if options.alarm_topic else [],
    }
    named = zip(list_alarm_names(options.name), ALARMS.values(), strict=True)
    return [Call("cloudwatch", "PutMetricAlarm", {"AlarmName": name, **fixed, **own}) for name, own in named]


def list_alarm_names(endpoint: str) -> list[str]:
    """Return the names of all alarms: `ENDPOINT-errors` and so on."""
    return [f"{endpoint}-{name}" for name in ALARMS]


def make_delete_alarms_call(endpoint: str) -> Call:
    """Return the request that deletes all alarms."""
    return Call("cloudwatch", "DeleteAlarms", {"AlarmNames": list_alarm_names(endpoint)})
