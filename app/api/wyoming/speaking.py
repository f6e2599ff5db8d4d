"""Speak texts that come over Wyoming: whole in one event, or in pieces."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from wyoming.tts import SynthesizeStopped

from app.api.jobs import ClientDisconnected, IsCancelled, WaitForDisconnect, retrieve_exception
from app.api.responses.streaming import EncodedStream
from app.api.state import Service
from app.api.wyoming.exchange import LIVE_TEXT, WHOLE_TEXT, Exchange, Send, observe_exchange
from app.api.wyoming.voices import make_speech_request
from app.audio.encode import FORMATS, to_int16
from app.errors import IntoneError
from app.metrics import MAX_RECORDED, SynthesisRecord
from app.types import PlanWarning, Utterance

if TYPE_CHECKING:
    from app.live.stream import LiveStream


@dataclass(frozen=True, slots=True)
class WyomingClient:
    """Client of one connection."""

    name: str
    """What the limits count: the network of its address."""
    send: Send
    wait_for_disconnect: WaitForDisconnect


@contextmanager
def admit(service: Service, client: WyomingClient, route: str) -> Iterator[Exchange]:
    """Yield the exchange of a request for speech, or raise the `RateLimited`, `TooManyStreams` or `Busy` of a limit."""
    with observe_exchange(service, client.send, route) as exchange:
        service.rate_limit.check_client(client.name)
        service.streams.enter(client.name)
        try:
            yield exchange
        finally:
            service.streams.leave(client.name)


async def speak_text(service: Service, client: WyomingClient, data: Mapping[str, Any]) -> None:
    """Answer `synthesize`: speak the whole text."""
    with admit(service, client, WHOLE_TEXT) as exchange:
        pipeline = service.get_pipeline()
        request = make_speech_request(data, pipeline, with_text=True)
        encodings: list[EncodedStream] = []

        def work(cancelled: IsCancelled) -> Iterator[bytes]:
            rendering = pipeline.render(request, cancelled)
            encodings.append(EncodedStream(rendering, FORMATS["pcm"].stream(rendering.selection.sample_rate)))
            yield from encodings[0]

        job = await service.speaking.start(work, client.wait_for_disconnect)
        (encoding,) = encodings
        encoding.queued_ms = job.queued_ms
        rendering, sample_rate = encoding.rendering, encoding.rendering.selection.sample_rate
        try:
            async for piece in job.result:
                await exchange.send_audio(piece, sample_rate)
            await exchange.end_audio(sample_rate, rendering.all_warnings)
        finally:
            job.result.close()
            exchange.record_synthesis(encoding.make_record(len(request.text)))


class LiveSpeech:
    """One text that arrives in events, and the task that speaks it until its end or an error."""

    def __init__(
        self, service: Service, client: WyomingClient, stream: LiveStream, exchange: Exchange, admission: ExitStack
    ) -> None:
        """Take an admitted exchange, and close `admission` when the speech ends."""
        self._service = service
        self._client = client
        self._stream = stream
        self._exchange = exchange
        self._characters = 0
        self._failure: IntoneError | None = None
        """Error of a piece of the text, with which the speech ends."""
        self.task = asyncio.create_task(self._speak(admission))
        self.task.add_done_callback(retrieve_exception)

    def push(self, text: str) -> None:
        """Append a piece of the text, which may begin and end anywhere; an error ends the task."""
        self._characters += len(text)
        try:
            self._service.live.count_characters(self._client.name, len(text))
            self._stream.push(text)
        except IntoneError as error:
            self.fail(error)

    def fail(self, error: IntoneError) -> None:
        """End the speech with an error."""
        self._failure = error
        self._stream.close()

    def end(self) -> None:
        """Have the rest spoken: the text is complete."""
        self._stream.end()

    def close(self) -> None:
        """Stop at once; the task ends soon."""
        self._stream.close()

    async def _speak(self, admission: ExitStack) -> None:
        spoken: list[Utterance] = []
        warnings: list[PlanWarning] = []
        session, is_complete = self._stream.session, False
        with admission:
            try:
                async for piece in self._stream:
                    # Words and places take most of an utterance's memory, and no record needs them.
                    if piece.ended and len(spoken) < MAX_RECORDED:
                        spoken.append(replace(piece.ended, words=(), places=None))
                    warnings += piece.warnings[: MAX_RECORDED - len(warnings)]
                    is_complete = piece.is_last
                    self._service.get_pipeline().check_seconds(session.seconds)
                    if len(piece.samples):
                        await self._exchange.send_audio(to_int16(piece.samples).tobytes(), session.sample_rate)
                if not is_complete:
                    raise self._failure or ClientDisconnected
                await self._exchange.end_audio(session.sample_rate, warnings)
                await self._client.send(SynthesizeStopped().event())
            finally:
                self._stream.close()
                self._exchange.record_synthesis(
                    SynthesisRecord(spoken, warnings, self._characters, session.seconds, session.timings)
                )


async def begin_live_speech(service: Service, client: WyomingClient, data: Mapping[str, Any]) -> LiveSpeech:
    """Answer `synthesize-start`: begin to speak a text whose pieces follow."""
    with ExitStack() as admission:
        exchange = admission.enter_context(admit(service, client, LIVE_TEXT))
        pipeline = service.get_pipeline()
        request = make_speech_request(data, pipeline, with_text=False)

        def open_stream() -> LiveStream:
            from app.live.session import LiveSession
            from app.live.stream import LiveStream

            return LiveStream(LiveSession(pipeline, request), service.speaking.run_step)

        # In a thread, as the first call imports modules.
        return LiveSpeech(service, client, await run_in_threadpool(open_stream), exchange, admission.pop_all())
