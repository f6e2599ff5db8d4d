"""Rules for the silence between utterances: presets, and changes of them such as `audiobook,paragraph=1.4`."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, fields, replace
from sys import maxsize
from typing import NamedTuple

from app.errors import InvalidRequest
from app.fields import PAUSE_PRESETS, PAUSES
from app.types import Sentence

SENTENCE_PAUSE = 0.38
"""Seconds of silence after a sentence without a final punctuation mark, or with a full stop."""
MAX_PAUSE = 20.0


@dataclass(frozen=True, slots=True)
class PauseRule:
    """Seconds of silence; pauses in sentences do not depend on the rule."""

    sentence: float = SENTENCE_PAUSE
    """After a sentence that ends with a full stop; other marks are longer or shorter in proportion."""
    paragraph: float = 0.75
    number: float | None = None
    """After the number of a chapter that a title follows; None is as after a sentence."""
    title: float | None = None
    """After the title of a chapter; None is as after a paragraph."""
    chapter: float | None = None
    """Before a chapter; None is as after a paragraph."""
    scene: float | None = None
    """Before a line of signs between scenes, such as `* * *`; None is as after a paragraph."""
    least_sentence: float = 0.0
    most_sentence: float = MAX_PAUSE
    least_paragraph: float = 0.0
    most_paragraph: float = MAX_PAUSE
    """Bounds of pauses that emotions shorten and lengthen."""


ASSISTANT = PauseRule()
AUDIOBOOK = PauseRule(
    sentence=0.55,
    paragraph=1.2,
    number=1.0,
    title=1.5,
    chapter=2.5,
    scene=2.0,
    least_sentence=0.4,
    most_sentence=0.8,
    least_paragraph=1.0,
    most_paragraph=1.5,
)
"""Pauses of printed books that are read aloud; publishers ask for these of narrators."""
PAUSE_RULES = dict(zip(PAUSE_PRESETS, (ASSISTANT, AUDIOBOOK), strict=True))


class Pauses(NamedTuple):
    """How long an author pauses, and the spans of headings, in order and half open."""

    rule: PauseRule = ASSISTANT
    headings: tuple[tuple[int, int], ...] = ()

    def find_heading(self, sentence: Sentence) -> tuple[int, int] | None:
        """Return the span of the heading to which a sentence belongs."""
        place = bisect_right(self.headings, (sentence.start, maxsize)) - 1
        return self.headings[place] if place >= 0 and sentence.start < self.headings[place][1] else None

    def compute_heading_pause(self, here: Sentence, following: Sentence) -> float | None:
        """Return the seconds of silence between sentences of which one is in a heading; None for the usual pause."""
        before, after = self.find_heading(here), self.find_heading(following)
        if before is not None and before == after:
            return self.rule.number
        if after is not None and self.rule.chapter is not None:
            return max(self.rule.chapter, self.rule.title or 0.0) if before else self.rule.chapter
        return self.rule.title if before is not None else None


DEFAULT_PAUSES = Pauses()


def parse_pauses(text: str) -> PauseRule:
    """Parse the name of a preset and changes of it, separated by commas; raise `InvalidRequest`.

    A changed pause also widens the bounds that the preset sets for it.
    """
    rule = ASSISTANT
    for place, part in enumerate(text.split(",")):
        name, sign, value = (piece.strip().lower() for piece in part.partition("="))
        if not sign and place == 0 and name in PAUSE_RULES:
            rule = PAUSE_RULES[name]
            continue
        seconds = _parse_seconds(value)
        if name not in PAUSES or seconds is None:
            raise InvalidRequest(
                f"{part.strip()!r} is no pause.",
                hint=f"Write {' or '.join(PAUSE_RULES)}, and changes such as paragraph=1.4: {', '.join(PAUSES)}.",
            )
        bounds = {one.name for one in fields(rule)} & {f"least_{name}", f"most_{name}"}
        opened = {bound: (min if bound.startswith("least") else max)(getattr(rule, bound), seconds) for bound in bounds}
        rule = replace(rule, **{name: seconds}, **opened)
    return rule


def _parse_seconds(value: str) -> float | None:
    try:
        seconds = float(value.removesuffix("s"))
    except ValueError:
        return None
    return seconds if 0 <= seconds <= MAX_PAUSE else None
