"""What web pages of other origins may send and read."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

_METHODS = ("GET", "POST", "HEAD", "OPTIONS")

_OURS = ("Authorization", "Content-Type", "Accept", "Range", "X-Request-Id")
_OPENAI = (
    *(f"X-Stainless-{name}" for name in ("Lang", "Package-Version", "OS", "Arch", "Runtime", "Runtime-Version")),
    *("X-Stainless-Retry-Count", "X-Stainless-Timeout", "OpenAI-Organization", "OpenAI-Project"),
)
"""Sent by OpenAI's own JavaScript client with every request."""

_READABLE = (
    *("X-Request-Id", "X-Audio-Duration", "X-Voice", "X-Emotions", "X-Warnings", "X-Should-Retry", "Server-Timing"),
    *("Retry-After", "Content-Disposition", "Content-Range", "Accept-Ranges", "ETag", "X-Accel-Buffering"),
)


def add_cors(app: FastAPI, origins: Sequence[str]) -> None:
    """Let pages of these origins in; they send keys in a header of their own, never cookies."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=_METHODS,
        allow_headers=(*_OURS, *_OPENAI),
        expose_headers=_READABLE,
    )
