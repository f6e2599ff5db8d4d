"""OpenAI's server-sent events: pieces of audio in base64, then what was read."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping

from app.api import answers
from app.api.openai_errors import openai_content
from app.api.problems import without_paths
from app.api.streaming import Framing
from app.errors import IntoneError


def _frames(pieces: Iterable[bytes], characters: int) -> Iterator[bytes]:
    """The decoded deltas, joined, are the file."""
    for piece in pieces:
        delta: answers.AudioDelta = {"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode("ascii")}
        yield _event(delta)
    usage: answers.Usage = {"input_tokens": characters, "output_tokens": 0, "total_tokens": characters}
    done: answers.AudioDone = {"type": "speech.audio.done", "usage": usage}
    yield _event(done)


def _on_error(error: IntoneError) -> bytes:
    return _event(openai_content(without_paths(error)))


def _event(data: Mapping[str, object]) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()


SSE = Framing("text/event-stream", _frames, _on_error)
