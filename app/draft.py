"""A plan in the making: sentences are labelled and placed only as far as somebody needs to know."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from app.audio.pauses import pause_between
from app.emotion import PlannedSentence
from app.plan import PlanWarning, Sentence, Utterance


@dataclass(frozen=True, slots=True)
class Row:
    """An utterance that is decided, but for the silence behind it."""

    utterance: Utterance
    sentence: Sentence
    ends_sentence: bool


class Draft:
    """The utterances of a request, in order. Iterating plans on; what was planned once stays."""

    def __init__(self, planned: Iterable[PlannedSentence]) -> None:
        self.warnings: list[PlanWarning] = []
        self.milliseconds = 0.0
        """That the planning took until now."""
        self._rows: list[Row] = []
        self._coming = self._decided(planned)

    def __iter__(self) -> Iterator[Utterance]:
        number = 0
        while self.reach(number + 1):
            yield self._rows[number].utterance
            number += 1

    @property
    def utterances(self) -> list[Utterance]:
        """Those that are decided, without the silence behind them."""
        return [row.utterance for row in self._rows]

    def reach(self, count: int) -> bool:
        """Plan until there are so many utterances; False where the text ends before."""
        began = time.perf_counter()
        while len(self._rows) < count and (row := next(self._coming, None)) is not None:
            self._rows.append(row)
        self.milliseconds += 1000 * (time.perf_counter() - began)
        return len(self._rows) >= count

    def pause_after(self, number: int) -> float:
        """Seconds of silence behind an utterance, by the next one; none behind the last or one that is not spoken."""
        if not self.reach(number + 2) or not self._rows[number].utterance.spoken:
            return 0.0
        here, following = self._rows[number], self._rows[number + 1].utterance
        return pause_between(
            here.utterance.text,
            here.utterance.emotion,
            following.emotion,
            ends_sentence=here.ends_sentence,
            ends_paragraph=here.ends_sentence and here.sentence.ends_paragraph,
        )

    def whole(self) -> list[Utterance]:
        """Plan to the end: all utterances, each with the silence behind it."""
        return [replace(one, pause_after=self.pause_after(number)) for number, one in enumerate(self)]

    def _decided(self, planned: Iterable[PlannedSentence]) -> Iterator[Row]:
        for one in planned:
            self.warnings += one.warnings
            for clause, utterance in zip(one.sentence.clauses, one.utterances, strict=True):
                yield Row(utterance, one.sentence, clause is one.sentence.clauses[-1])
