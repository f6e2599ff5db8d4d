"""What stands between boto3 and a container: SageMaker's runtime, as far as an answer passes through it.

It hands a body to the container's /invocations, wraps what comes in parts in AWS's event stream, and an error of the
container in a ModelError.
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

SHOWN = 2048
"""Characters of a container's error."""
BREAKING = "breaking"
"""Name of an endpoint whose container dies behind its first piece."""


def event(payload: bytes, **headers: str) -> bytes:
    """One message of AWS's event stream; the names of headers begin with a colon and have hyphens."""
    head = b""
    for name, value in headers.items():
        key = f":{name.replace('_', '-')}".encode()
        head += pack("!B", len(key)) + key + pack("!BH", 7, len(value)) + value.encode()
    prelude = pack("!II", 16 + len(head) + len(payload), len(head))
    message = prelude + pack("!I", crc32(prelude)) + head + payload
    return message + pack("!I", crc32(message))


def runtime_front(service: str) -> Starlette:
    """The runtime in front of one container."""

    async def whole(request: Request) -> Response:
        async with container() as client:
            answer = await client.post("/invocations", content=await request.body(), headers=passed_on(request))
        if answer.status_code != 200:
            return model_error(answer.status_code, answer.text)
        return Response(answer.content, headers={"Content-Type": answer.headers["content-type"]})

    async def in_parts(request: Request) -> Response:
        client = container()
        asked = client.build_request("POST", "/invocations", content=await request.body(), headers=passed_on(request))
        answer = await client.send(asked, stream=True)
        if answer.status_code != 200:
            await answer.aread()
            await client.aclose()
            return model_error(answer.status_code, answer.text)
        headers = {"X-Amzn-SageMaker-Content-Type": answer.headers["content-type"]}
        parts = events(client, answer, breaking=request.path_params["name"] == BREAKING)
        return StreamingResponse(parts, headers=headers, media_type="application/vnd.amazon.eventstream")

    def container() -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=service, timeout=60, trust_env=False)

    return Starlette(
        routes=[
            Route("/endpoints/{name}/invocations", whole, methods=["POST"]),
            Route("/endpoints/{name}/invocations-response-stream", in_parts, methods=["POST"]),
        ]
    )


async def events(client: httpx.AsyncClient, answer: httpx.Response, *, breaking: bool) -> AsyncIterator[bytes]:
    """The container's pieces as they come."""
    try:
        async for piece in answer.aiter_bytes():
            yield event(piece, message_type="event", event_type="PayloadPart", content_type="application/octet-stream")
            if breaking:
                said = json.dumps({"Message": "The container died.", "ErrorCode": "StreamBroken"}).encode()
                yield event(said, message_type="exception", exception_type="ModelStreamError")
                return
    finally:
        await answer.aclose()
        await client.aclose()


def passed_on(request: Request) -> dict[str, str]:
    """Of the headers, what a container sees."""
    return {"Content-Type": request.headers["content-type"], "Accept": request.headers.get("accept", "*/*")}


def model_error(status: int, said: str) -> Response:
    """A container's error as the runtime tells it."""
    body = {
        "Message": f"Received client error ({status}) from primary with message {said[:SHOWN]!r}.",
        "OriginalStatusCode": status,
        "OriginalMessage": said[:SHOWN],
        "LogStreamArn": "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/sagemaker/Endpoints/intone",
    }
    return Response(json.dumps(body), 424, {"X-Amzn-ErrorType": "ModelError"}, "application/json")
