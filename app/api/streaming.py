"""An answer whose audio is sent while it is made."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from app.api.problems import row_of
from app.api.work import Steps
from app.audio.encode import Encoder, Samples
from app.errors import IntoneError
from app.plan import Timings
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


class StreamedAudio(StreamingResponse):
    """Chunked audio. A reader that goes away stops the work; one that takes nothing for `patience` seconds is cut."""

    def __init__(
        self,
        steps: Steps[bytes],
        media_type: str,
        headers: Mapping[str, str],
        patience: float,
        ended: Callable[[], None],
    ) -> None:
        super().__init__(steps, media_type=media_type, headers={**headers, "X-Accel-Buffering": "no"})
        self.steps = steps
        self.patience = patience
        self.ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `StreamingResponse`. An error behind the first byte ends the connection without the last chunk."""

        async def patiently(message: Message) -> None:
            async with asyncio.timeout(self.patience):
                await send(message)

        try:
            await super().__call__(scope, receive, patiently)
        except IntoneError as error:
            scope["state"]["log"]["code"] = row_of(error).code
            raise
        finally:
            self.steps.close()
            self.ended()
