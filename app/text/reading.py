"""Text -> sentences, cut into clauses with what will be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from app.plan import Clause, Role, Sentence
from app.text.clauses import Check, clauses, unchecked
from app.text.quotations import Roles, find_quotations, join_tags, split_by_role
from app.text.segment import segment

MAX_SPOKEN = 250
"""Characters that a model speaks well at once: about sixteen seconds."""


def read_text(text: str, max_spoken: int = MAX_SPOKEN, check: Check = unchecked) -> Iterator[Sentence]:
    """The sentences of a text, in order, read when they are wanted; none if there is only white space."""
    roles = Roles(find_quotations(text))
    for span in join_tags(text, segment(text)):
        parts = split_by_role(text, span.start, span.end, roles.quotations_in(span.start, span.end))
        yield Sentence(
            text[span.start : span.end],
            span.start,
            span.end,
            tuple(clauses_of_parts(text, parts, max_spoken, check)),
            span.ends_paragraph,
        )


def clauses_of_parts(
    text: str, parts: Iterable[tuple[int, int, Role]], max_spoken: int, check: Check
) -> Iterator[Clause]:
    """Cut the parts of a sentence into clauses, each in its part's role."""
    characters = 0

    def check_all(more: int) -> None:
        check(characters + more)

    for start, end, role in parts:
        found = clauses(text, start, end, max_spoken, check_all)
        characters += sum(len(clause.spoken) for clause in found)
        yield from (replace(clause, role=role) for clause in found)


def clauses_of(text: str, max_spoken: int = MAX_SPOKEN) -> list[Clause]:
    """A text that is one utterance, in as many clauses as it takes to speak it; at least one."""
    return clauses(text, 0, len(text), max_spoken) or [Clause(text, 0, len(text), "")]
