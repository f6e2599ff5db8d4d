"""A stub of SageMaker's runtime between boto3 and a container.

It forwards a body to the container's /invocations, and wraps the chunks of a stream in AWS's event stream and an error
of the container in a ModelError.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from struct import pack
from zlib import crc32

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

FORWARDED_CHARACTERS = 2048
"""Characters of a container's error that the runtime forwards."""
BREAKING = "breaking"
"""Name of an endpoint whose container dies after its first chunk."""


def encode_event(payload: bytes, **headers: str) -> bytes:
    """Encode a message of AWS's event stream; the names of headers begin with a colon and have hyphens."""
    head = b""
    for name, value in headers.items():
        key = f":{name.replace('_', '-')}".encode()
        head += pack("!B", len(key)) + key + pack("!BH", 7, len(value)) + value.encode()
    prelude = pack("!II", 16 + len(head) + len(payload), len(head))
    message = prelude + pack("!I", crc32(prelude)) + head + payload
    return message + pack("!I", crc32(message))


def create_runtime(service: str) -> Starlette:
    """Create the runtime in front of one container."""

    async def invoke(request: Request) -> Response:
        async with create_client() as client:
            response = await client.post("/invocations", content=await request.body(), headers=select_headers(request))
        if response.status_code != 200:
            return create_model_error(response.status_code, response.text)
        return Response(response.content, headers={"Content-Type": response.headers["content-type"]})

    async def invoke_with_stream(request: Request) -> Response:
        client = create_client()
        forwarded = client.build_request(
            "POST", "/invocations", content=await request.body(), headers=select_headers(request)
        )
        response = await client.send(forwarded, stream=True)
        if response.status_code != 200:
            await response.aread()
            await client.aclose()
            return create_model_error(response.status_code, response.text)
        headers = {"X-Amzn-SageMaker-Content-Type": response.headers["content-type"]}
        parts = encode_events(client, response, breaking=request.path_params["name"] == BREAKING)
        return StreamingResponse(parts, headers=headers, media_type="application/vnd.amazon.eventstream")

    def create_client() -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=service, timeout=60, trust_env=False)

    return Starlette(
        routes=[
            Route("/endpoints/{name}/invocations", invoke, methods=["POST"]),
            Route("/endpoints/{name}/invocations-response-stream", invoke_with_stream, methods=["POST"]),
        ]
    )


async def encode_events(client: httpx.AsyncClient, response: httpx.Response, *, breaking: bool) -> AsyncIterator[bytes]:
    """Encode the chunks of the container as they arrive."""
    try:
        async for piece in response.aiter_bytes():
            yield encode_event(
                piece, message_type="event", event_type="PayloadPart", content_type="application/octet-stream"
            )
            if breaking:
                error = json.dumps({"Message": "The container died.", "ErrorCode": "StreamBroken"}).encode()
                yield encode_event(error, message_type="exception", exception_type="ModelStreamError")
                return
    finally:
        await response.aclose()
        await client.aclose()


def select_headers(request: Request) -> dict[str, str]:
    """Return the headers that a container receives."""
    return {"Content-Type": request.headers["content-type"], "Accept": request.headers.get("accept", "*/*")}


def create_model_error(status: int, message: str) -> Response:
    """Wrap an error of a container as the runtime does."""
    body = {
        "Message": f"Received client error ({status}) from primary with message {message[:FORWARDED_CHARACTERS]!r}.",
        "OriginalStatusCode": status,
        "OriginalMessage": message[:FORWARDED_CHARACTERS],
        "LogStreamArn": "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/sagemaker/Endpoints/intone",
    }
    return Response(json.dumps(body), 424, {"X-Amzn-ErrorType": "ModelError"}, "application/json")
