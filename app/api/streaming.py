"""An answer whose audio is sent while it is made."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from app.api.readers import Patience
from app.api.steps import Steps
from app.audio.encode import Encoder, Samples
from app.errors import IntoneError, ReaderTooSlow, row_of
from app.plan import Timings

if TYPE_CHECKING:
    from app.rendering import Rendering


class Encoding:
    """Iterate once for the bytes of a stream, piece by piece, none of them empty."""

    def __init__(self, rendering: Rendering, encoder: Encoder) -> None:
        self.rendering = rendering
        self.encoder = encoder
        self.milliseconds = 0.0
        """That the encoding took until now."""

    def __iter__(self) -> Iterator[bytes]:
        for samples in self.rendering:
            if data := self.timed(self.encoder.push, samples):
                yield data
        if data := self.timed(self.encoder.end):
            yield data

    def timed(self, step: Callable[..., bytes], *arguments: Samples) -> bytes:
        """One step of the encoder."""
        began = time.perf_counter()
        data = step(*arguments)
        self.milliseconds += 1000 * (time.perf_counter() - began)
        return data

    @property
    def timings(self) -> Timings:
        """What the stream cost until now."""
        return replace(self.rendering.timings, encode=self.milliseconds)


@dataclass(frozen=True, slots=True)
class Framing:
    """What the bytes of a stream are wrapped into."""

    content_type: str | None
    """None is the audio's own."""
    frames: Callable[[Iterable[bytes], int], Iterator[bytes]]
    """The pieces of audio and the characters that are read -> what is sent."""
    on_error: Callable[[IntoneError], bytes] | None = None
    """The last of what is sent where an error comes behind the first byte; None ends the connection instead."""


as_audio = Framing(None, lambda pieces, _: iter(pieces))


MOST_SENT = 32_768
"""Bytes that are handed to the connection at once. It takes more only when the reader has taken nearly all of what it
holds (64 KiB), so this bounds what a stream keeps for its reader beside the piece that is being sent."""


class StreamedAudio(StreamingResponse):
    """Chunked audio. A reader that goes away stops the work; one that is slow for longer than `patience` is cut."""

    def __init__(
        self,
        steps: Steps[bytes],
        media_type: str,
        headers: Mapping[str, str],
        patience: Patience,
        ended: Callable[[], None],
        on_error: Callable[[IntoneError], bytes] | None = None,
    ) -> None:
        super().__init__(
            self.told(steps, on_error), media_type=media_type, headers={**headers, "X-Accel-Buffering": "no"}
        )
        self.steps = steps
        self.patience = patience
        self.ended = ended
        self.failure = ""

    async def told(self, steps: Steps[bytes], on_error: Callable[[IntoneError], bytes] | None) -> AsyncIterator[bytes]:
        """The pieces, and an error as the last of them where the framing can say one."""
        try:
            async for piece in steps:
                yield piece
        except IntoneError as error:
            self.failure = row_of(error).code
            if on_error is None:
                raise
            yield on_error(error)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `StreamingResponse`. An error after the first byte ends the connection without the last chunk."""

        async def patiently(message: Message) -> None:
            for part in _parts(message):
                await self.patience.waiting_for(send(part), len(part.get("body", b"")))

        try:
            await super().__call__(scope, receive, patiently)
        except ReaderTooSlow as error:
            self.failure = row_of(error).code
            raise
        finally:
            if self.failure:
                scope["state"]["log"]["code"] = self.failure
            try:
                self.steps.close()
            finally:
                self.ended()


def _parts(message: Message) -> Iterator[Message]:
    """The same message in as many as keep each body small."""
    body: bytes = message.get("body", b"")
    if len(body) <= MOST_SENT:
        yield message
        return
    for start in range(0, len(body), MOST_SENT):
        last = start + MOST_SENT >= len(body)
        more = not last or message.get("more_body", False)
        yield {**message, "body": body[start : start + MOST_SENT], "more_body": more}
