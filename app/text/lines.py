"""Decide which line ends of a paragraph end a sentence or a line of verse; all others only wrap the text.

The rules, first match first, for a line and the one after it:

1. An item (`- Milk`, `1. Milk`, `☐ Milk`) begins a sentence, and so does a row (`Name: Tom`, tabs, `|`) after a row,
   a line with a time (`[12:03] <tom> Hi`, `9:30 Break`), and what is below the name of a speaker (`ANN (O.S.)`) or the
   number of a poem (`II`). A row may have several columns (`Name: Tom   Age: 5`).
2. After `.`, `!` or `?` the rules for sentences apply; after `,`, `;` or a dash the text goes on.
3. A line that begins in lower case goes on, except in a list of short lines without marks.
4. If nearly all lines begin with a capital letter, each is an item or, with at least four words on average, verse.
5. After a word that needs another one (`and`, `the`) the text goes on.
6. A capital letter or a digit begins a sentence if the line before it ends long before the width of the paragraph
   although the next word fits, and in a narrow paragraph also if that line is a title or no line has a mark; a word
   such as `The` before a word in lower case always does. All other lines go on: names begin with capitals, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.text.list_items import CLOSING, ENDS_SENTENCE, find_items
from app.text.sentence_ends import STARTERS, Kind, find_kind
from app.text.word_tables import list_words

NARROW = 40
"""Characters; prose is seldom wrapped at fewer, so that lines of a narrower paragraph are more likely separate."""
MIN_WRAPPED = 3
"""Fewest lines that begin in lower case, more than those that do not, in a narrow paragraph of wrapped prose."""
SHORT_SHARE = 0.75
"""Share of the paragraph's width below which a line was not wrapped, but ended."""
LOW_SHARE = 0.5
"""The same inside a paragraph in which most lines go on: some people wrap prose unevenly."""
MAX_TITLE_CHARS = 80
MAX_ITEM_WORDS = 4
"""Maximum words of a line in a list that begins in lower case, and fewest words of a line of verse."""
MAX_VERSE_LINES = 8
"""Maximum lines of verse that form one sentence without a final mark."""
LINE = re.compile(r"[^\n]+")
OPENING = "\"'“‘«([{*_ \t"
SIGNS = "#$€£~±"
KEY = re.compile(r"[^\W\d_][\w'’/()&-]{0,30}(?: [\w'’/()&-]{1,20}){0,3}:(?:\s|$)")
GOES_ON = ",;—–-"
NEEDS_MORE = frozenset(list_words("words", "need_more"))
"""Words that need another one: a line that ends with one goes on."""
TIMED = re.compile(
    r"[\[(<]?(?:\d{1,2}:\d\d(?::\d\d)?(?:[ ]?[AaPp]\.?[Mm]\b\.?)?|\d{1,2}(?:\.\d\d)?[ ]?[AaPp]\.?[Mm]\b\.?)"
    r"(?=[\]):>–—\s-])"
)
"""The beginning of a line of a log or a timetable."""
ENTRY = re.compile(rf"{TIMED.pattern}[\])>]?\s{{0,9}}[:–—-]?\s{{0,9}}[A-Z]")
"""The beginning of such a line, with a name or the first word of a sentence."""
COLUMN = re.compile(rf"(?<=\S)[ ]{{3,}}(?={KEY.pattern})")
"""White space between two columns of one line (`Name: Tom    Age: 5`)."""
ASIDE = re.compile(r"\([^()]{1,60}\)")
"""A direction for the speaker, alone in the line below the name."""
HEADING = re.compile(r"(?:chapter|part|book|act|scene|volume|canto|section)\s{1,9}\w{1,20}\.?", re.IGNORECASE)
NUMERAL = re.compile(r"[IVXL]{1,6}\.?")
"""The number of a part of a poem, alone in the line above it."""
START = re.compile(rf"(?!(?:A|I|Will|Can|May)\b)(?:{STARTERS})(?:['’][a-z]{{1,3}})?\s{{1,9}}(?:[a-z]|I\b)")
"""The beginning of a sentence that no name begins with."""
PRONOUN = re.compile(r"I(?:['’](?:m|ve|d|ll))?\b")
SMALL_WORDS = frozenset("a an and at by for from in of on or the to vs with de la von".split())


class Line:
    """One line of a paragraph."""

    def __init__(self, text: str, start: int) -> None:
        """Describe a line without white space at its ends, and the offset of its first character."""
        self.text = text
        self.start = start
        self.core = text.lstrip(OPENING + SIGNS)
        """The text without opening quotation marks, brackets and signs before a number."""
        self.last = text.rstrip(CLOSING)[-1:]
        """The last character before closing quotation marks and brackets."""
        self.is_unfinished = self.last not in ENDS_SENTENCE if self.last != "." else self.ends_with_abbreviation()
        """Whether no mark ends the sentence at the end of the line, or only the full stop of an abbreviation."""
        self.is_row = "\t" in text or text.count("|") > 1 or KEY.match(text) is not None
        """Whether the line has columns or begins with a key (`Name: Tom`)."""
        self.is_timed = TIMED.match(text) is not None
        """Whether the line begins with a time of day."""

    @property
    def first_word(self) -> str:
        """The first word with its marks."""
        return self.text.split(maxsplit=1)[0]

    @property
    def last_word(self) -> str:
        """The last word with its marks."""
        return self.text.rsplit(maxsplit=1)[-1]

    def ends_with_abbreviation(self) -> bool:
        """Return whether the last word is an abbreviation after which the text goes on."""
        return find_kind(self.last_word.rstrip(".")) in (Kind.SHORT, Kind.UNIT, Kind.LIST)

    @property
    def needs_more(self) -> bool:
        """Whether the last word needs another one."""
        word = self.last_word.lstrip(OPENING)
        return (word.lower() if self.text.isupper() else word) in NEEDS_MORE

    @property
    def is_title(self) -> bool:
        """Whether each important word begins with a capital letter."""
        if len(self.text) > MAX_TITLE_CHARS:
            return False
        words = [word.strip(OPENING + CLOSING) for word in self.text.split()]
        letters = [word for word in words if word[:1].isalpha()]
        return (
            any(word.lower() not in SMALL_WORDS for word in letters)
            and all(word[0].isupper() or word in SMALL_WORDS for word in letters)
            and (letters[-1] not in SMALL_WORDS and not PRONOUN.fullmatch(letters[-1]))
        )


@dataclass(frozen=True, slots=True)
class LineBreaks:
    """The offsets of lines that do not continue the line before them."""

    sentences: Sequence[int] = ()
    """Lines that begin a sentence."""
    verse: Sequence[int] = ()
    """Lines of verse that continue a sentence."""
    wrapped: frozenset[int] = frozenset()
    """Lines at which no sentence begins: they continue one that no mark has ended."""


def find_line_breaks(text: str, start: int, end: int) -> LineBreaks:
    """Find the lines of a paragraph that do not continue the line before them."""
    columns = find_columns(text, start, end)
    if text.find("\n", start, end) < 0:
        return LineBreaks(columns)
    lines = []
    for match in LINE.finditer(text, start, end):
        if stripped := match[0].strip():
            lines.append(Line(stripped, match.start() + len(match[0]) - len(match[0].lstrip())))
    paragraph = Paragraph(lines)
    sentences: list[int] = []
    verse: list[int] = []
    wrapped: set[int] = set()
    run = 0
    for number in range(len(lines) - 1):
        if not paragraph.is_break(number):
            if lines[number].last.isalnum():
                begun = lines[number + 1].start
                wrapped.update(range(text.rfind("\n", start, begun) + 1, begun + 1))
            continue
        run = run + 1 if paragraph.is_verse and not paragraph.is_heading(number) else MAX_VERSE_LINES
        if run >= MAX_VERSE_LINES:
            sentences.append(lines[number + 1].start)
            run = 0
        else:
            verse.append(lines[number + 1].start)
    return LineBreaks(sorted([*sentences, *columns]) if columns else sentences, verse, frozenset(wrapped))


def find_columns(text: str, start: int, end: int) -> list[int]:
    """Return the offsets of the second and later columns of lines in which each begins with a key."""
    if text.find("   ", start, end) < 0:
        return []
    rows = (line for line in LINE.finditer(text, start, end) if KEY.match(line[0].lstrip()))
    return [column.end() for row in rows for column in COLUMN.finditer(text, row.start(), row.end())]


class Paragraph:
    """The lines of a paragraph, with what they have in common."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.width = max((len(line.text) for line in lines), default=0)
        self.is_unmarked = all(line.is_unfinished and line.last not in GOES_ON for line in lines)
        self.has_only_rows = all(line.is_row for line in lines)
        self.items = find_items([line.text for line in lines])
        self.has_times = sum(line.is_timed for line in lines) > 1
        inner = [(a, b) for a, b in pairwise(lines) if a.is_unfinished]
        capitals = sum(b.core[:1].isupper() and not PRONOUN.match(b.core) for a, b in inner if not a.needs_more)
        small = sum(b.core[:1].islower() for _, b in inner)
        self.has_no_case = all(not line.core[:1].isupper() for line in lines) or all(
            line.text.isupper() or not any(map(str.isalpha, line.text)) for line in lines
        )
        self.is_prose = small > capitals
        self.is_narrow = self.width < NARROW and not (self.is_prose and small >= MIN_WRAPPED)
        filled = all(len(a.text) + len(b.first_word) >= self.width for a, b in inner)
        if any(START.match(b.core) for _, b in inner) or (self.is_unmarked and small == 0):
            sure = capitals > 1
        else:
            # Several lines of wrapped prose may begin with names.
            sure = capitals > (2 if self.is_narrow or not filled else 5)
        self.has_small = small > 0
        self.is_capitalized = not self.has_no_case and sure and small * 4 <= capitals and (small == 0 or capitals > 2)
        words = sum(len(line.text.split()) for line in lines)
        self.is_verse = (
            self.is_capitalized
            and not self.items
            and words >= MAX_ITEM_WORDS * len(lines)
            and not any(line.is_row for line in lines)
        )

    def is_heading(self, number: int) -> bool:
        """Return whether a line is the title or the number above a poem."""
        return number == 0 and (self.lines[0].is_title or NUMERAL.fullmatch(self.lines[0].text) is not None)

    def is_break(self, number: int) -> bool:
        """Return whether the line after a line does not continue it; see the rules at the top of this module."""
        here, following = self.lines[number], self.lines[number + 1]
        first = following.core[:1]
        is_row = here.is_row and following.is_row and (self.has_only_rows or not first.islower())
        if number + 1 in self.items or is_row or (self.has_times and following.is_timed):
            return True
        if not any(map(str.isalpha, here.text)):
            return "-->" in here.text or first.isupper() or not any(map(str.isalpha, following.text))
        if (HEADING.fullmatch(here.text) and first.isupper()) or self.is_cue(number):
            return True
        if not here.is_unfinished:
            return False
        if here.last in GOES_ON:
            return self.is_salutation(here, following)
        if first.islower() or self.has_no_case:
            return self.is_short_item(number)
        if self.is_capitalized and (first.isupper() or first.isnumeric()):
            return True
        if here.needs_more:
            return False
        if ENTRY.match(following.text):
            return True
        may_start = not (self.is_prose and here.last == ":")
        return (may_start and START.match(following.core) is not None) or self.is_ended(number)

    def is_cue(self, number: int) -> bool:
        """Return whether a line is the name of a speaker, a direction below it, or the number of a poem."""
        here, following = self.lines[number], self.lines[number + 1]
        if number == 0 and NUMERAL.fullmatch(here.text):
            return following.core[:1].isupper()
        if number == 1 and ASIDE.fullmatch(here.text):
            return self.lines[0].text.isupper() and following.core[:1].isupper()
        is_name = number == 0 and here.text.isupper() and not following.text.isupper()
        return is_name and (here.text.endswith(")") or following.text.startswith("("))

    def is_salutation(self, here: Line, following: Line) -> bool:
        """Return whether a line such as `Dear Tom,` is much shorter than the text below it."""
        far = len(here.text) < self.width / 2 and not self.is_narrow
        return far and here.last == "," and following.core[:1].isupper()

    def is_short_item(self, number: int) -> bool:
        """Return whether a line and the next one are items of a list that is written in lower case or capitals."""
        here, following = self.lines[number], self.lines[number + 1]
        after_colon = any(line.last == ":" for line in self.lines[: min(number + 1, 2)])
        if not self.is_narrow or not self.is_unmarked or here.needs_more:
            return False
        if not after_colon and (not self.has_no_case or len(self.lines) < 3):
            return here.core[:1].isnumeric() and self.lines[0].core[:1].isnumeric()
        return all(len(line.text.split()) <= MAX_ITEM_WORDS for line in (here, following))

    def is_ended(self, number: int) -> bool:
        """Return whether a line ends before a capital letter or a digit without having been wrapped."""
        here, following = self.lines[number], self.lines[number + 1]
        first = following.core[:1]
        if not (first.isupper() or first.isnumeric()):
            return False
        fits = len(here.text) + 1 + len(following.first_word) <= self.width
        share = LOW_SHARE if self.is_prose and number else SHORT_SHARE
        if fits and len(here.text) < share * self.width:
            return True
        if here.text.isupper() and not following.text.isupper() and number == 0:
            return True
        if not self.is_narrow:
            return False
        if first.isnumeric():
            digits = [line.core[:1].isnumeric() for line in self.lines[number : number + 3]]
            return digits[0] or digits.count(True) > 1 or here.last == ":" or here.is_title
        if (
            here.is_title
            or here.last == ":"
            or (
                self.is_unmarked and (not PRONOUN.match(following.core) or (len(self.lines) > 2 and not self.has_small))
            )
        ):
            return True
        return here.last_word[:1].isupper()
