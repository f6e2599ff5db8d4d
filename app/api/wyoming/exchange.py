"""One request for speech over Wyoming: its events of audio, its log line and its metrics."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event

from app.api.errors import convert_exception
from app.api.jobs import ClientDisconnected
from app.api.middleware import CLIENT_CLOSED_REQUEST, log_request
from app.api.responses.speech import summarize_synthesis
from app.api.responses.streaming import MAX_MESSAGE_BYTES
from app.api.state import Service
from app.audio.writers import BYTES_PER_SAMPLE
from app.errors import IntoneError
from app.metrics import ResponseRecord, SynthesisRecord
from app.planning.serialize import warnings_to_list
from app.types import PlanWarning

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
