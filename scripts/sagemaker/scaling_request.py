"""Scaling an endpoint by the requests in flight on each instance."""

from __future__ import annotations

from typing import Any

from scripts.sagemaker.aws import Call
from scripts.sagemaker.endpoint_request import VARIANT, EndpointOptions

SERVICE = "application-autoscaling"
METRIC = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
"""Every ten seconds; a request that takes seconds is seen while it lasts, which counts of invocations miss."""
OUT_SECONDS, IN_SECONDS = 60, 600
"""An instance needs minutes to come up: add readily, take away reluctantly."""


def target(name: str) -> dict[str, Any]:
    """What is scaled."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{name}/variant/{VARIANT}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


def scaling_calls(options: EndpointOptions) -> list[Call]:
    """Bounds and policy; both are replaced where they are there."""
    bounds = {"MinCapacity": options.instances, "MaxCapacity": options.max_instances}
    policy = {
        "TargetValue": options.concurrency,
        "PredefinedMetricSpecification": {"PredefinedMetricType": METRIC},
        "ScaleOutCooldown": OUT_SECONDS,
        "ScaleInCooldown": IN_SECONDS,
    }
    named = {"PolicyName": f"{options.name}-concurrency", "PolicyType": "TargetTrackingScaling"}
    return [
        Call(SERVICE, "RegisterScalableTarget", {**target(options.name), **bounds}),
        Call(
            SERVICE,
            "PutScalingPolicy",
            {**named, **target(options.name), "TargetTrackingScalingPolicyConfiguration": policy},
        ),
    ]


def no_scaling_call(name: str) -> Call:
    """Takes the policy along."""
    return Call(SERVICE, "DeregisterScalableTarget", target(name))
