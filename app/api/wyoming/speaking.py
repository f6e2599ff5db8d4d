"""Speak texts that come over Wyoming: whole in one event, or in pieces."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event
from wyoming.tts import SynthesizeStopped

from app.api.errors import convert_exception
from app.api.jobs import ClientDisconnected, IsCancelled, WaitForDisconnect, retrieve_exception
from app.api.middleware import CLIENT_CLOSED_REQUEST, log_request
from app.api.responses.speech import summarize_synthesis
from app.api.responses.streaming import MAX_MESSAGE_BYTES, EncodedStream
from app.api.state import Service
from app.api.wyoming.voices import make_speech_request
from app.audio.encode import FORMATS, to_int16
from app.audio.writers import BYTES_PER_SAMPLE
from app.errors import IntoneError
from app.metrics import MAX_RECORDED, ResponseRecord, SynthesisRecord
from app.planning.serialize import warnings_to_list
from app.types import PlanWarning, Utterance

if TYPE_CHECKING:
    from app.live.stream import LiveStream


METHOD = "WYOMING"
"""Method in log lines, as Wyoming has none."""
WHOLE_TEXT = "wyoming/synthesize"
"""Route, in the log and the metrics, of requests whose text comes whole."""
LIVE_TEXT = "wyoming/synthesize-start"
"""Route of requests whose text comes in pieces. They last until the text is complete, and their first audio waits for
text, so neither duration is the service's."""
OTHER = "wyoming"
"""Route of everything else."""

Send = Callable[[Event], Awaitable[None]]
"""Function that sends an event, and returns when the client has taken enough."""


class Exchange:
    """One request and the events that answer it."""

    def __init__(self, service: Service, send: Send, route: str) -> None:
        self.request_id = uuid.uuid4().hex
        self.facts: dict[str, Any] = {}
        """Facts for the log line; never text."""
        self._service = service
        self._send = send
        self._route = route
        self._started = time.perf_counter()
        self._first_audio: float | None = None
        self._bytes = 0
        self._rate = 0

    async def send_audio(self, pcm: bytes, sample_rate: int) -> None:
        """Send PCM of one channel, 16 bits, at `sample_rate` Hertz, the same in each call."""
        if self._first_audio is None:
            self._first_audio = time.perf_counter() - self._started
            await self._send(AudioStart(sample_rate, BYTES_PER_SAMPLE, 1, timestamp=0).event())
        for start in range(0, len(pcm), MAX_MESSAGE_BYTES):
            part = pcm[start : start + MAX_MESSAGE_BYTES]
            milliseconds = 1000 * self._bytes // (BYTES_PER_SAMPLE * sample_rate)
            await self._send(AudioChunk(sample_rate, BYTES_PER_SAMPLE, 1, part, timestamp=milliseconds).event())
            self._bytes += len(part)

    async def end_audio(self, sample_rate: int, warnings: Sequence[PlanWarning]) -> None:
        """Send the end of the audio, with the warnings as additional data."""
        await self.send_audio(b"", sample_rate)
        end = AudioStop(timestamp=1000 * self._bytes // (BYTES_PER_SAMPLE * sample_rate)).event()
        if warnings:
            end.data["warnings"] = warnings_to_list(warnings)
        await self._send(end)

    def record_synthesis(self, spoken: SynthesisRecord) -> None:
        """Report a synthesis to the log and the metrics."""
        self.facts |= {"stream": True, "characters": spoken.characters, **summarize_synthesis(spoken)}
        self._service.metrics.observe_synthesis(spoken)

    def close(self, status: int, code: str | None = None) -> None:
        """Log the request, and count it."""
        seconds = time.perf_counter() - self._started
        first_audio = None if self._route == LIVE_TEXT else self._first_audio
        answer = ResponseRecord(self._route, status, seconds, first_audio, code)
        facts = {**self.facts, **({"code": code} if code else {})}
        log_request(answer, method=METHOD, request_id=self.request_id, facts=facts)
        self._service.metrics.observe_response(answer)


@contextmanager
def observe_exchange(service: Service, send: Send, route: str = OTHER) -> Iterator[Exchange]:
    """Yield a new exchange, and close it with the error that ends the block; an unexpected one gets logged."""
    exchange = Exchange(service, send, route)
    try:
        yield exchange
    except IntoneError as error:
        exchange.close(error.status, error.code)
        raise
    except (ClientDisconnected, asyncio.CancelledError):
        exchange.close(CLIENT_CLOSED_REQUEST)
        raise
    except Exception as error:
        failure = convert_exception(error, exchange.request_id)
        exchange.close(failure.status, failure.code)
        raise failure from None
    else:
        exchange.close(200)


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
