"""Build the requests that create, update and delete an endpoint.

An endpoint has generations: each deployment creates a model and a configuration, which are immutable and named after
the endpoint and the time, and the endpoint moves from one generation to the next.
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
    model: S3Address | None = None
    """A model.tar.gz; None for the voice in the image."""
    environment: dict[str, str] = field(default_factory=dict)
    instance_type: str = "ml.c7i.xlarge"
    instances: int = 1
    max_instances: int = 1
    """Maximum under load; without scaling the same as `instances`."""
    concurrency: float = 4.0
    """Concurrent requests per instance that scaling aims at."""
    alarm_topic: str = ""
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
    if has_gpu(options.instance_type):
        values["InferenceAmiVersion"] = GPU_IMAGE
    return values


def has_gpu(instance_type: str) -> bool:
    """Return whether an instance type has a GPU, by the family in its name."""
    return instance_type.startswith(GPU_FAMILIES)


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
