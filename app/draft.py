"""A plan in the making: sentences are labelled and placed only as far as somebody needs to know."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

from app.audio.pauses import pause_between
from app.emotion import PlannedSentence
from app.plan import PlanWarning, Sentence, Utterance


class Draft:
    """The utterances of a request, in order. Iterating plans on; what was planned once stays."""

    def __init__(self, planned: Iterable[PlannedSentence]) -> None:
        self.utterances: list[Utterance] = []
        self.warnings: list[PlanWarning] = []
        self.milliseconds = 0.0
        """That the planning took until now."""
        self._coming = self._paused(planned)

    def __iter__(self) -> Iterator[Utterance]:
        number = 0
        while self.reach(number + 1):
            yield self.utterances[number]
            number += 1

    def reach(self, count: int) -> bool:
        """Plan until there are so many utterances; False where the text ends before."""
        began = time.perf_counter()
        while len(self.utterances) < count and (utterance := next(self._coming, None)) is not None:
            self.utterances.append(utterance)
        self.milliseconds += 1000 * (time.perf_counter() - began)
        return len(self.utterances) >= count

    def finish(self) -> None:
        """Plan to the end."""
        for _ in self:
            pass

    def _paused(self, planned: Iterable[PlannedSentence]) -> Iterator[Utterance]:
        """Fill in `pause_after`, for which the next utterance must be known; the last one has none."""
        here: tuple[Utterance, Sentence, bool] | None = None
        for one in planned:
            self.warnings += one.warnings
            for clause, utterance in zip(one.sentence.clauses, one.utterances, strict=True):
                if here is not None:
                    yield with_pause(*here, utterance)
                here = utterance, one.sentence, clause is one.sentence.clauses[-1]
        if here is not None:
            yield here[0]


def with_pause(here: Utterance, sentence: Sentence, ends_sentence: bool, following: Utterance) -> Utterance:
    """An utterance with the silence that lies between it and the next; none behind one that is not spoken."""
    pause = pause_between(
        here.text,
        here.emotion,
        following.emotion,
        ends_sentence=ends_sentence,
        ends_paragraph=ends_sentence and sentence.ends_paragraph,
    )
    return replace(here, pause_after=pause if here.spoken else 0.0)
