"""OpenAI's Python clients, configured as by their users, and short requests with them."""

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
"""Sample rate in hertz that the clients expect."""


def create_client(url: str, key: str = "no key is needed", max_retries: int = 0) -> OpenAI:
    """Create a client that by default does not retry."""
    http = DefaultHttpxClient(trust_env=False)
    return OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=max_retries, http_client=http)


def create_async_client(url: str) -> AsyncOpenAI:
    """Create an asynchronous client that does not retry."""
    http = DefaultAsyncHttpxClient(trust_env=False)
    return AsyncOpenAI(base_url=f"{url}/v1", api_key="no key is needed", max_retries=0, http_client=http)


def create_speech(client: OpenAI, **fields: Any) -> Any:
    """Request speech, by default for a short text; return the response with its headers."""
    return client.audio.speech.with_raw_response.create(**{**HELLO, **fields})


def can_speak(client: OpenAI) -> bool:
    """Return whether the service has a free place."""
    try:
        return create_speech(client).status_code == 200
    except InternalServerError:
        return False


def count_responses(url: str, status: int) -> float:
    """Read how many responses with a status code the service has sent."""
    metrics = httpx.get(f"{url}/metrics", trust_env=False).text.splitlines()
    counters = (line for line in metrics if line.startswith("intone_requests_total{"))
    return sum(float(line.rpartition(" ")[2]) for line in counters if f'status="{status}"' in line)
