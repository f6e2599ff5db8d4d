"""Ask a container with our own command, through what stands for SageMaker's runtime: TEXT OUTPUT.

Run within the container's network, which may lead nowhere else.
"""

from __future__ import annotations

import os
import sys

from scripts.sagemaker import invoke_endpoint
from tests.sagemaker_deploy.runtime_front import runtime_front
from tests.serving import serving_here

if __name__ == "__main__":
    text, output = sys.argv[1:]
    with serving_here(runtime_front("http://127.0.0.1:8080")) as url:
        os.environ["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"] = url
        sys.exit(invoke_endpoint.main(["intone", text, "--output", output]))
