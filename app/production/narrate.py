"""Speak what the store lacks of a text, and place every utterance in the whole."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np

from app.memory import trim_heap
from app.packages import version
from app.planning.incremental import IncrementalPlan
from app.production.store import Keys, Store
from app.synthesis import Playback, never_cancelled
from app.synthesis.pipeline import Pipeline
from app.synthesis.stream import SynthesisStream, VoiceSelection
from app.synthesis.word_timing import find_request_span
from app.types import PlanWarning, Samples, SpeechRequest, Utterance
from app.voices import Voice

_UTTERANCES_PER_TRIM = 50
"""Utterances between two releases of free memory to the system, which a book would otherwise fragment."""


@dataclass(frozen=True, slots=True)
class Line:
    """Utterance of a text and the key of its recording; an utterance that is only a pause has none."""

    utterance: Utterance
    key: str | None


@dataclass(slots=True)
class Narration:
    """Everything that is said in a text, in order, and recorded in a store."""

    selection: VoiceSelection
    lines: list[Line] = field(default_factory=list)
    warnings: list[PlanWarning] = field(default_factory=list)
    spoken: int = 0
    """Number of utterances that were not in the store before."""


def narrate(
    pipeline: Pipeline,
    request: SpeechRequest,
    store: Store,
    takes: dict[str, int],
    again: Collection[int] = (),
    report: Callable[[Line], None] = lambda line: None,
) -> Narration:
    """Plan a request and speak the utterances that the store lacks; `again` numbers those with a new take, from 1.

    The recordings have the highest sample rate of the voices, whatever that of the request is, so that files of any
    rate are made of them. `report` is called when a line is in the store. Raises what `Pipeline.synthesize` raises.
    """
    playback = Playback(streamed=False, short_start=False)
    selection, plan = pipeline.plan_request(replace(request, rate_for=int), never_cancelled, playback)
    narration = Narration(selection)
    build = f"{version()} {pipeline.engine.backend.name}"
    hashes = {name: voice.hashes for name, voice in selection.voices.items()}
    keys = Keys(request.seed or 0, selection.sample_rate, build, takes, hashes)
    missing = _MissingPlan(plan, store, keys, narration.lines, again)
    stream = _SeededStream(
        pipeline.engine,
        selection,
        missing,
        seed=request.seed or 0,
        key_name=None,
        with_words=True,
        check_seconds=lambda seconds: None,
        cancelled=never_cancelled,
        playback=playback,
    )
    for utterance, samples in _split_utterances(stream):
        line = missing.waiting.popleft()
        assert line.key is not None
        start = utterance.start or 0.0
        words = (replace(one, start=one.start - start, end=one.end - start, span=None) for one in utterance.words)
        store.add(line.key, samples, words)
        narration.spoken += 1
        if narration.spoken % _UTTERANCES_PER_TRIM == 0:
            trim_heap()
        report(line)
    narration.warnings = stream.all_warnings
    return narration


class _MissingPlan(IncrementalPlan):
    """Utterances of a plan that the store lacks, without the silence after them."""

    def __init__(
        self, plan: IncrementalPlan, store: Store, keys: Keys, lines: list[Line], again: Collection[int]
    ) -> None:
        super().__init__((), plan.warnings)
        self.warnings = plan.warnings
        self.waiting: deque[Line] = deque()
        """Lines that are being spoken."""
        self.seed = 0
        """Seed of the last of them."""
        self._plan, self._store, self._keys, self._lines, self._again = plan, store, keys, lines, again

    def __iter__(self) -> Iterator[Utterance]:
        for number, utterance in enumerate(self._plan.drain(), 1):
            if not utterance.spoken:
                self._lines.append(Line(utterance, None))
                continue
            key, self.seed = self._keys.make(utterance, number in self._again)
            line = Line(utterance, key)
            self._lines.append(line)
            if key not in self._store:
                self.waiting.append(line)
                yield utterance

    def pause_after(self, number: int) -> float:
        """Return no silence: recordings have none."""
        return 0.0


class _SeededStream(SynthesisStream):
    """Stream whose seeds depend on the utterances alone, so that an edit changes no other utterance."""

    def seed_utterances(self) -> Iterator[tuple[Voice, Utterance, int]]:
        assert isinstance(self.plan, _MissingPlan)
        for utterance in self.plan:
            yield self.selection.voices[utterance.voice], utterance, self.plan.seed % 2**63


def _split_utterances(stream: SynthesisStream) -> Iterator[tuple[Utterance, Samples]]:
    """Yield each utterance when all of its samples have arrived, with these."""
    rate, held, place, done = stream.selection.sample_rate, np.zeros(0, np.float32), 0, 0
    for samples in chain(stream, (np.zeros(0, np.float32),)):
        held = np.concatenate([held, samples])
        while done < len(stream.spoken):
            utterance = stream.spoken[done]
            count = round((utterance.end or 0.0) * rate) - place
            if count > len(held):
                break  # the end of an utterance is known before its last samples arrive
            yield utterance, held[:count]
            stream.spoken[done] = replace(utterance, words=())  # a book has too many words to keep them twice
            held, place, done = held[count:], place + count, done + 1


def place_lines(lines: Sequence[Line], store: Store, rate: int, lead: float = 0.0) -> tuple[list[Utterance], float]:
    """Return the utterances with their times and those of their words, and the end of the last in seconds.

    `lead` seconds of silence come first. Utterances that are only a pause have no time.
    """
    place, placed = round(lead * rate), []
    for line in lines:
        utterance, count = line.utterance, 0
        if line.key is not None:
            recording = store.find(line.key)
            start, count = place / rate, recording.count
            words = tuple(
                replace(
                    one,
                    start=one.start + start,
                    end=one.end + start,
                    span=find_request_span(utterance, one.place, one.place + len(one.text)),
                )
                for one in recording.words
            )
            utterance = replace(utterance, start=start, end=(place + count) / rate, words=words)
        else:
            utterance = replace(utterance, start=place / rate, end=place / rate)
        placed.append(utterance)
        place += count + round(utterance.pause_after * rate)
    return placed, place / rate
