"""Build the response to a checked request: complete or streamed audio, with or without its plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from app.api.jobs import Cancelled
from app.api.middleware.rate_limit import client_of
from app.api.parsing.body import until_gone
from app.api.parsing.negotiation import JSON
from app.api.parsing.request import ParsedRequest
from app.api.responses.complete import Whole, WholeAnswer, make_whole
from app.api.responses.spool import Spool
from app.api.responses.streaming import Encoding, Patience, StreamedAudio, StreamEncoding, as_audio
from app.api.state import Service, service_of
from app.audio.encode import FORMATS, AudioFormat
from app.metrics import Spoken
from app.types import PlanWarning, Timings, Utterance


def record_synthesis(request: Request, spoken: Spoken) -> None:
    """Report a synthesis to the access log and the metrics."""
    request.state.log.update(_facts(spoken))
    service_of(request).metrics.observe_synthesis(spoken)


def _facts(spoken: Spoken) -> dict[str, object]:
    """Return what may be logged: numbers, never the text."""
    timings = spoken.timings
    return {
        "utterances": len(spoken.utterances),
        "audio_seconds": round(spoken.seconds, 3),
        "emotions": dict(Counter(utterance.emotion.value for utterance in spoken.utterances)),
        "stages": {stage.name: round(getattr(timings, stage.name), 1) for stage in fields(timings)},
    }


_MOST_EMOTIONS = 64
"""Maximum utterances named in a header: proxies would refuse the header of a whole book."""


async def speech_response(request: Request, asked: ParsedRequest, framing: StreamEncoding = as_audio) -> Response:
    """Synthesize a request and return its response; `framing` wraps the bytes of a stream."""
    if asked.answer.stream:
        return await _stream(request, asked, framing)
    return await complete_response(request, asked)


async def complete_response(request: Request, asked: ParsedRequest, *, tagged: bool = False) -> WholeAnswer:
    """Return the response after everything is synthesized; `tagged` is whether it gets an ETag."""
    service = service_of(request)

    def work(cancelled: Cancelled) -> Whole:
        return make_whole(asked, Spool(service.spools), service.settings.max_answer_bytes, cancelled, tagged=tagged)

    done = await service.speaking.run(work, partial(until_gone, request))
    whole, plan = done.result, done.result.plan
    timings = replace(whole.timings, queue=whole.timings.queue + done.queued_ms)
    warnings = [*asked.warnings, *plan.warnings]
    record_synthesis(request, Spoken(plan.utterances, warnings, asked.characters, whole.duration, timings))
    headers = {
        **_content_headers(whole, FORMATS[asked.answer.format]),
        "X-Audio-Duration": f"{whole.duration:.3f}",
        **_headers(plan.voice, plan.utterances, warnings, timings),
    }
    return WholeAnswer(whole.spool, whole.body(), headers, _patience(service))


async def _stream(request: Request, asked: ParsedRequest, framing: StreamEncoding) -> Response:
    """Return the response when the first piece of audio is ready."""
    service, format = service_of(request), FORMATS[asked.answer.format]
    begun: list[Encoding] = []

    def work(cancelled: Cancelled) -> Iterator[bytes]:
        rendering = asked.pipeline.render(asked.speech, cancelled)
        begun.append(Encoding(rendering, format.stream(rendering.cast.sample_rate)))
        yield from framing.frames(begun[0], asked.characters)

    client = client_of(request)
    service.streams.enter(client)
    try:
        done = await service.speaking.start(work, partial(until_gone, request))
    except BaseException:
        service.streams.leave(client)
        raise
    request.state.log["stream"] = True
    (encoding,) = begun
    rendering = encoding.rendering

    def timings() -> Timings:
        return replace(encoding.timings, queue=encoding.timings.queue + done.queued_ms)

    def ended() -> None:
        service.streams.leave(client)
        warnings = [*asked.warnings, *rendering.all_warnings]
        record_synthesis(request, Spoken(rendering.spoken, warnings, asked.characters, rendering.seconds, timings()))

    cast, warnings = rendering.cast, [*asked.warnings, *rendering.all_warnings]
    headers = _headers(cast.voice.name, rendering.draft.utterances, warnings, timings())
    if framing.content_type is None:
        headers["Content-Disposition"] = _disposition(format)
    content_type = framing.content_type or format.content_type_at(cast.sample_rate)
    return StreamedAudio(done.result, content_type, headers, _patience(service), ended, framing.on_error)


def _patience(service: Service) -> Patience:
    return Patience(service.settings.reader_patience, service.settings.reader_rate)


def _content_headers(whole: Whole, format: AudioFormat) -> dict[str, str]:
    length = {"Content-Length": str(whole.size)}
    if whole.in_json:
        return {**length, "Content-Type": JSON}
    tag = {"ETag": whole.etag} if whole.etag else {}
    content_type = format.content_type_at(whole.sample_rate)
    return {**length, "Content-Type": content_type, "Content-Disposition": _disposition(format), **tag}


def _disposition(format: AudioFormat) -> str:
    return f'inline; filename="speech.{format.extension}"'


def _headers(
    voice: str, utterances: Sequence[Utterance], warnings: Sequence[PlanWarning], timings: Timings
) -> dict[str, str]:
    headers = {
        "X-Voice": voice,
        "X-Emotions": ",".join(utterance.emotion.value for utterance in utterances[:_MOST_EMOTIONS]),
        "Server-Timing": ", ".join(f"{f.name};dur={getattr(timings, f.name):.1f}" for f in fields(timings)),
    }
    # Each code once, in the order of its first appearance.
    codes = dict.fromkeys(warning.code for warning in warnings)
    return {**headers, **({"X-Warnings": ",".join(codes)} if codes else {})}
