"""Read the beginning of a text, and find which of its sentences no continuation of the text can change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain

from app.text.clauses import shift_clause
from app.text.delivery import WordEmotion
from app.text.formats import map_tagged_text
from app.text.formats.hidden import mask
from app.text.languages import ENGLISH
from app.text.lexicon import NO_LEXICONS, Lexicons
from app.text.quotations import find_quotations
from app.text.sentence_ends import EDGE_CONTEXT, is_abbreviation
from app.text.sentences import MAX_SPOKEN
from app.text.speakers import find_quotations_after
from app.text.splitter import SentenceOutline, SentenceSplitter
from app.text.tags import find_tags
from app.text.text_map import WarningCollector
from app.types import InputFormat, PlanWarning, Sentence

CONTINUATIONS = ("a b.", ". The end.")
"""Continuations with which every text is tried: the word goes on or ends."""
SPEECH = ("b said so.", " said so.")
"""Continuations with which words after a quotation become its dialogue tag."""
CLOSING_CONTINUATIONS = {
    "\n": ("\nThe end.", "\n\nThe end.", "\n- a\n- b", "\nThe bird has left the hill\nAnd will not sing for me"),
    '"': ('b" a', 'b." he said.', *SPEECH),
    "“": ("b” a", "b.” he said.", *SPEECH),
    "„": ("b“ a", "b.“ he said.", *SPEECH),
    "«": ("b» a", "b.» he said.", *SPEECH),
    "‘": ("b’ a", "b.’ he said.", *SPEECH),
    "'": ("b' a", "b.' he said.", *SPEECH),
    "`": ("b` a", "b`` a"),
    "(": ("b) a", "b.) The end."),
    "[": ("b] a", "b](https://a.b) c.", "b.]"),
    "{": ("b} a",),
    "*": ("b* a", "b** a"),
    "_": ("b_ a", "b__ a"),
    "~": ("b~ a", "b~~ a"),
    "=": ("b== a",),
    "$": ("b$ a", "b$$ a"),
    "|": ("b| a |\n|---|---|\n| b | c |", "b|| a"),
    "<": ("b> a", "b--> a", "b</b> a", "b</script> a"),
    "\\": ("b\\) a", "b\\] a"),
    "^": ("b^ a",),
}
"""Further continuations of a text that contains the character: lines after lines, and what may close what it opens.
These begin with a letter, because few marks close after white space."""
TAG_CONTINUATION = "[pause:2s] The end."
UNFINISHED = re.compile(
    r"(?:\[[^\[\]\n]{0,60}(?:\](?:\([^()\n]{0,260})?)?|\([A-Za-z][A-Za-z ,'-]{0,40}"
    r"|<[/!A-Za-z][^<>]{0,200}|&[#\w]{0,10})\Z"
)
"""The beginning of a tag, a link or a reference at the end of a text: what it will be is not known yet."""
WORD_BEFORE_STOP = re.compile(r"(?<![^\s(\[\"“‘'—–-])([A-Za-z][A-Za-z.]*)\.[\"”’')\]]{0,3}\Z")
TWO_WORDS = re.compile(r"\s+\S+\s+\S+\s|[^\S\n]*\n\s*\S")
"""Enough text after an abbreviation: two words, or the beginning of a line."""
ENDS_LIKE_A_SENTENCE = re.compile(r"[.!?…][\"'”’»)\]*_]{0,8}\s*\Z")


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How a text that arrives in pieces is read."""

    find_emotion: WordEmotion | None = None
    """As in `app.text.read_input`."""
    lexicons: Lexicons = field(default_factory=lambda: NO_LEXICONS)
    language: str = ENGLISH
    """Language of all text."""
    names_speakers: bool = False
    """Whether to find who speaks each quotation; then all its sentences become certain together, with its tag."""


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """Sentence of a prefix with all that a continuation may change."""

    start: int
    """Code points from the beginning of the prefix."""
    end: int
    """Code points, exclusive."""
    facts: tuple[object, ...]
    outline: SentenceOutline


class Prefix:
    """The beginning of a text, read as Markdown like a text in which Markdown is detected."""

    def __init__(self, text: str, options: ReadingOptions, history: str = "") -> None:
        """Read a text; `history` is the spoken text before it, which may name its speakers."""
        self.text = text
        self.options = options
        self._history = history
        self._remarks = WarningCollector()
        tags = find_tags(text, options.find_emotion, self._remarks) if options.find_emotion else ()
        source = mask(text, [(tag.start, tag.end) for tag in tags]) if tags else text
        flow = map_tagged_text(source, InputFormat.MARKDOWN, tags, options.lexicons, self._remarks, explicit=False)
        self._splitter = SentenceSplitter(
            flow,
            MAX_SPOKEN,
            find_quotations=partial(find_quotations_after, history) if options.names_speakers else find_quotations,
            find_language=lambda voice: options.language,
        )
        self.sentences = [self._describe(one) for one in self._splitter.outlines()]

    @property
    def spoken(self) -> str:
        """The text without its markup."""
        return self._splitter.flow.text

    @property
    def warnings(self) -> tuple[PlanWarning, ...]:
        """Warnings about what is not read."""
        return self._remarks.warnings

    def _describe(self, outline: SentenceOutline) -> ReadSentence:
        flow, span = self._splitter.flow, outline.span
        start, end = flow.places[span.start], flow.ends[span.end - 1]
        segments = tuple(
            (
                one.end - one.start,
                flow.places[one.start],
                *(one.manner, one.pause, one.quotation is not None, one.ends_line),
            )
            for one in outline.segments
            if one.end > one.start
        )
        readings = tuple((one.start, one.end, one.tag) for one in flow.readings_in(span.start, span.end))
        text = flow.text[span.start : span.end]
        return ReadSentence(start, end, (text, start, end, span.ends_paragraph, segments, readings), outline)

    def count_settled(self, first: int, doubt: str | None = None) -> tuple[int, str | None]:
        """Return how many sentences from `first` on no continuation changes, and a continuation that changes the next.

        `doubt` is the continuation that changed an earlier prefix of the text: it is tried first.
        """
        unsettled = self.sentences[first:]
        settled = next((number for number, one in enumerate(unsettled) if self._ends_in_doubt(one.end)), len(unsettled))
        for continuation in chain([doubt] if doubt else [], self._choose_continuations(first)):
            if settled <= 0:
                break
            doubt = continuation
            other = Prefix(self.text + continuation, replace(self.options, names_speakers=False))
            settled = count_equal(self.sentences[first : first + settled], other.sentences[first:])
        while settled > 0 and self.options.names_speakers and self.divides_quotation(first + settled):
            settled -= 1
        return max(0, settled), doubt

    def divides_quotation(self, number: int) -> bool:
        """Return whether a sentence goes on with the quotation of the one before it."""
        if number >= len(self.sentences):
            return False
        before, after = (self.sentences[one].outline.segments for one in (number - 1, number))
        return before[-1].quotation is not None and before[-1].quotation == after[0].quotation

    def _choose_continuations(self, first: int) -> Iterator[str]:
        """Yield the continuations to try; no sentence before `first` depended on them."""
        text = self.text[self.sentences[first - 1].end if first else 0 :]
        yield from CONTINUATIONS
        for sign, closing in CLOSING_CONTINUATIONS.items():
            if sign in text:
                yield from closing
        if self.options.find_emotion:
            yield TAG_CONTINUATION

    def _ends_in_doubt(self, end: int) -> bool:
        """Return whether the words after an abbreviation decide whether a sentence ends, and are not all known."""
        found = WORD_BEFORE_STOP.search(self.text, max(0, end - EDGE_CONTEXT), end)
        if not found or not is_abbreviation(found[1], self.options.language):
            return False
        return not TWO_WORDS.match(self.text, end)

    def ends_sentence(self) -> bool:
        """Return whether the text ends with a sentence, so that a capital letter would begin another one."""
        if not ENDS_LIKE_A_SENTENCE.search(self.text):
            return False
        longer = Prefix(self.text.rstrip() + " The", self.options)
        if self.options.names_speakers and longer.divides_quotation(len(self.sentences)):
            return False
        return len(longer.sentences) > len(self.sentences)

    def make_sentence(self, number: int, offset: int) -> Sentence:
        """Return a sentence, with offsets increased by `offset`; a pause before any text belongs to the first."""
        lead = self._splitter.lead() if number == 0 else None
        sentence = self._splitter.sentence(self.sentences[number].outline, lead)
        clauses = tuple(shift_clause(clause, offset) for clause in sentence.clauses)
        return replace(sentence, start=sentence.start + offset, end=sentence.end + offset, clauses=clauses)


def count_equal(ours: Sequence[ReadSentence], others: Sequence[ReadSentence]) -> int:
    """Return the number of sentences at the beginning that are equal."""
    pairs = zip(ours, others, strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a.facts != b.facts), min(len(ours), len(others)))
