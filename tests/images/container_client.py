"""Request speech from a container with Intone's own client, through a stand-in for SageMaker's runtime: TEXT OUTPUT.

Run it in the network namespace of the container, which may have no other connection.
"""

from __future__ import annotations

import os
import sys

from scripts.sagemaker import invoke_endpoint
from tests.sagemaker_deploy.runtime_front import create_runtime
from tests.serving import serve_in_thread

if __name__ == "__main__":
    text, output = sys.argv[1:]
    with serve_in_thread(create_runtime("http://127.0.0.1:8080")) as url:
        os.environ["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"] = url
        sys.exit(invoke_endpoint.main(["intone", text, "--output", output]))
