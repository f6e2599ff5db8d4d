"""Build complete responses, and parts of them (RFC 9110, 14), without which Safari plays no audio."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from starlette.datastructures import MutableHeaders
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from app.api.clients import ReaderPatience
from app.api.jobs import IsCancelled
from app.api.parsing.negotiation import ResponseFormat
from app.api.parsing.request import ParsedRequest
from app.api.responses.spool import Spool
from app.audio.encode import FORMATS, AudioFormat, split_pieces
from app.audio.writers import Writer
from app.errors import AnswerTooLarge, RangeNotSatisfiable, ReaderTooSlow
from app.memory import trim_heap
from app.planning.serialize import plan_to_dict
from app.types import Plan, Samples, Timings

_MEBIBYTE = 2**20
_BASE64_RATIO = 4 / 3
"""Bytes of the response for each byte of audio inside JSON."""
_HINT = (
    'Ask for a stream ("stream": true), which has no limit, or for mp3; behind SageMaker, asynchronous (async) '
    "inference takes larger answers, with a larger INTONE_MAX_ANSWER_BYTES; or send the text in parts."
)


@dataclass(frozen=True, slots=True)
class ResponseSizeLimit:
    """Size limit of a response that is not streamed."""

    most_bytes: int
    """0 means no limit."""
    answer: ResponseFormat

    def check(self, size: float, amount: str) -> None:
        """Raise AnswerTooLarge if a response of at least this many bytes exceeds the limit; `amount` describes it."""
        if self.most_bytes and size > self.most_bytes:
            form = f"{self.answer.format} in JSON" if self.answer.timing else self.answer.format
            most = f"{self.most_bytes / _MEBIBYTE:.1f} MiB that an answer may have"
            raise AnswerTooLarge(f"{amount} as {form} are more than the {most}.", hint=_HINT)

    def check_bytes(self, size: int) -> None:
        """Raise AnswerTooLarge if a response of at least this many bytes exceeds the limit."""
        self.check(size, f"At least {size / _MEBIBYTE:.1f} MiB")

    def check_seconds(self, seconds: float, sample_rate: int) -> int:
        """Return the least bytes of some speech at a rate in Hertz, 0 if they depend on the sound.

        Raise AnswerTooLarge if they exceed the limit: a check before synthesis avoids synthesizing in vain.
        """
        size = int(seconds * sample_rate) * FORMATS[self.answer.format].bytes_per_sample
        self.check(size * (_BASE64_RATIO if self.answer.timing else 1), f"Over {seconds:.0f} s of speech")
        return size


TRIM_HEAP_BYTES = 8_000_000
"""Size above which making a response leaves enough unused heap memory to be worth returning to the system."""
_JSON_HEAD = b'{"audio":"'


@dataclass(frozen=True, slots=True)
class CompleteSpeech:
    """Complete response."""

    spool: Spool
    """The audio, followed by the rest of the JSON if the response is JSON."""
    audio_bytes: int
    plan: Plan
    sample_rate: int
    """Hertz."""
    duration: float
    """Seconds."""
    timings: Timings
    in_json: bool

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return self.spool.size + (json_size(self.audio_bytes) - self.audio_bytes) * self.in_json

    def body(self) -> Iterator[bytes]:
        """Yield the body in blocks; reads a file, so not for an event loop."""
        if not self.in_json:
            yield from self.spool.blocks(0, self.spool.size)
            return
        head = _JSON_HEAD
        for block in self.spool.blocks(0, self.audio_bytes):
            yield head + base64.b64encode(block)
            head = b""
        yield from self.spool.blocks(self.audio_bytes, self.spool.size)


def json_size(audio_bytes: int) -> int:
    """Return the size in bytes of the JSON up to the end of its audio."""
    return len(_JSON_HEAD) + -(-audio_bytes // 3) * 4


def synthesize_complete(parsed: ParsedRequest, spool: Spool, most_bytes: int, cancelled: IsCancelled) -> CompleteSpeech:
    """Synthesize a whole request into a spool, which is closed on failure; runs in a worker thread.

    The body may have at most `most_bytes` (0 means no limit).
    """
    room, with_plan = ResponseSizeLimit(most_bytes, parsed.answer), parsed.answer.timing

    def check_room(seconds: float, sample_rate: int) -> None:
        spool.reserve(room.check_seconds(seconds, sample_rate))

    try:
        speech = replace(parsed.speech, check_room=check_room)
        rendering = parsed.pipeline.render(speech, cancelled, with_words=with_plan, streamed=False)
        format, sample_rate = FORMATS[parsed.answer.format], rendering.selection.sample_rate
        writer = SpoolWriter(format.writer(spool, sample_rate), spool)
        with closing(rendering.__iter__()) as pieces:
            for samples in pieces:
                writer.push(samples)
                room.check_bytes(json_size(spool.size) if with_plan else spool.size)
        writer.end()
        whole = CompleteSpeech(
            spool,
            audio_bytes=spool.size,
            plan=parsed.pipeline.complete_plan(rendering),
            sample_rate=sample_rate,
            duration=writer.samples / sample_rate,
            timings=replace(rendering.timings, encode=writer.milliseconds),
            in_json=with_plan,
        )
        if with_plan:
            spool.append(_encode_rest(whole, format))
        spool.finish()
        room.check_bytes(whole.size)
        return whole
    except BaseException:
        spool.close()
        raise
    finally:
        if spool.size > TRIM_HEAP_BYTES:
            trim_heap()


def _encode_rest(whole: CompleteSpeech, format: AudioFormat) -> bytes:
    """Return the JSON after the audio."""
    rest = {
        "format": format.name,
        "content_type": format.format_content_type(whole.sample_rate),
        "sample_rate": whole.sample_rate,
        "duration": round(whole.duration, 5),
        "plan": plan_to_dict(whole.plan),
    }
    text = json.dumps(rest, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f'",{text[1:]}'.encode()


class SpoolWriter:
    """Encoder of samples into a spool."""

    def __init__(self, writer: Writer, spool: Spool) -> None:
        self.samples = 0
        """Number of samples written."""
        self.milliseconds = 0.0
        """Time spent on encoding."""
        self._writer = writer
        self._spool = spool

    def push(self, samples: Samples) -> None:
        """Encode the next samples."""
        for piece in split_pieces(samples):
            self.run_step(partial(self._writer.push, piece))
        self.samples += len(samples)

    def end(self) -> None:
        """Write the remaining bytes."""
        self.run_step(self._writer.end)

    def run_step(self, step: Callable[[], None]) -> None:
        """Run a step; if writing its bytes failed, raise that error rather than the encoder's."""
        began = time.perf_counter()
        try:
            step()
        finally:
            self.milliseconds += 1000 * (time.perf_counter() - began)
            self._spool.check()


class CompleteResponse(StreamingResponse):
    """Response that sends a spool and closes it. A reader that is slow for longer than `patience` is disconnected."""

    def __init__(
        self,
        spool: Spool,
        body: Iterator[bytes],
        headers: Mapping[str, str],
        patience: ReaderPatience,
        status_code: int = 200,
    ) -> None:
        """Create a response whose blocks of the body are read in a thread, one at a time.

        `headers` include the type and length of the body.
        """
        super().__init__(body, status_code, headers)
        self.spool = spool
        self.patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response; see `StreamingResponse`."""

        async def send_with_timeout(message: Message) -> None:
            await self.patience.waiting_for(send(message), len(message.get("body", b"")))

        try:
            await super().__call__(scope, receive, send_with_timeout)
        except ReaderTooSlow as error:
            scope["state"]["log"]["code"] = error.code
            raise
        finally:
            # In a thread, because deleting a large file takes a while; not awaited, because this task may be cancelled.
            asyncio.get_running_loop().run_in_executor(None, self.spool.close)


_SINGLE_RANGE = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE)

_MAX_POSITION_DIGITS = 18
"""Maximum digits of a position, more than any size has."""


@dataclass(frozen=True, slots=True)
class RangeResponse:
    """Response to a range request."""

    status: int
    headers: MutableHeaders
    part: slice
    """Range of bytes."""


def select_range(
    size: int, headers: Mapping[str, str], range_header: str | None, if_range: str | None
) -> RangeResponse:
    """Return a 206 with the requested bytes, or a 200 with all if no single valid range of this response is requested.

    `size` and `headers` are those of the complete response, including its Content-Type and, if it has one, its ETag.
    Raise RangeNotSatisfiable for a range after the end.
    """
    all_headers = MutableHeaders({**headers, "Accept-Ranges": "bytes"})
    part = _parse_range(range_header or "", size) if _is_current(if_range, all_headers.get("etag")) else None
    if part is None:
        return RangeResponse(200, all_headers, slice(0, size))
    all_headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    all_headers["Content-Length"] = str(part.stop - part.start)
    return RangeResponse(206, all_headers, part)


def _is_current(if_range: str | None, etag: str | None) -> bool:
    """Return whether the client's parts are of the same bytes; a weak ETag or a date does not guarantee that."""
    return if_range is None or (if_range == etag and not if_range.startswith("W/"))


def _parse_range(header: str, size: int) -> slice | None:
    """Return the requested range; None if there is none, several, or an invalid one."""
    match = _SINGLE_RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", "") or not size:
        return None
    first, last = map(_parse_position, match.groups())
    if first is None:
        first, last = max(0, size - (last or 0)), None
    elif last is not None and last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable(f"The audio has {size} bytes.", hint="Ask for a range inside of it.", size=size)
    return slice(first, size if last is None else min(last + 1, size))


def _parse_position(digits: str) -> int | None:
    """Return a position, cut to `_MAX_POSITION_DIGITS` digits without leading zeros: still after any file's end."""
    return int(digits.lstrip("0")[:_MAX_POSITION_DIGITS] or "0") if digits else None
