"""Split text into sentences, and these into clauses with the text to read."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from app.text.clauses import LengthCheck, accept_any_length, split_clauses
from app.text.languages import ENGLISH
from app.text.phonetic import count_model_chars
from app.text.quotations import SPEECH_VERB, Quotation
from app.text.segment import WORD, Span, prepare, segment_prepared
from app.text.speakers import find_speeches
from app.types import Clause, Role, Sentence

DIALOGUE_TAG = re.compile(
    r"(?:(?:the|his|her|my|our|their|a|an|old|young|poor|little|mr\.?|mrs\.?|ms\.?|dr\.?|miss|aunt|uncle|sir|lady)\s+)*"
    rf"(?:[\w’'-]+\s+){{1,2}}?{SPEECH_VERB}\b",
    re.IGNORECASE,
)
"""Dialogue tag after a quotation: the speaker and a verb of speech."""
MAX_TAG_CHARS = 200
"""Maximum characters searched for the verb after a quotation."""
QUOTATION_END = re.compile(r"[?!…—][\"”’'»]\Z")
"""The end of a quotation after which the segmenter takes a dialogue tag for a new sentence."""


def join_tags(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Join a quotation that ends with ?, !, … or — and the dialogue tag after it (`Ruth demanded.`)."""
    before: Span | None = None
    for span in spans:
        if before is not None:
            if is_tag(text, before, span):
                span = span._replace(start=before.start)
            else:
                yield before
        before = span
    if before is not None:
        yield before


def is_tag(text: str, before: Span, here: Span) -> bool:
    """Return whether a sentence is the dialogue tag of the quotation that ends the previous sentence."""
    if before.ends_paragraph or not QUOTATION_END.search(text[before.end - 2 : before.end]):
        return False
    return DIALOGUE_TAG.match(text, here.start, min(here.end, here.start + MAX_TAG_CHARS)) is not None


class QuotationLookup:
    """The quotations of a text, looked up sentence by sentence, in order."""

    def __init__(self, quotations: Iterable[Quotation]) -> None:
        self.coming = iter(quotations)
        self.here = next(self.coming, None)

    def quotations_in(self, start: int, end: int) -> list[Quotation]:
        """Return the quotations that overlap a sentence."""
        found = []
        while self.here is not None and self.here.start < end:
            if self.here.end > start:
                found.append(self.here)
            if self.here.end > end:
                break
            self.here = next(self.coming, None)
        return found


def find_quotation(place: int, quotations: Sequence[Quotation]) -> Quotation | None:
    """Return the quotation that contains the word at an offset; the quotations are in order."""
    index = bisect_right(quotations, place, key=lambda one: one.start) - 1
    return quotations[index] if index >= 0 and place < quotations[index].end else None


def assign_role(clause: Clause, quotation: Quotation | None) -> Clause:
    """Return a clause with the role and the speaker of the quotation that contains it."""
    if quotation is None:
        return clause
    if quotation.is_label:
        return replace(clause, is_label=True)
    return replace(clause, role=Role.DIALOGUE, speaker=quotation.speaker)


def find_edges(quotations: Iterable[Quotation], start: int, end: int) -> set[int]:
    """Return the offsets within a sentence at which a quotation begins or ends."""
    return {place for one in quotations for place in (one.start, one.end) if start < place < end}


def split_by_role(
    text: str, start: int, end: int, quotations: list[Quotation]
) -> list[tuple[int, int, Quotation | None]]:
    """Split a sentence where quotations begin and end; a stretch without a word joins the words before it."""
    parts: list[tuple[int, int, Quotation | None]] = []
    wordless = start
    for a, b in pairwise(sorted({start, end} | find_edges(quotations, start, end))):
        word = WORD.search(text, a, b)
        if word is not None:
            parts.append((wordless, b, find_quotation(word.start(), quotations)))
        elif parts:
            parts[-1] = (parts[-1][0], b, parts[-1][2])
        wordless = b if parts else start
    return parts or [(start, end, None)]


MAX_SPOKEN = 250
"""Characters that a model speaks well as one utterance: about 16 seconds."""


def read_text(
    text: str,
    max_spoken: int = MAX_SPOKEN,
    check: LengthCheck = accept_any_length,
    split_labels: bool = False,
    language: str = ENGLISH,
) -> Iterator[Sentence]:
    """Yield the sentences of a text lazily, in order; none if the text is only white space.

    `split_labels` is that of `app.text.speakers.find_speeches`.
    """
    plain = prepare(text)
    roles = QuotationLookup(find_speeches(plain, split_labels))
    for span in join_tags(plain, segment_prepared(plain, text, language)):
        parts = split_by_role(plain, span.start, span.end, roles.quotations_in(span.start, span.end))
        yield Sentence(
            text[span.start : span.end],
            span.start,
            span.end,
            tuple(split_parts(text, split_verse(parts, span.verse_lines), max_spoken, check, language)),
            span.ends_paragraph,
            language,
        )


def split_verse(
    parts: Iterable[tuple[int, int, Quotation | None]], lines: Sequence[int]
) -> Iterator[tuple[int, int, Quotation | None, bool]]:
    """Yield the parts of a sentence, split where a line of verse begins, each with whether it ends such a line."""
    for start, end, quotation in parts:
        inner = [line for line in lines if start < line < end]
        for a, b in pairwise([start, *inner, end]):
            yield a, b, quotation, b in lines


def split_parts(
    text: str,
    parts: Iterable[tuple[int, int, Quotation | None, bool]],
    max_spoken: int,
    check: LengthCheck,
    language: str,
) -> Iterator[Clause]:
    """Split the parts of a sentence into clauses with their parts' roles; the last one may end a line of verse."""
    characters = 0

    def check_all(more: int) -> None:
        check(characters + more)

    for start, end, quotation, ends_line in parts:
        found = split_clauses(text, start, end, max_spoken, check_all, language)
        characters += sum(count_model_chars(clause.spoken) for clause in found)
        for clause in found:
            ended = replace(clause, ends_line=True) if ends_line and clause is found[-1] else clause
            yield assign_role(ended, quotation)


def split_utterance(text: str, language: str = ENGLISH) -> list[Clause]:
    """Split the text of one utterance into as many clauses as speaking it takes; at least one."""
    return split_clauses(text, 0, len(text), MAX_SPOKEN, language=language) or [Clause(text, 0, len(text), "")]
