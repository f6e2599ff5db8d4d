"""Build the requests that scale an endpoint by the concurrent requests on each instance."""

from __future__ import annotations

from typing import Any

from scripts.sagemaker.aws import Call
from scripts.sagemaker.endpoint_request import VARIANT, EndpointOptions

SERVICE = "application-autoscaling"
METRIC = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
"""Measured every ten seconds. It counts requests while they run, unlike the number of invocations."""
OUT_SECONDS, IN_SECONDS = 60, 600
"""An instance takes minutes to start: add instances soon, remove them late."""


def make_target(name: str) -> dict[str, Any]:
    """Return the fields that identify what is scaled."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{name}/variant/{VARIANT}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


def make_scaling_calls(options: EndpointOptions) -> list[Call]:
    """Return the requests that set the bounds and the policy, or replace existing ones."""
    bounds = {"MinCapacity": options.instances, "MaxCapacity": options.max_instances}
    policy = {
        "TargetValue": options.concurrency,
        "PredefinedMetricSpecification": {"PredefinedMetricType": METRIC},
        "ScaleOutCooldown": OUT_SECONDS,
        "ScaleInCooldown": IN_SECONDS,
    }
    named = {"PolicyName": f"{options.name}-concurrency", "PolicyType": "TargetTrackingScaling"}
    return [
        Call(SERVICE, "RegisterScalableTarget", {**make_target(options.name), **bounds}),
        Call(
            SERVICE,
            "PutScalingPolicy",
            {**named, **make_target(options.name), "TargetTrackingScalingPolicyConfiguration": policy},
        ),
    ]


def make_deregister_call(name: str) -> Call:
    """Return the request that ends scaling and deletes its policy."""
    return Call(SERVICE, "DeregisterScalableTarget", make_target(name))
