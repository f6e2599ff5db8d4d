"""Clients of live sockets, which send what ElevenLabs' plugins send."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

PATIENCE_SECONDS = 60.0
SENTENCES = ("The parcel came this morning. ", "I am so happy! ", "It is a red bicycle. ")
TEXT = "".join(SENTENCES)


@dataclass
class Heard:
    """What a client received about one context."""

    audio: bytes = b""
    characters: str = ""
    ends: list[int] = field(default_factory=list)
    """Milliseconds of the end of each message with characters, by its own clock."""
    utterances: list[dict[str, Any]] = field(default_factory=list)
    started: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_final: bool = False

    def add(self, message: dict[str, Any]) -> None:
        if "error" in message:
            self.errors.append(message)
        if message.get("type") == "speech.utterance":
            self.started.append(message["utterance"])
        if message.get("type") == "speech.utterance.done":
            assert message["index"] == len(self.utterances)
            self.utterances.append(message["utterance"])
        self.warnings += [one["code"] for one in message.get("warnings", [])]
        self.audio += base64.b64decode(message.get("audio") or "")
        if alignment := message.get("alignment"):
            assert message["normalizedAlignment"] == alignment
            self.characters += "".join(alignment["chars"])
            starts, durations = alignment["charStartTimesMs"], alignment["charDurationsMs"]
            assert len(alignment["chars"]) == len(starts) == len(durations)
            assert starts == sorted(starts) and min(durations) >= 0
            self.ends.append(starts[-1] + durations[-1])
        self.is_final = self.is_final or message.get("isFinal") is True


@contextmanager
def open_socket(
    url: str, route: str = "stream-input", voice: str = "wren", headers: dict[str, str] | None = None, **query: object
) -> Iterator[ClientConnection]:
    """Open a socket to a service."""
    parameters = "&".join(f"{name}={value}" for name, value in {"output_format": "pcm_22050", **query}.items())
    address = f"{url.replace('http', 'ws', 1)}/v1/text-to-speech/{voice}/{route}?{parameters}"
    with connect(address, additional_headers=headers, proxy=None, open_timeout=PATIENCE_SECONDS) as socket:
        yield socket


def send(socket: ClientConnection, *messages: dict[str, Any]) -> None:
    for message in messages:
        socket.send(json.dumps(message))


def receive(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(timeout=PATIENCE_SECONDS))
    return message


def listen(socket: ClientConnection, contexts: Sequence[str] = ("",)) -> dict[str, Heard]:
    """Receive messages until every context is final or the socket is closed."""
    heard: dict[str, Heard] = {context: Heard() for context in contexts}
    while not all(one.is_final for one in heard.values()):
        try:
            message = receive(socket)
        except ConnectionClosed:
            break
        heard.setdefault(message.get("contextId", ""), Heard()).add(message)
    return heard


def say(socket: ClientConnection, pieces: Iterable[str], **first: Any) -> Heard:
    """Send pieces of text as a client of a single stream does, and return what is heard until the end."""
    send(socket, {"text": " ", **first}, *({"text": piece} for piece in pieces), {"text": ""})
    return listen(socket)[""]
