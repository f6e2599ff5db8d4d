"""Stream the audio of one request, and collect the times, marks and warnings that synthesis adds to its plan."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from app.audio.join import Joiner, UtteranceSpan
from app.audio.writers import Resampler
from app.planning.incremental import IncrementalPlan
from app.synthesis import Engine, Playback, StreamStart, UtteranceStream
from app.synthesis.loader import Loader
from app.types import Plan, PlanWarning, Samples, TimedMark, Timings, Utterance, Word
from app.voices import Voice

SILENCE_SECONDS = 0.1
"""Length of the silence returned if nothing can be pronounced: clients test a server with `.`"""
SEED_STEP = 0x9E3779B97F4A7C15
"""Odd and large (the golden ratio in 64 bits), so that seeds of consecutive utterances share no pattern."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Joined audio of a plan."""

    samples: Samples
    sample_rate: int
    """Hertz."""
    plan: Plan
    """Plan with start, end and words filled in."""
    timings: Timings

    @property
    def duration(self) -> float:
        """Duration of the audio in seconds."""
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True, slots=True)
class VoiceSelection:
    """Voices of a request, and the sample rate of the joined audio."""

    voice: Voice
    """Voice of all text that names no other."""
    voices: Mapping[str, Voice]
    """All voices of the request by canonical name."""
    sample_rate: int
    """Hertz."""
    loaders: tuple[Loader, ...] = ()
    """Loaders of the voices, which keep their models until the request ends."""


class SynthesisStream:
    """Samples of the joined audio, mono, (samples,), within -1..1, at `selection.sample_rate`; can be iterated once.

    With `with_words`, the stream also computes the times of words and marks. `check_seconds` is called with the length
    of the audio so far and raises if it is too long; `cancelled` returns whether the request is cancelled. Closing the
    iterator stops the work within a chunk. `key_name` is `SpeechRequest.key_name`.
    """

    def __init__(
        self,
        engine: Engine,
        selection: VoiceSelection,
        plan: IncrementalPlan,
        *,
        seed: int | None,
        key_name: str | None,
        with_words: bool,
        check_seconds: Callable[[float], None],
        cancelled: Callable[[], bool],
        playback: Playback | None = None,
    ) -> None:
        self.engine = engine
        self.selection = selection
        self.plan = plan
        self.seed = seed
        self.key_name = key_name
        self.with_words = with_words
        self.check_seconds = check_seconds
        self.cancelled = cancelled
        self.started: list[Utterance] = []
        """Utterances whose first samples were returned, with start and words; the last word's end is an estimate."""
        self.playback = playback or Playback()
        self.spoken: list[Utterance] = []
        """Utterances synthesized so far, with start, end and words."""
        self.warnings: list[PlanWarning] = []
        self._timings = Timings()

    def __iter__(self) -> Generator[Samples]:
        joiner = Joiner(self.selection.sample_rate)
        streams = self.engine.speak(
            self.seed_utterances(),
            seeded=self.seed is not None,
            key_name=self.key_name,
            cancelled=self.cancelled,
            playback=self.playback,
        )
        with closing(streams):
            for stream in streams:
                for samples in self.synthesize_utterance(stream, joiner):
                    self.check_seconds(joiner.seconds)
                    yield samples
        if joiner.seconds == 0 and self.spoken:
            self.spoken[-1] = replace(self.spoken[-1], end=SILENCE_SECONDS)
            yield np.zeros(round(SILENCE_SECONDS * self.selection.sample_rate), np.float32)

    @property
    def seconds(self) -> float:
        """Seconds of audio until the end of the last complete utterance."""
        return (self.spoken[-1].end or 0.0) if self.spoken else 0.0

    @property
    def all_warnings(self) -> list[PlanWarning]:
        """Warnings of planning and synthesis so far."""
        return [*self.plan.warnings, *self.warnings]

    @property
    def timings(self) -> Timings:
        """Time spent so far in each stage."""
        return replace(self._timings, analyze=self.plan.milliseconds)

    @property
    def marks(self) -> list[TimedMark]:
        """Time of each mark in the utterances synthesized so far."""
        return [mark for one in self.spoken for mark in time_marks(one)]

    def seed_utterances(self) -> Iterator[tuple[Voice, Utterance, int]]:
        """Yield each utterance with its voice and a seed of its own."""
        first = secrets.randbits(32) if self.seed is None else self.seed
        for number, utterance in enumerate(self.plan):
            seed = first + number * SEED_STEP if utterance.seed is None else utterance.seed
            yield self.selection.voices[utterance.voice], utterance, seed % 2**63

    def synthesize_utterance(self, stream: UtteranceStream, joiner: Joiner) -> Iterator[Samples]:
        """Yield the samples of one utterance and of the pause after it."""
        utterance, head = stream.utterance, stream.wait_for_start()
        self.add_timings(head)
        words = head.words() if self.with_words else ()
        joiner.start_utterance(head.gain * utterance.volume)
        for chunk in self.resample(stream):
            samples = joiner.push(chunk)
            if len(samples):
                self.record_start(utterance, words, joiner.open_span)
                yield samples
        pause = self.plan.pause_after(len(self.spoken))
        self.playback.receive_silence(pause)
        rest, span = joiner.end(pause)
        self.record_start(utterance, words, span)
        spoken = replace(utterance, pause_after=pause, start=span.start, end=span.end, words=place_words(words, span))
        self.spoken.append(spoken)
        self.warnings += (*head.warnings, *stream.tail.warnings)
        self._timings = replace(self._timings, vocoder=self._timings.vocoder + stream.tail.vocoder_ms)
        if len(rest):
            yield rest

    def record_start(self, utterance: Utterance, words: tuple[Word, ...], span: UtteranceSpan) -> None:
        """Record the current utterance as started, unless it is already."""
        if len(self.started) == len(self.spoken):
            self.started.append(replace(utterance, start=span.start, words=place_words(words, span)))

    def resample(self, stream: UtteranceStream) -> Iterator[Samples]:
        """Yield the chunks of one utterance at the sample rate of the joined audio."""
        voice = self.selection.voices[stream.utterance.voice]
        resampler = Resampler(voice.sample_rate, self.selection.sample_rate)
        for chunk in stream.read_chunks():
            yield resampler.push(chunk)
        yield resampler.end()

    def add_timings(self, head: StreamStart) -> None:
        """Add an utterance's timings; only the first one's queue time counts, the others wait during playback."""
        before = self._timings
        queue = before.queue if self.spoken else head.queue_ms
        self._timings = replace(before, queue=queue, acoustic=before.acoustic + head.acoustic_ms)


def place_words(words: tuple[Word, ...], span: UtteranceSpan) -> tuple[Word, ...]:
    """Move word times from the utterance to the joined audio."""
    offset = span.start - span.trimmed_lead

    def within(seconds: float) -> float:
        return min(max(seconds + offset, span.start), span.end)

    return tuple(replace(word, start=within(word.start), end=within(word.end)) for word in words)


def time_marks(spoken: Utterance) -> list[TimedMark]:
    """Return the time of each mark in an utterance that was synthesized."""
    return [TimedMark(mark.name, time_at_offset(mark.place, spoken)) for mark in spoken.marks]


def time_at_offset(place: int, spoken: Utterance) -> float:
    """Return when a text offset is reached: when the next word starts or, without words, at the proportional time."""
    assert spoken.start is not None and spoken.end is not None
    if place >= len(spoken.text):
        return spoken.end
    following = next((word.start for word in spoken.words if word.place >= place), None)
    if spoken.words:
        return spoken.end if following is None else following
    return spoken.start + (spoken.end - spoken.start) * place / len(spoken.text)
