"""Split marked-up text into sentences, and these into clauses if markup or their length requires it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from app.text.clauses import LengthCheck, accept_any_length, check_parts, cut, remove_bullet
from app.text.languages.voices import LanguageFinder, read_english
from app.text.phonetic import count_model_chars
from app.text.quotations import Quotation
from app.text.segment import WORD, Span, segment
from app.text.sentences import QuotationLookup, assign_role, find_edges, find_quotation, join_tags
from app.text.speakers import find_speeches
from app.text.substitutions import to_ssml, verbalize_text
from app.text.text_map import TextMap
from app.types import DEFAULT_PROSODY, Clause, Mark, Prosody, Sentence

OPENING_MARKS = re.compile(r"(?<!\S)[\"'“„‘‚«(\[{¿¡]+\Z")
CLOSING_MARKS = re.compile(r"[^\w\s\"'“„‘‚«(\[{¿¡#@&$€£¥+~<-]+")
MAX_MARKS = 8
"""Maximum marks on either side of a word that belong to it. Bounded, so that a text of nothing but marks and
changes of prosody is split in linear time."""


class Segment(NamedTuple):
    """A stretch of text without a pause, a change of prosody or a change of role."""

    start: int
    end: int
    manner: Prosody
    pause: float | None
    """Seconds of silence after the segment; None if the markup has no pause there."""
    wordless: bool
    quotation: Quotation | None = None
    """The quotation that contains it."""
    ends_line: bool = False
    """Whether a line of verse ends after it."""


@dataclass(frozen=True, slots=True)
class SentenceOutline:
    """A sentence and where it is cut, before its text is normalized."""

    span: Span
    segments: tuple[Segment, ...]


class SentenceSplitter:
    """Splitter of one document's text into sentences and clauses."""

    def __init__(
        self,
        flow: TextMap,
        max_spoken: int,
        check: LengthCheck = accept_any_length,
        find_quotations: Callable[[str], Iterable[Quotation]] = find_speeches,
        find_language: LanguageFinder = read_english,
    ) -> None:
        """Take the text map of the document; `find_language` returns the language of text in its voice."""
        self.find_language = find_language
        self.flow = flow
        self.find_quotations = find_quotations
        self.max_spoken = max_spoken
        self.check = check

    def sentences(self) -> Iterator[Sentence]:
        """Yield all sentences lazily; a pause before any text belongs to the first."""
        lead = self.lead()
        for outline in self.outlines():
            yield self.sentence(outline, lead)
            lead = None
        if lead:
            yield Sentence("", lead.start, lead.end, (lead,), ends_paragraph=True)

    def outlines(self) -> Iterator[SentenceOutline]:
        """Yield the outlines of all sentences lazily."""
        roles = QuotationLookup(self.find_quotations(self.flow.text))
        for span in self.spans():
            quotations = roles.quotations_in(span.start, span.end)
            yield SentenceOutline(span, tuple(self.pieces(span.start, span.end, quotations, span.verse_lines)))

    def sentence(self, outline: SentenceOutline, lead: Clause | None = None) -> Sentence:
        """Return the sentence of an outline, after a clause that is only a pause if there is one."""
        span, clauses = outline.span, tuple(self.clauses(outline.segments))
        if lead:
            clauses = (replace(lead, manner=clauses[0].manner), *clauses)
        text, end = self.flow.text[span.start : span.end], self.flow.ends[span.end - 1]
        language = self.find_language(clauses[0].manner.voice)
        return Sentence(text, clauses[0].start, end, clauses, span.ends_paragraph, language)

    def lead(self) -> Clause | None:
        """Return the pause before any text as a clause without text; None if there is no such pause."""
        if not self.flow.pauses or self.flow.pauses[0].at:
            return None
        first = self.flow.pauses[0]
        marks = tuple(Mark(anchor.name, 0) for anchor in self.flow.anchors_in(-1, 0))
        inner = to_ssml("", (), marks)
        return Clause("", first.place, first.place, "", pause_after=first.seconds, ssml=inner, marks=marks)

    def spans(self) -> Iterator[Span]:
        """Yield the sentences between the edges that the markup sets."""
        text, start = self.flow.text, 0
        last = len(text.rstrip())
        for end, paragraph in (*((edge.at, edge.paragraph) for edge in self.flow.edges), (len(text), True)):
            stretch = text[start:end]
            for span in self.whole(join_tags(stretch, segment(stretch, self.language_at(start))), start):
                yield span if paragraph or end >= last else span._replace(ends_paragraph=False)
            start = end

    def whole(self, spans: Iterable[Span], offset: int) -> Iterator[Span]:
        """Yield sentences at their offsets in the text, joined if a substitution runs from one into the next."""
        before: Span | None = None
        for span in spans:
            lines = tuple(line + offset for line in span.verse_lines)
            moved = Span(span.start + offset, span.end + offset, span.ends_paragraph, lines)
            if before and self.flow.is_held(moved.start):
                moved = moved._replace(start=before.start, verse_lines=(*before.verse_lines, *lines))
            elif before:
                yield before
            before = moved
        if before:
            yield before

    def clauses(self, segments: Iterable[Segment]) -> Iterator[Clause]:
        """Yield the clauses of one sentence, at least one; the pause of a segment follows its last clause."""
        characters = 0
        for number, piece in enumerate(segments):
            read = self.spoken if number else self.spoken_first
            cuts = cut(
                self.flow.text,
                piece.start,
                piece.end,
                self.max_spoken,
                read,
                self.cut_at,
                self.language_at(piece.start),
            )
            parts = list(check_parts(cuts, self.check, characters))
            characters += sum(count_model_chars(spoken) for _, _, spoken in parts)
            for count, (a, b, spoken) in enumerate(parts, 1):
                yield self.clause(a, b, spoken, piece, is_last=count == len(parts))

    def pieces(
        self, start: int, end: int, quotations: Sequence[Quotation] = (), lines: Sequence[int] = ()
    ) -> list[Segment]:
        """Split a sentence at pauses, changes of prosody, quotations and lines of verse.

        Marks without words join adjacent words.
        """
        pauses = {pause.at for pause in self.flow.pauses_in(start, end)}
        changes = {self.beside_marks(change.at, start, end) for change in self.flow.changes_in(start, end)}
        spoken = {place for place in find_edges(quotations, start, end) if not self.flow.reading_around(place)}
        joined: list[Segment] = []
        inner = {line for line in lines if start < line < end and not self.flow.reading_around(line)}
        for a, b in pairwise(sorted({start, end} | pauses | changes | spoken | inner)):
            piece = self.piece(a, b, start, quotations, ends_line=b in inner)
            if joined and (piece.wordless or (joined[-1].wordless and joined[-1].pause is None)):
                piece = join_segments(joined.pop(), piece)
            joined.append(piece)
        return joined

    def piece(
        self, start: int, end: int, sentence: int, quotations: Sequence[Quotation], *, ends_line: bool
    ) -> Segment:
        """Return a stretch of the sentence from `sentence` on as a segment, without the blanks at its ends."""
        text = self.flow.text[start:end]
        a, b = start + len(text) - len(text.lstrip()), start + len(text.rstrip())
        word = WORD.search(text)
        first = start + word.start() if word else a
        manner, quotation = self.flow.manner_at(first, sentence), find_quotation(first, quotations)
        pauses = [pause.seconds for pause in self.flow.pauses_in(start, end)]
        pause, wordless = sum(pauses) if pauses else None, not word and not self.spoken(a, b)
        return Segment(a, b, manner, pause, wordless, quotation, ends_line)

    def beside_marks(self, place: int, start: int, end: int) -> int:
        """Move a cut before opening marks or after closing ones: they belong to the words that they touch."""
        opening = OPENING_MARKS.search(self.flow.text, max(start, place - MAX_MARKS), place)
        if opening:
            moved = opening.start()
        else:
            closing = CLOSING_MARKS.match(self.flow.text, place, min(end, place + MAX_MARKS))
            moved = closing.end() if closing else place
        return place if self.flow.reading_around(moved) else moved

    def clause(self, start: int, end: int, spoken: str, piece: Segment, *, is_last: bool) -> Clause:
        """Return a clause with everything that the markup sets for it."""
        text, places = self.flow.text[start:end], self.flow.places[start:end]
        marks = tuple(
            Mark(anchor.name, skip_blank(text, anchor.at - start)) for anchor in self.flow.anchors_in(start, end)
        )
        straight = places[-1] - places[0] == len(places) - 1
        clause = Clause(
            text,
            places[0],
            self.flow.ends[end - 1],
            spoken,
            piece.manner,
            pause_after=piece.pause if is_last else None,
            ssml=to_ssml(text, self.flow.readings_in(start, end), marks),
            marks=marks,
            places=None if straight else tuple(places),
            ends_line=piece.ends_line and is_last,
        )
        return assign_role(clause, piece.quotation)

    def spoken(self, start: int, end: int) -> str:
        """Return the text to read for a stretch."""
        return verbalize_text(self.flow.text[start:end], self.flow.readings_in(start, end), self.language_at(start))

    def language_at(self, place: int) -> str:
        """Return the language in which the text at an offset is read."""
        manner = self.flow.manner_at(place, place) if self.flow.changes else DEFAULT_PROSODY
        return self.find_language(manner.voice)

    def spoken_first(self, start: int, end: int) -> str:
        """Return the text to read for a stretch at the beginning of a sentence, perhaps with a bullet."""
        text, readings = self.flow.text[start:end], self.flow.readings_in(start, end)
        unmarked = remove_bullet(text)
        moved = [reading.shift(len(unmarked) - len(text)) for reading in readings]
        if unmarked == text or (moved and moved[0].start <= 0):
            return verbalize_text(text, readings, self.language_at(start))
        return verbalize_text(unmarked, moved, self.language_at(start))

    def cut_at(self, place: int, start: int, end: int) -> int:
        """Move a cut within a substitution to the nearer end of that substitution."""
        reading = self.flow.reading_around(place)
        if not reading:
            return place
        edges = [edge for edge in (reading.start, reading.end) if start < edge < end]
        return min(edges, key=lambda edge: abs(edge - place), default=end)


def join_segments(first: Segment, second: Segment) -> Segment:
    """Join two segments; the prosody and role are those of the segment with words."""
    pauses = [piece.pause for piece in (first, second) if piece.pause is not None]
    words = second if first.wordless else first
    wordless = first.wordless and second.wordless
    pause = sum(pauses) if pauses else None
    return Segment(first.start, second.end, words.manner, pause, wordless, words.quotation, second.ends_line)


def skip_blank(text: str, place: int) -> int:
    """Return an offset, moved past the blank if there is one."""
    return place + (text[place : place + 1] == " ")
