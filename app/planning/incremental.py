"""Plan a request incrementally: classify sentences and plan utterances only as far as the caller needs them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from app.planning.pauses import ASSISTANT, DEFAULT_PAUSES, SENTENCE_PAUSE, PauseRule, Pauses
from app.planning.planner import PlannedSentence
from app.types import Clause, Emotion, PlanWarning, Sentence, Utterance

MARK_PAUSES = {
    ".": 0.38,
    "!": 0.34,
    "?": 0.42,
    "…": 0.55,
    ":": 0.30,
    ";": 0.28,
    "—": 0.22,
    "–": 0.22,
    ",": 0.16,
}
"""Seconds of silence after an utterance, by its last punctuation mark."""
SPLIT_PAUSE = 0.06
"""Seconds of silence within a sentence that was split only because it was too long."""
PAUSE_FACTORS = {
    Emotion.NEUTRAL: 1.0,
    Emotion.JOY: 0.9,
    Emotion.SADNESS: 1.3,
    Emotion.ANGER: 0.8,
    Emotion.FEAR: 0.85,
    Emotion.SURPRISE: 0.95,
    Emotion.DISGUST: 1.1,
}
"""Factor on pauses by emotion: a sad speaker pauses longer, an angry one shorter."""
QUOTATION_PAUSE = 0.12
"""Seconds between a quotation and narration in one sentence, regardless of punctuation, as in `"Where?" he said.`"""
LINE_PAUSE = 0.2
"""Seconds of silence after a line of verse without a mark, within a sentence."""
EMOTION_CHANGE_PAUSE = 0.12
"""Additional seconds if the emotion changes: a listener expects the breath that a speaker would take."""
CLOSING_CHARACTERS = "\"'”’»)]}*_ \t\r\n"
"""Characters that may follow a final punctuation mark."""


def compute_pause(
    text: str,
    emotion: Emotion,
    following: Emotion,
    *,
    ends_sentence: bool,
    ends_paragraph: bool,
    at_quotation: bool = False,
    ends_line: bool = False,
    speed: float = 1.0,
    rule: PauseRule = ASSISTANT,
) -> float:
    """Return the seconds of silence between an utterance and the following one.

    `at_quotation`: whether a quotation begins or ends between the two, within one sentence. `ends_line`: whether a line
    of verse does. `speed`: the speaking rate, which shortens or lengthens the silence like the words. `rule`: the
    pauses between sentences and paragraphs.
    """
    pause = (
        QUOTATION_PAUSE
        if at_quotation
        else rule.paragraph
        if ends_paragraph
        else compute_mark_pause(text, SENTENCE_PAUSE if ends_sentence else LINE_PAUSE if ends_line else SPLIT_PAUSE)
    )
    if ends_sentence and not ends_paragraph:
        pause *= rule.sentence / SENTENCE_PAUSE
    pause *= (PAUSE_FACTORS[emotion] + PAUSE_FACTORS[following]) / 2
    if emotion is not following and ends_sentence:
        pause += EMOTION_CHANGE_PAUSE
    if ends_paragraph:
        pause = min(max(pause, rule.least_paragraph), rule.most_paragraph)
    elif ends_sentence:
        pause = min(max(pause, rule.least_sentence), rule.most_sentence)
    return round(pause / speed, 3)


def compute_mark_pause(text: str, unmarked: float) -> float:
    """Return the seconds of silence after the last mark of a text, `unmarked` if there is none."""
    bare = text.rstrip(CLOSING_CHARACTERS)
    if bare.endswith(("...", "…")):
        return MARK_PAUSES["…"]
    return MARK_PAUSES.get(bare[-1:], unmarked)


@dataclass(frozen=True, slots=True)
class PlannedUtterance:
    """Planned utterance, without the silence after it."""

    utterance: Utterance
    clause: Clause
    sentence: Sentence

    @property
    def ends_sentence(self) -> bool:
        """Whether the utterance is the last of its sentence."""
        return self.clause is self.sentence.clauses[-1]


def compute_pause_between(
    here: PlannedUtterance, following: PlannedUtterance, pauses: Pauses = DEFAULT_PAUSES
) -> float:
    """Return the seconds of silence between consecutive utterances: an explicit pause, else derived from both."""
    if here.clause.pause_after is not None:
        return here.clause.pause_after
    if not here.utterance.spoken:
        return 0.0
    if pauses.headings and here.ends_sentence:
        pause = pauses.compute_heading_pause(here.sentence, following.sentence)
        if pause is not None:
            return round(pause / here.utterance.speed, 3)
    is_scene_end = not following.utterance.spoken and here.ends_sentence and here.sentence.ends_paragraph
    if is_scene_end and pauses.rule.scene is not None:
        return round(pauses.rule.scene / here.utterance.speed, 3)
    return compute_pause(
        here.utterance.text,
        here.utterance.emotion,
        following.utterance.emotion,
        ends_sentence=here.ends_sentence,
        ends_paragraph=here.ends_sentence and here.sentence.ends_paragraph,
        at_quotation=not here.ends_sentence and here.utterance.role is not following.utterance.role,
        ends_line=here.clause.ends_line,
        speed=here.utterance.speed,
        rule=pauses.rule,
    )


class IncrementalPlan:
    """Utterances of a request, in order. Iterating plans further ones; planned utterances are kept."""

    def __init__(
        self, planned: Iterable[PlannedSentence], warnings: Iterable[PlanWarning] = (), pauses: Pauses = DEFAULT_PAUSES
    ) -> None:
        """Start a plan; `warnings` are those of parsing the request."""
        self._pauses = pauses
        self.warnings: list[PlanWarning] = [*warnings]
        self.milliseconds = 0.0
        """Milliseconds spent on planning so far."""
        self._rows: list[PlannedUtterance] = []
        self._remaining_rows = self._make_rows(planned)

    def __iter__(self) -> Iterator[Utterance]:
        number = 0
        while self.plan_until(number + 1):
            yield self._rows[number].utterance
            number += 1

    @property
    def utterances(self) -> list[Utterance]:
        """Utterances planned so far, without the silence after them."""
        return [row.utterance for row in self._rows]

    def plan_until(self, count: int) -> bool:
        """Plan until there are `count` utterances; return False if the text has fewer."""
        began = time.perf_counter()
        while len(self._rows) < count and (row := next(self._remaining_rows, None)) is not None:
            self._rows.append(row)
        self.milliseconds += 1000 * (time.perf_counter() - began)
        return len(self._rows) >= count

    def pause_after(self, number: int) -> float:
        """Return the seconds of silence after an utterance: an explicit pause, else derived from the next utterance.

        Without an explicit pause, there is no silence after the last utterance or after one that is not spoken.
        """
        is_last = not self.plan_until(number + 2)
        here = self._rows[number]
        return (
            (here.clause.pause_after or 0.0)
            if is_last
            else compute_pause_between(here, self._rows[number + 1], self._pauses)
        )

    def plan_all(self) -> Iterator[Utterance]:
        """Plan to the end; yield each utterance with the silence after it."""
        return (replace(one, pause_after=self.pause_after(number)) for number, one in enumerate(self))

    def drain(self) -> Iterator[Utterance]:
        """Plan to the end like `plan_all`, but forget each utterance, so that a book takes constant memory."""
        while self.plan_until(1):
            yield replace(self._rows[0].utterance, pause_after=self.pause_after(0))
            del self._rows[0]

    def _make_rows(self, planned: Iterable[PlannedSentence]) -> Iterator[PlannedUtterance]:
        for one in planned:
            self.warnings += one.warnings
            for clause, utterance in zip(one.sentence.clauses, one.utterances, strict=True):
                yield PlannedUtterance(utterance, clause, one.sentence)
