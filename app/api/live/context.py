"""Speak one context of a socket: text goes in, and the messages that ElevenLabs' clients read come out."""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING

from app.api.live.messages import make_final_message
from app.api.live.options import LiveOptions
from app.audio.encode import FORMATS, Encoder
from app.metrics import MAX_RECORDED, SynthesisRecord
from app.planning.serialize import utterance_to_dict, warnings_to_list
from app.types import PlanWarning, Utterance, Word

if TYPE_CHECKING:
    from app.live.session import LivePiece, LiveSession
    from app.live.stream import RunStep


@dataclass(frozen=True, slots=True)
class TimedCharacter:
    """Character with the time at which its sound begins."""

    text: str
    start: float
    """Seconds from the beginning of the context's audio."""


def time_characters(text: str, words: tuple[Word, ...], start: float) -> list[TimedCharacter]:
    """Return the characters of an utterance's text, each word's spread evenly over its time.

    Characters between words get the end of the word before them. Without words, all get the time `start`.
    """
    times = [start] * len(text)
    position, now = 0, start
    for word in words:
        first, last = word.place, min(len(text), word.place + len(word.text))
        if first < position:
            continue
        for place in range(position, first):
            times[place] = now
        for place in range(first, last):
            times[place] = word.start + (word.end - word.start) * (place - first) / max(1, last - first)
        position, now = last, word.end
    for place in range(position, len(text)):
        times[place] = now
    return [TimedCharacter(character, time) for character, time in zip(text, times, strict=True)]


class Aligner:
    """Aligner of the characters of one context; its messages together hold every character once, in order."""

    def __init__(self, *, absolute: bool) -> None:
        """Create an aligner; with `absolute`, times count from the beginning of the context, else of each message."""
        self._absolute = absolute
        self._waiting: deque[TimedCharacter] = deque()
        self._aligned = 0.0
        """Seconds until the end of the audio of the last message with characters."""
        self._has_begun = False

    def begin(self, utterance: Utterance) -> None:
        """Add the characters of an utterance that begins; a blank separates it from the one before."""
        if self._has_begun:
            self._waiting.append(TimedCharacter(" ", self._aligned))
        self._has_begun = True
        text = " ".join(utterance.text.split("\n"))
        self._waiting.extend(time_characters(text, utterance.words, utterance.start or 0.0))

    def align(self, end: float, *, ends_utterance: bool) -> dict[str, list[object]] | None:
        """Return the alignment of the audio until `end` (seconds); None if no character begins there.

        The durations of a message add up to its audio, so that a client can add up times that begin at zero.
        """
        here: list[TimedCharacter] = []
        # The last character waits for the end of its utterance, so that no audio after it is left without one.
        while self._waiting and (ends_utterance or (len(self._waiting) > 1 and self._waiting[0].start < end)):
            here.append(self._waiting.popleft())
        if not here:
            return None
        edges = [self._aligned]
        for one in here:
            edges.append(min(max(one.start, edges[-1]), end))
        origin, *milliseconds = (round(1000 * edge) for edge in (*edges, end))
        origin = 0 if self._absolute else origin
        self._aligned = end
        return {
            "chars": [one.text for one in here],
            "charStartTimesMs": [edge - origin for edge in milliseconds[:-1]],
            "charDurationsMs": [after - before for before, after in pairwise(milliseconds)],
        }


class LiveContext:
    """One context: its text, its audio, and what it has spoken."""

    def __init__(self, session: LiveSession, options: LiveOptions, context_id: str | None, run: RunStep) -> None:
        """Start a context; `context_id` is None on a socket with a single stream."""
        from app.live.stream import LiveStream  # the pipeline has imported it; nothing else must wait for it

        self.session = session
        self.options = options
        self.context_id = context_id
        self.stream = LiveStream(session, self._run_step)
        self._run = run
        self._audio = b""
        """Encoded audio of the last piece."""
        self.is_flushed = True
        """Whether everything that the client has sent was followed by a flush."""
        self.is_closing = False
        """Whether the client has closed the context."""
        self.characters = 0
        self._index = 0
        """Number of utterances that have ended."""
        self._spoken: list[Utterance] = []
        self._warnings: list[PlanWarning] = []
        self._encoder: Encoder | None = None
        self._aligner = Aligner(absolute=options.sync_alignment)
        self._encode_seconds = 0.0

    @property
    def record(self) -> SynthesisRecord:
        """Summary of what was spoken so far, for log and metrics."""
        timings = replace(self.session.timings, encode=1000 * self._encode_seconds)
        return SynthesisRecord(self._spoken, self._warnings, self.characters, self.session.seconds, timings)

    async def messages(self) -> AsyncIterator[str]:
        """Yield the messages about the audio, each when it is taken; the last one is final."""
        async for piece in self.stream:
            for message in self._describe(piece):
                yield json.dumps(message)
        yield make_final_message(self.context_id)

    async def _run_step(self, step: Callable[[], LivePiece | None]) -> LivePiece | None:
        """Make a piece and encode its audio, both in one thread."""

        def make_and_encode() -> LivePiece | None:
            piece = step()
            self._audio = self._encode(piece) if piece is not None else b""
            return piece

        return await self._run(make_and_encode)

    def _describe(self, piece: LivePiece) -> list[dict[str, object]]:
        """Return the messages of a piece: an utterance that begins, its audio, and one that ends."""
        messages: list[dict[str, object]] = []
        self._warnings += piece.warnings[: MAX_RECORDED - len(self._warnings)]
        warnings = {"warnings": warnings_to_list(piece.warnings)} if piece.warnings else {}
        if piece.began:
            self._aligner.begin(piece.began)
            messages.append({"type": "speech.utterance", **self._describe_utterance(piece.began), **warnings})
        elif warnings:
            messages.append({"type": "speech.warnings", **warnings})
        end = piece.start + len(piece.samples) / self.session.sample_rate
        alignment = self._aligner.align(end, ends_utterance=piece.ended is not None)
        if self._audio or alignment:
            messages.append(
                {
                    "audio": base64.b64encode(self._audio).decode("ascii"),
                    "isFinal": False,
                    "alignment": alignment,
                    "normalizedAlignment": alignment,
                }
            )
        if piece.ended:
            if len(self._spoken) < MAX_RECORDED:
                self._spoken.append(replace(piece.ended, words=(), places=None))
            done = {"type": "speech.utterance.done", **self._describe_utterance(piece.ended)}
            messages.append(done)
            self._index += 1
        wanted = messages if self.options.with_utterances else [one for one in messages if "type" not in one]
        return [self._address(one) for one in wanted]

    def _describe_utterance(self, utterance: Utterance) -> dict[str, object]:
        return {"index": self._index, "utterance": utterance_to_dict(utterance, is_whole=False)}

    def _encode(self, piece: LivePiece) -> bytes:
        """Return the bytes of a piece; at a flush, complete those of the audio before it."""
        began = perf_counter()
        data = b""
        if len(piece.samples):
            if self._encoder is None:
                self._encoder = FORMATS[self.options.format].stream(self.session.sample_rate)
            data = self._encoder.push(piece.samples)
        if piece.flushed and self._encoder is not None:
            data += self._encoder.end()
            self._encoder = None
        self._encode_seconds += perf_counter() - began
        return data

    def _address(self, message: dict[str, object]) -> dict[str, object]:
        return message if self.context_id is None else {**message, "contextId": self.context_id}
