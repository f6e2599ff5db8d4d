"""An answer whose audio is sent while it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from app.api.problems import row_of
from app.api.work import Steps
from app.audio.encode import Encoder
from app.errors import IntoneError
from app.rendering import Rendering


def encoded(rendering: Rendering, encoder: Encoder) -> Iterator[bytes]:
    """The bytes of a stream, piece by piece, none of them empty."""
    for samples in rendering:
        if data := encoder.push(samples):
            yield data
    if data := encoder.end():
        yield data


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
