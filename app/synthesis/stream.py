"""One request while it is spoken: its samples as they are made, and what becomes known by speaking."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from app.audio.join import Joiner, UtteranceSpan
from app.audio.writers import Resampler
from app.planning.incremental import IncrementalPlan
from app.synthesis import Engine, StreamStart, UtteranceStream
from app.types import PlanWarning, Samples, TimedMark, Timings, Utterance, Word
from app.voices import Voice

SILENCE_SECONDS = 0.1
"""What is answered where nothing can be pronounced: clients test a server with `.`"""
SEED_STEP = 0x9E3779B97F4A7C15
"""Odd and large (the golden ratio in 64 bits): seeds of neighbouring utterances share no pattern."""
PLANNED_FIRST = 64
"""Utterances that are planned while the first one is spoken, so that an answer's headers can name them."""


@dataclass(frozen=True, slots=True)
class VoiceSelection:
    """Who speaks, and at which rate what they say is joined."""

    voice: Voice
    """The voice of whatever names no other."""
    voices: Mapping[str, Voice]
    """By their canonical names."""
    sample_rate: int
    """Hertz."""


class SynthesisStream:
    """Iterate once for the samples of the joined audio, mono, (samples,), within -1..1, at the rate of the cast.

    `with_words`: find out when each word is heard, and each mark. `check_seconds` is told how long the audio is by now,
    and raises where that is too long; `cancelled` is asked whether anybody still waits. Closing the iterator stops the
    work within a chunk. `key_name` is that of `SpeechRequest`.
    """

    def __init__(
        self,
        engine: Engine,
        cast: VoiceSelection,
        draft: IncrementalPlan,
        *,
        seed: int | None,
        key_name: str | None,
        with_words: bool,
        check_seconds: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self.engine = engine
        self.cast = cast
        self.draft = draft
        self.seed = seed
        self.key_name = key_name
        self.with_words = with_words
        self.check_seconds = check_seconds
        self.cancelled = cancelled
        self.spoken: list[Utterance] = []
        """With start, end and words, as far as they were spoken."""
        self.warnings: list[PlanWarning] = []
        self._timings = Timings()

    def __iter__(self) -> Generator[Samples]:
        joiner = Joiner(self.cast.sample_rate)
        speakings = self.engine.speak(
            self.seeded(), seeded=self.seed is not None, key_name=self.key_name, cancelled=self.cancelled
        )
        with closing(speakings):
            for speaking in speakings:
                for samples in self.utterance(speaking, joiner):
                    self.check_seconds(joiner.seconds)
                    yield samples
        if joiner.seconds == 0:
            self.spoken[-1] = replace(self.spoken[-1], end=SILENCE_SECONDS)
            yield np.zeros(round(SILENCE_SECONDS * self.cast.sample_rate), np.float32)

    @property
    def seconds(self) -> float:
        """Of the audio until the end of the last utterance that is whole."""
        return (self.spoken[-1].end or 0.0) if self.spoken else 0.0

    @property
    def all_warnings(self) -> list[PlanWarning]:
        """What planning and speaking had to say until now."""
        return [*self.draft.warnings, *self.warnings]

    @property
    def timings(self) -> Timings:
        """What it cost until now."""
        return replace(self._timings, analyze=self.draft.milliseconds)

    @property
    def marks(self) -> list[TimedMark]:
        """When each mark is reached, in what was spoken until now."""
        return [TimedMark(mark.name, time_of(mark.place, one)) for one in self.spoken for mark in one.marks]

    def seeded(self) -> Iterator[tuple[Voice, Utterance, int]]:
        """The utterances, each with its voice and a seed of its own."""
        first = secrets.randbits(32) if self.seed is None else self.seed
        for number, utterance in enumerate(self.draft):
            yield self.cast.voices[utterance.voice], utterance, (first + number * SEED_STEP) % 2**63
            # The first one is being spoken: nothing else may take the processor from it but what its answer needs.
            self.draft.plan_until(PLANNED_FIRST)

    def utterance(self, speaking: UtteranceStream, joiner: Joiner) -> Iterator[Samples]:
        """The samples of one utterance and of the pause behind it."""
        utterance, head = speaking.utterance, speaking.head()
        self.began(head)
        joiner.start_utterance(head.gain * utterance.volume)
        for chunk in self.resampled(speaking):
            samples = joiner.push(chunk)
            if len(samples):
                yield samples
        pause = self.draft.pause_after(len(self.spoken))
        rest, placed = joiner.end(pause)
        words = place_words(head.words(), placed) if self.with_words else ()
        self.spoken.append(replace(utterance, pause_after=pause, start=placed.start, end=placed.end, words=words))
        self.warnings += (*head.warnings, *speaking.tail.warnings)
        self._timings = replace(self._timings, vocoder=self._timings.vocoder + speaking.tail.vocoder_ms)
        if len(rest):
            yield rest

    def resampled(self, speaking: UtteranceStream) -> Iterator[Samples]:
        """The chunks of one utterance at the rate of the joined audio."""
        voice = self.cast.voices[speaking.utterance.voice]
        resampler = Resampler(voice.sample_rate, self.cast.sample_rate)
        for chunk in speaking.chunks():
            yield resampler.push(chunk)
        yield resampler.end()

    def began(self, head: StreamStart) -> None:
        """Add what an utterance cost until now; only the first one's wait counts, the others wait while it is heard."""
        before = self._timings
        queue = before.queue if self.spoken else head.queue_ms
        self._timings = replace(before, queue=queue, acoustic=before.acoustic + head.acoustic_ms)


def place_words(words: tuple[Word, ...], placed: UtteranceSpan) -> tuple[Word, ...]:
    """Words in the time of the joined audio."""
    offset = placed.start - placed.trimmed_lead

    def within(seconds: float) -> float:
        return min(max(seconds + offset, placed.start), placed.end)

    return tuple(replace(word, start=within(word.start), end=within(word.end)) for word in words)


def time_of(place: int, spoken: Utterance) -> float:
    """When a place in a spoken utterance's text is reached: where the next word begins, else by the share of text."""
    assert spoken.start is not None and spoken.end is not None
    if place >= len(spoken.text):
        return spoken.end
    following = next((word.start for word in spoken.words if word.place >= place), None)
    if spoken.words:
        return spoken.end if following is None else following
    return spoken.start + (spoken.end - spoken.start) * place / len(spoken.text)
