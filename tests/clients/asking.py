"""OpenAI's own Python clients as their users make them, and a service that has keys."""

from __future__ import annotations

from typing import Any

import httpx
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, DefaultHttpxClient, InternalServerError, OpenAI

KEY = "key-of-the-clients-0123456789"
TEXT = "The harbour was quiet when the ferry came in. I am so happy that you are finally here!"
HELLO = {"model": "tts-1", "voice": "alloy", "input": "Hello."}
BOOK = "The rain fell on the roof all night, and nobody in the old house could sleep at all. " * 230
"""Takes far longer to speak than any test waits."""
RATE = 24_000
"""Hertz that the clients expect."""


def client_of(url: str, key: str = "no key is needed", max_retries: int = 0) -> OpenAI:
    """A client that asks once, unless told otherwise."""
    http = DefaultHttpxClient(trust_env=False)
    return OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=max_retries, http_client=http)


def async_client_of(url: str) -> AsyncOpenAI:
    """The same for an event loop."""
    http = DefaultAsyncHttpxClient(trust_env=False)
    return AsyncOpenAI(base_url=f"{url}/v1", api_key="no key is needed", max_retries=0, http_client=http)


def create(client: OpenAI, **fields: Any) -> Any:
    """The answer to a short text, with its headers."""
    return client.audio.speech.with_raw_response.create(**{**HELLO, **fields})


def speaks(client: OpenAI) -> bool:
    """Whether the service is free."""
    try:
        return create(client).status_code == 200
    except InternalServerError:
        return False


def counted(url: str, status: int) -> float:
    """How many answers of a status the service has given until now."""
    metrics = httpx.get(f"{url}/metrics", trust_env=False).text.splitlines()
    counters = (line for line in metrics if line.startswith("intone_requests_total{"))
    return sum(float(line.rpartition(" ")[2]) for line in counters if f'status="{status}"' in line)
