"""Speak one text that arrives in pieces: plan what is settled, synthesize a little ahead, and join the audio."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from app.audio.join import Joiner
from app.audio.writers import Resampler
from app.errors import IntoneError, TextTooLong
from app.live.plan import LivePlan, LiveUtterance
from app.live.reader import Boundary
from app.synthesis.engine import MAX_UTTERANCES_AHEAD
from app.synthesis.job import UtteranceJob, UtteranceStream
from app.synthesis.playback import Playback
from app.synthesis.stream import SEED_STEP, place_words
from app.text.phonetic import count_model_chars
from app.types import PlanWarning, Samples, SpeechRequest, Timings, Utterance

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline

MAX_GUESSES = 3
"""Times that a sentence is synthesized before it is certain, while the listener waits; each may be in vain."""
AMPLE_SECONDS = 1.0
"""Seconds of audio that a listener has before the next sentence is classified, which delays the audio of this one."""
NO_SAMPLES: Samples = np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True)
class LivePiece:
    """Piece of the audio of one text, and what begins and ends with it."""

    samples: Samples
    """Mono, (samples,), within -1..1, at the session's sample rate; may be empty."""
    start: float
    """Seconds from the beginning of the session's audio to the first sample."""
    began: Utterance | None = None
    """Utterance that begins in this piece, with `start` and `words`; `end` is None, and the times of the words are
    relative to the session's audio like `start`."""
    ended: Utterance | None = None
    """Utterance that ends with this piece, with `start`, `end` and `words`."""
    flushed: bool = False
    """Whether everything before a flush is spoken."""
    is_last: bool = False
    """Whether the text has ended and everything is spoken."""
    warnings: tuple[PlanWarning, ...] = ()
    """Warnings since the previous piece."""


@dataclass(slots=True, eq=False)
class _Speaking:
    """An utterance that the engine synthesizes."""

    planned: LiveUtterance
    stream: UtteranceStream
    sample_rate: int
    """Hertz, of the voice."""


@dataclass(frozen=True, slots=True)
class _Stop:
    """A boundary, and the warnings about the text before it that no utterance has reported."""

    boundary: Boundary
    warnings: tuple[PlanWarning, ...]


class LiveSession:
    """One text that arrives in pieces, and its audio.

    `push`, `flush`, `settle`, `end` and `close` never block and may be called from any thread; `make_piece` blocks
    while audio is being synthesized, and is called from one thread at a time.
    """

    def __init__(self, pipeline: Pipeline, request: SpeechRequest, *, first_at_comma: bool = False) -> None:
        """Start a session with the options of a request, whose text is ignored; raises `VoiceNotFound`.

        With `first_at_comma`, the very first clause is spoken as soon as a comma ends it.
        """
        voices = [pipeline.registry.get(name) for name in (request.voice, *request.voices.values())]
        self.sample_rate = request.rate_for(max(one.sample_rate for one in voices))
        """Hertz."""
        self._pipeline = pipeline
        self._request = request
        self._playback = Playback()
        self._idle_since = self._playback.begun
        """When the listener had last heard everything, by `time.monotonic`."""
        self._closed = threading.Event()
        classifier = pipeline.schedule_classifier(self._playback, self._closed.is_set)
        self._plan = LivePlan(pipeline, request, classifier, first_at_comma=first_at_comma)
        self._joiner = Joiner(self.sample_rate)
        self._ahead: deque[_Speaking | _Stop] = deque()
        self._expected: UtteranceJob | None = None
        """Utterance that is synthesized although the text may still change it."""
        self._guesses = MAX_GUESSES
        """Times that an utterance may still be expected before the next one is certain."""
        self._guessed_at = 0
        """Number of unread characters when an utterance was last expected."""
        self._seed = secrets.randbits(32) if request.seed is None else request.seed
        self._number = 0
        """Number of utterances submitted so far."""
        self._is_after_boundary = False
        """Whether the last utterance was spoken although the text might have gone on."""
        self._has_ended = False
        self.timings = Timings()
        """Time spent so far in each stage."""
        self._pieces = self._make_pieces()

    @property
    def seconds(self) -> float:
        """Seconds of audio made so far."""
        return self._joiner.seconds

    @property
    def unread(self) -> int:
        """Number of characters that belong to no planned utterance yet."""
        return self._plan.reader.unread

    @property
    def may_speak(self) -> bool:
        """Whether the text that waits may give `make_piece` something to do; not while it runs."""
        return self._plan.may_settle or self._may_expect()

    def push(self, text: str) -> None:
        """Append a piece of text, which may begin and end anywhere, even within a word.

        Raise `TextTooLong` if more text waits to be spoken than a request may have.
        """
        limit = self._pipeline.settings.max_chars
        if self.unread + len(text) > limit:
            raise TextTooLong(f"Over {limit} characters of the text wait to be spoken.", hint="Send the text later.")
        self._plan.reader.push(text)

    def flush(self) -> None:
        """Speak everything so far: what follows begins a new sentence. The piece after it has `flushed`."""
        self._plan.reader.flush()

    def settle(self) -> None:
        """Speak the text so far if it ends like a sentence, because no more text has come for a while."""
        self._plan.reader.flush(Boundary.IDLE)

    def end(self) -> None:
        """Speak everything so far, and then end: the last piece has `is_last`."""
        # In this order, because another thread may read the boundary at once.
        self._has_ended = True
        self.flush()

    def close(self) -> None:
        """Stop at once: waiting utterances are dropped, and a worker is free after the chunk that it makes."""
        self._closed.set()
        for one in tuple(self._ahead):
            if isinstance(one, _Speaking):
                one.stream.cancel()
        self._drop_expected()

    @property
    def is_closed(self) -> bool:
        """Whether the session was closed."""
        return self._closed.is_set()

    def make_piece(self) -> LivePiece | None:
        """Return the next piece; None if it takes more text, or if the session is closed or has ended."""
        try:
            return next(self._pieces, None)
        except IntoneError:
            if self.is_closed:
                return None
            raise

    def _make_pieces(self) -> Iterator[LivePiece | None]:
        while not self.is_closed:
            # A listener who waits hears the first sound before anything after it is planned.
            self._submit_ahead(1 if self._is_waiting() else MAX_UTTERANCES_AHEAD)
            if not self._ahead:
                yield None
                continue
            here = self._ahead[0]
            if isinstance(here, _Speaking):
                yield from self._speak(here)
                self._ahead.popleft()
                continue
            self._ahead.popleft()
            is_flush = here.boundary is Boundary.FLUSH
            is_last = is_flush and self._has_ended and not self._ahead and not self.unread
            if is_flush or here.warnings:
                yield LivePiece(NO_SAMPLES, self.seconds, flushed=is_flush, is_last=is_last, warnings=here.warnings)
            if is_last:
                return

    def _is_waiting(self) -> bool:
        """Return whether the listener has heard everything, and waits for what comes next."""
        return not self._ahead and self._playback.deadline <= time.monotonic()

    def _submit_ahead(self, most: int = MAX_UTTERANCES_AHEAD) -> None:
        """Plan what is settled, and have the engine synthesize a few utterances ahead of the reader."""
        while len(self._ahead) < most and not self.is_closed:
            if self._is_waiting():
                self._restart_playback()
            began = time.perf_counter()
            planned = self._plan.read()
            self._add_time(analyze=1000 * (time.perf_counter() - began))
            if planned is None:
                if self._may_expect():
                    self._expect()
                return
            if isinstance(planned, Boundary):
                self._is_after_boundary = True
                self._ahead.append(_Stop(planned, self._plan.take_warnings()))
                continue
            self._ahead.append(self._submit(planned))
            if self.is_closed:
                self.close()

    def _may_expect(self) -> bool:
        """Return whether the listener waits and the text so far seems to end with a sentence."""
        return (
            self._guesses > 0 and self.unread != self._guessed_at and self._is_waiting() and self._plan.reader.may_end
        )

    def _expect(self) -> None:
        """Synthesize the sentence with which the text so far ends, before the next word makes it certain."""
        self._guesses, self._guessed_at = self._guesses - 1, self.unread
        self._drop_expected()
        # An error is raised again when the sentence is certain.
        with suppress(IntoneError):
            if utterance := self._plan.expect():
                self._expected = self._queue(utterance)
        if self.is_closed:
            self._drop_expected()

    def _drop_expected(self) -> None:
        job, self._expected = self._expected, None
        if job is not None:
            job.cancelled = True

    def _restart_playback(self) -> None:
        """Let the next utterance count as the first of a request."""
        if not self._playback.waits:
            self._idle_since = self._playback.deadline
        self._playback.restart()

    def _submit(self, planned: LiveUtterance) -> _Speaking:
        """Queue an utterance, due when the audio before it has been played."""
        playback = self._playback
        if self._is_after_boundary:
            # The listener has waited for this utterance: that was a part of the pause.
            since = self._idle_since if playback.waits else playback.deadline
            waited = max(0.0, time.monotonic() - since)
            planned = replace(planned, pause_before=max(0.0, planned.pause_before - waited))
            self._is_after_boundary = False
        utterance, job = planned.utterance, self._expected
        if job is not None and job.utterance == utterance:
            self._expected = None
        else:
            self._drop_expected()
            job = self._queue(utterance)
        self._number += 1
        self._guesses, self._guessed_at = MAX_GUESSES, 0
        seconds = job.voice.estimate_seconds(count_model_chars(utterance.spoken), job.speed)
        playback.deadline += planned.pause_before + seconds
        stream = UtteranceStream(job, self._closed.is_set, seconds)
        return _Speaking(planned, stream, job.voice.sample_rate)

    def _queue(self, utterance: Utterance) -> UtteranceJob:
        """Have the engine synthesize the next utterance."""
        return self._pipeline.engine.submit(
            self._pipeline.registry.get(utterance.voice),
            utterance,
            (self._seed + self._number * SEED_STEP) % 2**63,
            self._request.seed is not None,
            self._request.key_name,
            low_latency=self._playback.waits and not self._ahead,
            playback=self._playback,
        )

    def _speak(self, speaking: _Speaking) -> Iterator[LivePiece]:
        """Yield the pieces of one utterance, the silence before it included."""
        utterance, stream = speaking.planned.utterance, speaking.stream
        begin = self.seconds
        held = self._joiner.add_silence(speaking.planned.pause_before)
        first = self.seconds
        head = stream.wait_for_start()
        self._add_time(queue=0.0 if first else head.queue_ms, acoustic=head.acoustic_ms)
        warnings = (*speaking.planned.warnings, *head.warnings)
        self._joiner.start_utterance(head.gain * utterance.volume)
        resampler = Resampler(speaking.sample_rate, self.sample_rate)
        has_begun = False
        for chunk in stream.read_chunks():
            samples = self._joiner.push(resampler.push(chunk))
            if not len(samples):
                continue
            if not has_begun:
                words = place_words(head.words(), self._joiner.open_span)
                here = replace(utterance, start=first, words=words)
                yield LivePiece(np.concatenate([held, samples]), begin, here, warnings=warnings)
                has_begun, warnings = True, ()
            else:
                yield LivePiece(samples, self.seconds - len(samples) / self.sample_rate)
            if self._playback.runs_out > time.monotonic() + AMPLE_SECONDS:
                self._submit_ahead()
        rest = self._joiner.push(resampler.end())
        end_samples, span = self._joiner.end(0.0)
        words = place_words(head.words(), span)
        ended = replace(utterance, start=span.start, end=span.end, words=words)
        samples = np.concatenate([*([] if has_begun else [held]), rest, end_samples])
        start = begin if not has_begun else self.seconds - len(samples) / self.sample_rate
        self._add_time(vocoder=stream.tail.vocoder_ms)
        first_piece = None if has_begun else replace(ended, end=None)
        yield LivePiece(samples, start, first_piece, ended, warnings=(*warnings, *stream.tail.warnings))

    def _add_time(self, **milliseconds: float) -> None:
        before = self.timings
        self.timings = replace(before, **{name: getattr(before, name) + one for name, one in milliseconds.items()})
