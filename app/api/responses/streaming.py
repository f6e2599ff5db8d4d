"""Encode audio while it is synthesized, and send it no faster than the reader takes it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from app.api.clients import ReaderPatience
from app.api.jobs import StreamingJob
from app.audio.encode import Encoder
from app.errors import IntoneError, ReaderTooSlow
from app.metrics import SynthesisRecord
from app.types import PlanWarning, Samples, Timings

if TYPE_CHECKING:
    from app.synthesis.stream import SynthesisStream


class EncodedStream:
    """Iterable over the encoded pieces of a stream, none of them empty; iterate it or its `pieces` once only."""

    def __init__(self, rendering: SynthesisStream, encoder: Encoder) -> None:
        self.rendering = rendering
        self.encoder = encoder
        self.milliseconds = 0.0
        """Time spent on encoding so far."""
        self.samples = 0
        """Number of samples encoded so far."""
        self.queued_ms = 0.0
        """Time that the request waited for a place."""

    def __iter__(self) -> Iterator[bytes]:
        return filter(None, self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes that each piece of the audio makes ready, possibly none."""
        for samples in self.rendering:
            self.samples += len(samples)
            yield self.run_step(self.encoder.push, samples)
        yield self.run_step(self.encoder.end)

    @property
    def seconds(self) -> float:
        """Duration of the audio encoded so far."""
        return self.samples / self.rendering.selection.sample_rate

    def run_step(self, step: Callable[..., bytes], *arguments: Samples) -> bytes:
        """Run one step of the encoder, and count its time."""
        began = time.perf_counter()
        data = step(*arguments)
        self.milliseconds += 1000 * (time.perf_counter() - began)
        return data

    @property
    def timings(self) -> Timings:
        """Time that each stage of the stream has taken so far."""
        timings = self.rendering.timings
        return replace(timings, queue=timings.queue + self.queued_ms, encode=self.milliseconds)

    def make_record(self, characters: int, warnings: Sequence[PlanWarning] = ()) -> SynthesisRecord:
        """Return what was synthesized of a request of some characters, with the warnings from parsing it."""
        rendering, warnings = self.rendering, [*warnings, *self.rendering.all_warnings]
        return SynthesisRecord(rendering.spoken, warnings, characters, rendering.seconds, self.timings)


MAX_MESSAGE_BYTES = 32_768
"""Maximum bytes passed to the connection at once. The connection accepts more only when the reader has taken nearly all
of its buffer (64 KiB), so this bounds the memory of a stream beside the piece that is being sent."""


class StreamedAudio(StreamingResponse):
    """Response with chunked audio.

    The work stops if the reader disconnects; a reader that is slow for longer than `patience` is disconnected.
    """

    def __init__(
        self,
        steps: StreamingJob[bytes],
        media_type: str,
        headers: Mapping[str, str],
        patience: ReaderPatience,
        on_end: Callable[[], None],
        on_error: Callable[[IntoneError], bytes] | None = None,
    ) -> None:
        super().__init__(
            self.iterate(steps, on_error), media_type=media_type, headers={**headers, "X-Accel-Buffering": "no"}
        )
        self.steps = steps
        self.patience = patience
        self.on_end = on_end
        self.failure = ""

    async def iterate(
        self, steps: StreamingJob[bytes], on_error: Callable[[IntoneError], bytes] | None
    ) -> AsyncIterator[bytes]:
        """Yield the pieces, and an error as the last of them if the encoding has a form for errors."""
        try:
            async for piece in steps:
                yield piece
        except IntoneError as error:
            self.failure = error.code
            if on_error is None:
                raise
            yield on_error(error)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; see `StreamingResponse`.

        An error after the first byte closes the connection without a last chunk.
        """

        async def send_with_timeout(message: Message) -> None:
            for part in _split_message(message):
                await self.patience.waiting_for(send(part), len(part.get("body", b"")))

        try:
            await super().__call__(scope, receive, send_with_timeout)
        except ReaderTooSlow as error:
            self.failure = error.code
            raise
        finally:
            if self.failure:
                scope["state"]["log"]["code"] = self.failure
            try:
                self.steps.close()
            finally:
                self.on_end()


def _split_message(message: Message) -> Iterator[Message]:
    """Split a message into messages with small bodies."""
    body: bytes = message.get("body", b"")
    if len(body) <= MAX_MESSAGE_BYTES:
        yield message
        return
    for start in range(0, len(body), MAX_MESSAGE_BYTES):
        last = start + MAX_MESSAGE_BYTES >= len(body)
        more = not last or message.get("more_body", False)
        yield {**message, "body": body[start : start + MAX_MESSAGE_BYTES], "more_body": more}
