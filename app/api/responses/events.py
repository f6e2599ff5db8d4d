"""Send audio with its times as events: lines of JSON, or server-sent events as OpenAI's clients read them.

Both have the same events in the same order: `speech.start`; for each utterance, `speech.utterance` before its first
audio and `speech.utterance.done` after its last; `speech.audio.delta` for every piece of the file; and
`speech.audio.done`, or an error, at the end.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from starlette.requests import Request

from app.api.errors import OPENAI_PREFIX, make_openai_content, make_problem, redact_error
from app.api.parsing.negotiation import EVENT_STREAM, NDJSON
from app.api.parsing.request import ParsedRequest
from app.api.responses.streaming import EncodedStream
from app.api.schemas import answers
from app.audio.encode import FORMATS
from app.errors import IntoneError
from app.planning.serialize import (
    WarningJson,
    classifier_to_dict,
    marks_to_list,
    round_seconds,
    utterance_to_dict,
    warnings_to_list,
    words_to_list,
)
from app.synthesis.stream import time_marks

Event = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class EventFormat:
    """Encoding of events as the bytes of a response."""

    content_type: str
    encode: Callable[[Event], bytes]


LINES_OF_JSON = EventFormat(NDJSON, lambda event: f"{json.dumps(event)}\n".encode())
SERVER_SENT_EVENTS = EventFormat(EVENT_STREAM, lambda event: f"data: {json.dumps(event)}\n\n".encode())


def make_error_event(error: IntoneError, request: Request) -> Event:
    """Return the last event of a stream that fails, with the error in the format of the route."""
    error = redact_error(error)
    if request.state.path.startswith(OPENAI_PREFIX):
        return make_openai_content(error)
    event: answers.SpeechError = {"type": "error", "error": make_problem(error, request.state.request_id)}
    return event


def encode_events(stream: EncodedStream, parsed: ParsedRequest, format: EventFormat) -> Iterator[bytes]:
    """Yield the events of a stream, those that are known at the same time together.

    The first ones come with the first samples, so that a request that cannot be spoken gets an error response.
    """
    for events in _SpeechEvents(stream, parsed).group():
        if events:
            yield b"".join(map(format.encode, events))


class _SpeechEvents:
    """The events of one stream, and which of them were sent."""

    def __init__(self, stream: EncodedStream, parsed: ParsedRequest) -> None:
        self._stream = stream
        self._rendering = stream.rendering
        self._parsed = parsed
        self._started = 0
        """Number of utterances whose start was sent."""
        self._ended = 0
        """Number of utterances whose end was sent."""
        self._reported = 0, 0
        """Numbers of warnings of planning and of synthesis that were sent."""

    def group(self) -> Iterator[list[Event]]:
        """Yield the events that each piece of the audio makes known, possibly none; call once only."""
        head: list[Event] = [self._make_start()]
        for piece in self._stream.pieces():
            # An encoder keeps samples until more follow.
            audio = base64.b64encode(piece).decode("ascii")
            delta: list[answers.AudioDelta] = [{"type": "speech.audio.delta", "audio": audio}] if piece else []
            yield [*head, *self._start_utterances(), *delta, *self._end_utterances()]
            head = []
        yield [*self._start_utterances(), *self._end_utterances(), self._make_end()]

    def _make_start(self) -> answers.SpeechStart:
        sample_rate, format = self._rendering.selection.sample_rate, self._parsed.answer.format
        return {
            "type": "speech.start",
            "voice": self._rendering.selection.voice.name,
            "classifier": classifier_to_dict(self._parsed.pipeline.classifier.name),
            "format": format,
            "content_type": FORMATS[format].format_content_type(sample_rate),
            "sample_rate": sample_rate,
        }

    def _start_utterances(self) -> Iterator[answers.UtteranceStart | answers.UtteranceDone]:
        """Yield the start of each utterance that has begun since the last call, after the ends of those before it."""
        for index in range(self._started, len(self._rendering.started)):
            # An utterance may end without samples of its own, so that its end was not sent with any.
            yield from self._end_utterances()
            yield {
                "type": "speech.utterance",
                "index": index,
                "utterance": utterance_to_dict(self._rendering.started[index], is_whole=False),
                "warnings": self._take_warnings(),
            }
            self._started = index + 1

    def _end_utterances(self) -> Iterator[answers.UtteranceDone]:
        """Yield the end of each utterance that has started and ended, and whose end was not sent yet."""
        for index in range(self._ended, min(self._started, len(self._rendering.spoken))):
            utterance = self._rendering.spoken[index]
            yield {
                "type": "speech.utterance.done",
                "index": index,
                "end": round_seconds(utterance.end or 0.0),
                "pause_after": round_seconds(utterance.pause_after),
                "words": words_to_list(utterance.words),
                "marks": marks_to_list(time_marks(utterance)),
                "warnings": self._take_warnings(),
            }
            self._ended = index + 1

    def _make_end(self) -> answers.AudioDone:
        characters = self._parsed.characters
        return {
            "type": "speech.audio.done",
            "usage": {"input_tokens": characters, "output_tokens": 0, "total_tokens": characters},
            "duration": round_seconds(self._stream.seconds),
            "warnings": warnings_to_list([*self._parsed.warnings, *self._rendering.all_warnings]),
        }

    def _take_warnings(self) -> list[WarningJson]:
        """Return the warnings that no event has reported yet."""
        by_plan, by_speech = self._rendering.plan.warnings, self._rendering.warnings
        found = [] if self._started or self._ended else [*self._parsed.warnings]
        found += [*by_plan[self._reported[0] :], *by_speech[self._reported[1] :]]
        self._reported = len(by_plan), len(by_speech)
        return warnings_to_list(found)
