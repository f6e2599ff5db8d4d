"""Build the response to a checked request: complete or streamed audio, with or without its plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from app.api.clients import identify_client
from app.api.jobs import IsCancelled
from app.api.parsing.body import JSON, wait_for_disconnect
from app.api.parsing.request import ParsedRequest
from app.api.responses.complete import CompleteResponse, CompleteSpeech, synthesize_complete
from app.api.responses.events import LINES_OF_JSON, SERVER_SENT_EVENTS, encode_events, make_error_event
from app.api.responses.spool import Spool
from app.api.responses.streaming import EncodedStream, StreamedAudio
from app.api.state import get_service
from app.audio.encode import FORMATS, AudioFormat
from app.errors import IntoneError
from app.metrics import SynthesisRecord
from app.types import PlanWarning, Timings, Utterance


def record_synthesis(request: Request, spoken: SynthesisRecord) -> None:
    """Report a synthesis to the access log and the metrics."""
    request.state.log.update(summarize_synthesis(spoken))
    get_service(request).metrics.observe_synthesis(spoken)


def summarize_synthesis(spoken: SynthesisRecord) -> dict[str, object]:
    """Return what may be logged: numbers, never the text."""
    timings = spoken.timings
    return {
        "utterances": len(spoken.utterances),
        "audio_seconds": round(spoken.seconds, 3),
        "emotions": dict(Counter(utterance.emotion.value for utterance in spoken.utterances)),
        "stages": {stage.name: round(getattr(timings, stage.name), 1) for stage in fields(timings)},
    }


_MAX_EMOTIONS = 64
"""Maximum utterances named in a header: proxies would refuse the header of a whole book."""


async def speech_response(request: Request, parsed: ParsedRequest) -> Response:
    """Synthesize a request and return its response."""
    if parsed.answer.stream:
        return await _stream_response(request, parsed)
    return await complete_response(request, parsed)


async def complete_response(request: Request, parsed: ParsedRequest) -> CompleteResponse:
    """Return the response after everything is synthesized."""
    service = get_service(request)

    def work(cancelled: IsCancelled) -> CompleteSpeech:
        return synthesize_complete(parsed, Spool(service.spools), service.settings.max_answer_bytes, cancelled)

    job = await service.speaking.run(work, partial(wait_for_disconnect, request))
    whole, plan = job.result, job.result.plan
    timings = replace(whole.timings, queue=whole.timings.queue + job.queued_ms)
    warnings = [*parsed.warnings, *plan.warnings]
    record_synthesis(request, SynthesisRecord(plan.utterances, warnings, parsed.characters, whole.duration, timings))
    headers = {
        **parsed.headers,
        **_content_headers(whole, FORMATS[parsed.answer.format]),
        "X-Audio-Duration": f"{whole.duration:.3f}",
        **_speech_headers(plan.voice, plan.utterances, warnings, timings),
    }
    return CompleteResponse(whole.spool, whole.body(), headers, service.make_patience())


async def _stream_response(request: Request, parsed: ParsedRequest) -> Response:
    """Return the response when the first piece of audio is ready."""
    service, format, with_events = get_service(request), FORMATS[parsed.answer.format], parsed.answer.timing
    events = SERVER_SENT_EVENTS if parsed.answer.sse else LINES_OF_JSON
    encodings: list[EncodedStream] = []

    def work(cancelled: IsCancelled) -> Iterator[bytes]:
        rendering = parsed.pipeline.render(parsed.speech, cancelled, with_words=with_events)
        encodings.append(EncodedStream(rendering, format.stream(rendering.selection.sample_rate)))
        yield from encode_events(encodings[0], parsed, events) if with_events else encodings[0]

    client = identify_client(request)
    service.streams.enter(client)
    try:
        job = await service.speaking.start(work, partial(wait_for_disconnect, request))
    except BaseException:
        service.streams.leave(client)
        raise
    request.state.log["stream"] = True
    (encoding,) = encodings
    encoding.queued_ms = job.queued_ms
    rendering, warnings = encoding.rendering, [*parsed.warnings, *encoding.rendering.all_warnings]

    def finish() -> None:
        service.streams.leave(client)
        record_synthesis(request, encoding.make_record(parsed.characters, parsed.warnings))

    def encode_error(error: IntoneError) -> bytes:
        return events.encode(make_error_event(error, request))

    headers = _speech_headers(rendering.selection.voice.name, rendering.plan.utterances, warnings, encoding.timings)
    if with_events:
        # The division into events depends on the load, so the bytes are not the same each time and have no ETag.
        headers, content_type = {**headers, **parsed.vary}, events.content_type
    else:
        headers |= {**parsed.headers, "Content-Disposition": _content_disposition(format)}
        content_type = format.format_content_type(rendering.selection.sample_rate)
    on_error = encode_error if with_events else None
    return StreamedAudio(job.result, content_type, headers, service.make_patience(), finish, on_error)


def _content_headers(whole: CompleteSpeech, format: AudioFormat) -> dict[str, str]:
    length = {"Content-Length": str(whole.size)}
    if whole.in_json:
        return {**length, "Content-Type": JSON}
    content_type = format.format_content_type(whole.sample_rate)
    return {**length, "Content-Type": content_type, "Content-Disposition": _content_disposition(format)}


def _content_disposition(format: AudioFormat) -> str:
    return f'inline; filename="speech.{format.name}"'


def _speech_headers(
    voice: str, utterances: Sequence[Utterance], warnings: Sequence[PlanWarning], timings: Timings
) -> dict[str, str]:
    headers = {
        "X-Voice": voice,
        "X-Emotions": ",".join(utterance.emotion.value for utterance in utterances[:_MAX_EMOTIONS]),
        "Server-Timing": ", ".join(f"{f.name};dur={getattr(timings, f.name):.1f}" for f in fields(timings)),
    }
    # Each code once, in the order of its first appearance.
    codes = dict.fromkeys(warning.code for warning in warnings)
    return {**headers, **({"X-Warnings": ",".join(codes)} if codes else {})}
