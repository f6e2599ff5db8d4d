"""Build the requests that create, update, scale, monitor and delete an endpoint.

An endpoint has generations: each deployment creates a model and a configuration, which are immutable and named after
the endpoint and the time, and the endpoint moves from one generation to the next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from scripts.sagemaker.address import S3Address
from scripts.sagemaker.aws import Aws, Call, send_unless_missing

VARIANT = "AllTraffic"
GPU_FAMILIES = ("ml.g", "ml.p")
GPU_IMAGE = "al2023-ami-sagemaker-inference-gpu-4-1"
"""It has NVIDIA's driver 580, for CUDA up to 13.0. On the older default, a newer CUDA fails silently."""
START_SECONDS = 600
"""Time limit of the first start, in which a container converts its networks."""
GENERATION = "-{:%Y%m%d-%H%M%S}"
GENERATION_PATTERN = r"-\d{8}-\d{6}"


@dataclass(frozen=True, slots=True)
class EndpointOptions:
    """Options of an endpoint."""

    name: str
    generation: str
    """Name of the model and the configuration of this deployment."""
    image: str
    role: str
    model: S3Address | None
    """A model.tar.gz; None for the voice in the image."""
    environment: dict[str, str]
    instance_type: str
    instances: int
    max_instances: int
    """Maximum under load; without scaling the same as `instances`."""
    concurrency: float
    """Concurrent requests per instance that scaling aims at."""
    alarm_topic: str
    """ARN of an SNS topic; empty for none."""

    @property
    def scaled(self) -> bool:
        """Whether the number of instances follows the load."""
        return self.max_instances > self.instances


def make_generation_calls(options: EndpointOptions) -> list[Call]:
    """Return the requests that create a generation."""
    container: dict[str, Any] = {"Image": options.image, "Environment": options.environment}
    if options.model:
        container["ModelDataUrl"] = str(options.model)
    model = {
        "ModelName": options.generation,
        "PrimaryContainer": container,
        "ExecutionRoleArn": options.role,
        "EnableNetworkIsolation": True,
    }
    # Without a DataCaptureConfig, AWS stores neither requests nor responses.
    config = {"EndpointConfigName": options.generation, "ProductionVariants": [make_variant(options)]}
    return [Call("sagemaker", "CreateModel", model), Call("sagemaker", "CreateEndpointConfig", config)]


def make_variant(options: EndpointOptions) -> dict[str, Any]:
    """Return the production variant: the instances of an endpoint."""
    values: dict[str, Any] = {
        "VariantName": VARIANT,
        "ModelName": options.generation,
        "InstanceType": options.instance_type,
        "InitialInstanceCount": options.instances,
        "InitialVariantWeight": 1.0,
        "ContainerStartupHealthCheckTimeoutInSeconds": START_SECONDS,
    }
    if options.instance_type.startswith(GPU_FAMILIES):
        values["InferenceAmiVersion"] = GPU_IMAGE
    return values


def make_create_endpoint_call(options: EndpointOptions) -> Call:
    """Return the request that creates the endpoint."""
    request = {"EndpointName": options.name, "EndpointConfigName": options.generation}
    return Call("sagemaker", "CreateEndpoint", request, when="the endpoint does not exist")


def make_update_endpoint_call(options: EndpointOptions) -> Call:
    """Return the request that updates the endpoint; the old generation serves until the new one is healthy."""
    request: dict[str, Any] = {
        "EndpointName": options.name,
        "EndpointConfigName": options.generation,
    }
    if options.scaled:  # keeps the current number of instances instead of the initial one
        request |= {"RetainAllVariantProperties": True}
    return Call("sagemaker", "UpdateEndpoint", request, when="the endpoint exists")


def make_describe_endpoint_call(name: str) -> Call:
    """Return the request for the state of an endpoint."""
    return Call("sagemaker", "DescribeEndpoint", {"EndpointName": name})


def make_list_generations_calls(name: str) -> list[Call]:
    """Return the requests for the lists that contain an endpoint's generations, among others."""
    return [
        Call("sagemaker", "ListEndpointConfigs", {"NameContains": name, "MaxResults": 100}),
        Call("sagemaker", "ListModels", {"NameContains": name, "MaxResults": 100}),
    ]


def is_generation(endpoint: str, name: str) -> bool:
    """Return whether a model or a configuration belongs to this endpoint."""
    return re.fullmatch(re.escape(endpoint) + GENERATION_PATTERN, name) is not None


def make_delete_config_call(name: str) -> Call:
    """Return the request that deletes a configuration."""
    return Call("sagemaker", "DeleteEndpointConfig", {"EndpointConfigName": name})


def make_delete_model_call(name: str) -> Call:
    """Return the request that deletes a model; its files in S3 remain."""
    return Call("sagemaker", "DeleteModel", {"ModelName": name})


AUTOSCALING = "application-autoscaling"
SCALING_METRIC = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
"""Measured every ten seconds. It counts requests while they run, unlike the number of invocations."""
SCALE_OUT_SECONDS, SCALE_IN_SECONDS = 60, 600
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
        "PredefinedMetricSpecification": {"PredefinedMetricType": SCALING_METRIC},
        "ScaleOutCooldown": SCALE_OUT_SECONDS,
        "ScaleInCooldown": SCALE_IN_SECONDS,
    }
    named = {"PolicyName": f"{options.name}-concurrency", "PolicyType": "TargetTrackingScaling"}
    return [
        Call(AUTOSCALING, "RegisterScalableTarget", {**make_target(options.name), **bounds}),
        Call(
            AUTOSCALING,
            "PutScalingPolicy",
            {**named, **make_target(options.name), "TargetTrackingScalingPolicyConfiguration": policy},
        ),
    ]


def make_deregister_call(name: str) -> Call:
    """Return the request that ends scaling and deletes its policy."""
    return Call(AUTOSCALING, "DeregisterScalableTarget", make_target(name))


INVOCATION_METRICS, INSTANCE_METRICS = "AWS/SageMaker", "/aws/sagemaker/Endpoints"
"""Namespaces of the metrics of invocations and of instances."""
MICROSECONDS = 1_000_000.0

ALARMS: dict[str, dict[str, Any]] = {
    "errors": {
        "AlarmDescription": "More than five 5xx responses in five minutes: the service fails or is overloaded.",
        "Namespace": INVOCATION_METRICS,
        "MetricName": "Invocation5XXErrors",
        "Statistic": "Sum",
        "Threshold": 5.0,
    },
    "slow": {
        "AlarmDescription": "The 90th percentile of the latency exceeds 20 seconds for a quarter of an hour.",
        "Namespace": INVOCATION_METRICS,
        "MetricName": "ModelLatency",
        "ExtendedStatistic": "p90",
        "Threshold": 20 * MICROSECONDS,
        "EvaluationPeriods": 3,
    },
    "memory": {
        "AlarmDescription": "Memory utilization exceeds 90 % for a quarter of an hour.",
        "Namespace": INSTANCE_METRICS,
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


def find_endpoint(aws: Aws, name: str) -> dict[str, Any] | None:
    """Return the description of an endpoint; None if it does not exist."""
    return send_unless_missing(aws, make_describe_endpoint_call(name))


def format_endpoint_state(state: dict[str, Any]) -> str:
    """Return the status with the current and the desired number of instances."""
    variants = state.get("ProductionVariants", [])
    counts = [f"{one.get('CurrentInstanceCount', 0)} of {one.get('DesiredInstanceCount', 0)}" for one in variants]
    return f"{state['EndpointStatus']}{''.join(f', instances: {count}' for count in counts)}"
