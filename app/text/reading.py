"""Text -> sentences, cut into clauses with what will be read."""

from __future__ import annotations

from collections.abc import Iterator

from app.plan import Clause, Sentence
from app.text.clauses import Check, clauses, unchecked
from app.text.segment import segment

MAX_SPOKEN = 250
"""Characters that a model speaks well at once: about sixteen seconds."""


def read_text(text: str, max_spoken: int = MAX_SPOKEN, check: Check = unchecked) -> Iterator[Sentence]:
    """The sentences of a text, in order, read when they are wanted; none if there is only white space."""
    for span in segment(text):
        yield Sentence(
            text[span.start : span.end],
            span.start,
            span.end,
            tuple(clauses(text, span.start, span.end, max_spoken, check)),
            span.ends_paragraph,
        )


def clauses_of(text: str, max_spoken: int = MAX_SPOKEN) -> list[Clause]:
    """A text that is one utterance, in as many clauses as it takes to speak it; at least one."""
    return clauses(text, 0, len(text), max_spoken) or [Clause(text, 0, len(text), "")]
