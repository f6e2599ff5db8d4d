"""Split text into sentences, and these into clauses with the text to read."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from app.text.clauses import LengthCheck, accept_any_length, split_clauses
from app.text.phonetic import count_model_chars
from app.text.segment import WORD, Span, prepare, segment_prepared
from app.text.word_tables import list_alternatives
from app.types import Clause, Role, Sentence

OPENING = {'"': '"', "“": "”", "„": "“”", "«": "»", "‘": "’", "'": "'", "`": "'"}
"""Opening quotation marks and the marks that close each."""
SINGLE_QUOTES = "‘'`"
"""Marks that may also be apostrophes: they close a quotation only after one of `ENDS_SPEECH`."""
MARK = re.compile(r"[\"“”„«»‘’'`]|\n[^\S\n]*\n|\u2029")
"""A quotation mark or the end of a paragraph."""
SHORTENED = re.compile(
    r"['’‘](?:\d\d(?:s|\b)(?!['’])|(?i:tis|twas|twere|twill|cause|cos|cuz|em|n|til|till|bout|round|neath)\b)"
)
"""A year without its century, such as `'21`, or a word without its beginning, such as `'n'`."""
BEFORE_OPENING = re.compile(r"[\s(\[{—–-]")
INDENTATION = 16
"""Maximum blanks before the first mark of a line."""
ENDS_SPEECH = ",.!?;:…—–-"
"""Punctuation that ends speech, right before the closing quotation mark."""
END_OF_LINE = re.compile(r"[ \t]*(?:\n|\Z)")
AFTER_CLOSING = re.compile(r"[,.;:!?…)\]]*")
DIALOGUE_TAG = re.compile(
    r"(?:(?:the|his|her|my|our|their|a|an|old|young|poor|little|mr\.?|mrs\.?|ms\.?|dr\.?|miss|aunt|uncle|sir|lady)\s+)*"
    rf"(?:[\w’'-]+\s+){{1,2}}?(?:{'|'.join(list_alternatives('speech_verbs'))})\b",
    re.IGNORECASE,
)
"""Dialogue tag after a quotation: the speaker and a verb of speech."""
MAX_TAG_CHARS = 200
"""Maximum characters searched for the verb after a quotation."""
QUOTATION_END = re.compile(r"[?!…—][\"”’'»]\Z")
"""The end of a quotation after which the segmenter takes a dialogue tag for a new sentence."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """A stretch of direct speech, quotation marks included."""

    start: int
    """Code points from the beginning of the text."""
    end: int
    """Code points, exclusive."""


def find_quotations(text: str) -> Iterator[Quotation]:
    """Yield the quotations of a text lazily, in order and without overlap."""
    opened: int | None = None
    for mark in MARK.finditer(text):
        place, sign = mark.start(), mark.group()
        if sign[0] in "\n\u2029":
            if opened is not None and (text[opened] not in SINGLE_QUOTES or begins_line(text, opened)):
                yield Quotation(opened, place)
            opened = None
        elif opened is None:
            opened = place if is_opening(text, place) else None
        elif sign in OPENING[text[opened]] and is_closing(text, opened, place):
            end = place + 1
            if is_speech(text, opened, end):
                yield Quotation(opened, AFTER_CLOSING.match(text, end).end())  # type: ignore[union-attr]
            opened = None
    if opened is not None and text[opened] not in SINGLE_QUOTES:
        yield Quotation(opened, len(text))


def begins_line(text: str, place: int) -> bool:
    """Return whether a mark begins its line, so that the speech it opens may go on in the next paragraph."""
    before = text[max(0, place - INDENTATION) : place].rstrip(" \t")
    return before.endswith(("\n", "\u2029")) or (not before and place <= INDENTATION)


def is_opening(text: str, place: int) -> bool:
    """Return whether a mark opens a quotation: it directly precedes a word and does not directly follow one."""
    before, after = text[max(0, place - 1) : place], text[place + 1 : place + 2]
    return (
        text[place] in OPENING
        and not after.isspace()
        and after != ""
        and (not before or BEFORE_OPENING.match(before) is not None)
        and not SHORTENED.match(text, place)
    )


def is_closing(text: str, opened: int, place: int) -> bool:
    """Return whether a mark closes the open quotation, and is neither an apostrophe nor opens an inner quotation."""
    before, after = text[place - 1], text[place + 1 : place + 2]
    if text[opened] in SINGLE_QUOTES:
        return before in ENDS_SPEECH and not after.isalnum()
    return not before.isspace() or not after or not after.isalnum()


def is_speech(text: str, start: int, end: int) -> bool:
    """Return whether the words between two quotation marks are spoken, not only mentioned."""
    if text[end - 2] in ENDS_SPEECH or text[end : end + 1] == ",":
        return True
    # Check the end of the line first: at most one quotation of a line passes, so a long line is searched only once.
    return END_OF_LINE.match(text, end) is not None and not text[text.rfind("\n", 0, start) + 1 : start].strip(" \t")


def join_tags(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Join a quotation that ends with ?, !, … or — and the dialogue tag after it (`Ruth demanded.`)."""
    before: Span | None = None
    for span in spans:
        if before is not None:
            if is_tag(text, before, span):
                span = replace(span, start=before.start)
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


def find_role(place: int, quotations: Sequence[Quotation]) -> Role:
    """Return the role of the word at an offset; the quotations are in order."""
    index = bisect_right(quotations, place, key=lambda one: one.start) - 1
    return Role.DIALOGUE if index >= 0 and place < quotations[index].end else Role.NARRATION


def find_edges(quotations: Iterable[Quotation], start: int, end: int) -> set[int]:
    """Return the offsets within a sentence at which a quotation begins or ends."""
    return {place for one in quotations for place in (one.start, one.end) if start < place < end}


def split_by_role(text: str, start: int, end: int, quotations: list[Quotation]) -> list[tuple[int, int, Role]]:
    """Split a sentence where quotations begin and end; a stretch without a word joins the words before it."""
    parts: list[tuple[int, int, Role]] = []
    wordless = start
    for a, b in pairwise(sorted({start, end} | find_edges(quotations, start, end))):
        word = WORD.search(text, a, b)
        if word is not None:
            parts.append((wordless, b, find_role(word.start(), quotations)))
        elif parts:
            parts[-1] = (parts[-1][0], b, parts[-1][2])
        wordless = b if parts else start
    return parts or [(start, end, Role.NARRATION)]


MAX_SPOKEN = 250
"""Characters that a model speaks well as one utterance: about 16 seconds."""


def read_text(text: str, max_spoken: int = MAX_SPOKEN, check: LengthCheck = accept_any_length) -> Iterator[Sentence]:
    """Yield the sentences of a text lazily, in order; none if the text is only white space."""
    plain = prepare(text)
    roles = QuotationLookup(find_quotations(plain))
    for span in join_tags(plain, segment_prepared(plain, text)):
        parts = split_by_role(plain, span.start, span.end, roles.quotations_in(span.start, span.end))
        yield Sentence(
            text[span.start : span.end],
            span.start,
            span.end,
            tuple(split_parts(text, split_verse(parts, span.verse_lines), max_spoken, check)),
            span.ends_paragraph,
        )


def split_verse(parts: Iterable[tuple[int, int, Role]], lines: Sequence[int]) -> Iterator[tuple[int, int, Role, bool]]:
    """Yield the parts of a sentence, split where a line of verse begins, each with whether it ends such a line."""
    for start, end, role in parts:
        inner = [line for line in lines if start < line < end]
        for a, b in pairwise([start, *inner, end]):
            yield a, b, role, b in lines


def split_parts(
    text: str, parts: Iterable[tuple[int, int, Role, bool]], max_spoken: int, check: LengthCheck
) -> Iterator[Clause]:
    """Split the parts of a sentence into clauses, each with its part's role; the last one may end a line of verse."""
    characters = 0

    def check_all(more: int) -> None:
        check(characters + more)

    for start, end, role, ends_line in parts:
        found = split_clauses(text, start, end, max_spoken, check_all)
        characters += sum(count_model_chars(clause.spoken) for clause in found)
        yield from (replace(clause, role=role, ends_line=ends_line and clause is found[-1]) for clause in found)


def split_utterance(text: str) -> list[Clause]:
    """Split the text of one utterance into as many clauses as speaking it takes; at least one."""
    return split_clauses(text, 0, len(text), MAX_SPOKEN) or [Clause(text, 0, len(text), "")]
