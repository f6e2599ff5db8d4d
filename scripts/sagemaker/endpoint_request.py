"""An endpoint as the requests that create and change it.

An endpoint has generations: each deployment makes a model and a configuration named after the endpoint and the time,
since neither can be changed, and the endpoint moves from one generation to the next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from scripts.sagemaker.address import S3Address
from scripts.sagemaker.aws import Call

VARIANT = "AllTraffic"
GPU_FAMILIES = ("ml.g", "ml.p")
GPU_IMAGE = "al2023-ami-sagemaker-inference-gpu-4-1"
"""NVIDIA's driver 580, for CUDA up to 13.0. The default is an older one, on which a newer CUDA dies silently."""
START_SECONDS = 600
"""A container converts its networks at its first start."""
GENERATION = "-{:%Y%m%d-%H%M%S}"
GENERATION_PATTERN = r"-\d{8}-\d{6}"


@dataclass(frozen=True, slots=True)
class EndpointOptions:
    """What can be chosen of an endpoint."""

    name: str
    generation: str
    """Name of the model and the configuration of this deployment."""
    image: str
    role: str
    model: S3Address | None = None
    """A model.tar.gz; without it the voice in the image speaks."""
    environment: dict[str, str] = field(default_factory=dict)
    instance_type: str = "ml.c7i.xlarge"
    instances: int = 1
    max_instances: int = 1
    """More than `instances`: they are scaled by load."""
    concurrency: float = 4.0
    """Requests in flight on each instance that scaling aims at."""
    alarm_topic: str = ""
    """ARN of an SNS topic."""

    @property
    def scaled(self) -> bool:
        """Whether the number of instances follows the load."""
        return self.max_instances > self.instances


def creation_calls(options: EndpointOptions) -> list[Call]:
    """A new generation."""
    container: dict[str, Any] = {"Image": options.image, "Environment": options.environment}
    if options.model:
        container["ModelDataUrl"] = str(options.model)
    model = {
        "ModelName": options.generation,
        "PrimaryContainer": container,
        "ExecutionRoleArn": options.role,
        "EnableNetworkIsolation": True,
    }
    # Without a DataCaptureConfig nothing of what is said is kept.
    config = {"EndpointConfigName": options.generation, "ProductionVariants": [variant(options)]}
    return [Call("sagemaker", "CreateModel", model), Call("sagemaker", "CreateEndpointConfig", config)]


def variant(options: EndpointOptions) -> dict[str, Any]:
    """The instances behind an endpoint."""
    values: dict[str, Any] = {
        "VariantName": VARIANT,
        "ModelName": options.generation,
        "InstanceType": options.instance_type,
        "InitialInstanceCount": options.instances,
        "InitialVariantWeight": 1.0,
        "ContainerStartupHealthCheckTimeoutInSeconds": START_SECONDS,
    }
    if has_gpu(options.instance_type):
        values["InferenceAmiVersion"] = GPU_IMAGE
    return values


def has_gpu(instance_type: str) -> bool:
    """By the family in its name."""
    return instance_type.startswith(GPU_FAMILIES)


def first_call(options: EndpointOptions) -> Call:
    """An endpoint that is not there yet."""
    request = {"EndpointName": options.name, "EndpointConfigName": options.generation}
    return Call("sagemaker", "CreateEndpoint", request, when="the endpoint is not there")


def update_call(options: EndpointOptions) -> Call:
    """An endpoint that is: the old generation answers until the new one is healthy."""
    request: dict[str, Any] = {
        "EndpointName": options.name,
        "EndpointConfigName": options.generation,
    }
    if options.scaled:  # as many instances as the load needs now, not as few as at the beginning
        request |= {"RetainAllVariantProperties": True}
    return Call("sagemaker", "UpdateEndpoint", request, when="the endpoint is there")


def describe_endpoint_call(name: str) -> Call:
    """DescribeEndpoint."""
    return Call("sagemaker", "DescribeEndpoint", {"EndpointName": name})


def generations_calls(name: str) -> list[Call]:
    """The lists that hold an endpoint's generations, and others."""
    return [
        Call("sagemaker", "ListEndpointConfigs", {"NameContains": name, "MaxResults": 100}),
        Call("sagemaker", "ListModels", {"NameContains": name, "MaxResults": 100}),
    ]


def is_generation(endpoint: str, name: str) -> bool:
    """Whether a model or a configuration is of this endpoint."""
    return re.fullmatch(re.escape(endpoint) + GENERATION_PATTERN, name) is not None


def config_removal(name: str) -> Call:
    """What deletes a configuration."""
    return Call("sagemaker", "DeleteEndpointConfig", {"EndpointConfigName": name})


def model_removal(name: str) -> Call:
    """What deletes a model; its files in S3 stay."""
    return Call("sagemaker", "DeleteModel", {"ModelName": name})
