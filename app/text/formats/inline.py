"""Read the marks within a paragraph of Markdown: emphasis, links, code, formulas, references and HTML."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from html import unescape
from xml.sax.saxutils import quoteattr

from app.text.formats.detect import FOOTNOTE_NUMBER, RAISED_NOTE, SOURCE_NOTE, SUPERSCRIPT_NOTE
from app.text.formats.formula import DOLLARS, is_formula, read_formula
from app.text.formats.hidden import FILLER, JOINER
from app.text.formats.html import KNOWN_TAG, REFERENCE, is_reference, read_tag, read_visible
from app.text.normalization.codes import read_code
from app.text.normalization.normalize import normalize
from app.text.ssml.pronunciation import MAX_CHARS, estimate_length
from app.text.substitutions import Substitution
from app.text.text_map import TextBuilder
from app.text.word_tables import list_alternatives

WHOLE_WORDS_ONLY = ("*", "~", "==", "||")
"""Signs that are operators if they touch words on both sides."""


@dataclass(frozen=True, slots=True)
class EmphasisPair:
    """Two runs of signs that emphasize the text between them, as offsets in the paragraph."""

    opening: int
    opening_end: int
    closing: int
    end: int

    @property
    def is_strong(self) -> bool:
        """Whether the opening run has several signs."""
        return self.opening_end - self.opening > 1


@dataclass(slots=True)
class Run:
    """A run of signs that may open or close emphasis."""

    start: int
    end: int
    left: int
    """Signs that are not paired yet."""


def pair_emphasis(text: str, runs: Sequence[tuple[int, int]]) -> list[EmphasisPair]:
    """Return the pairs of runs in a paragraph."""
    pairs: list[EmphasisPair] = []
    opened: dict[str, list[Run]] = {}
    for start, end in runs:
        run = Run(start, end, end - start)
        signs = text[start:end]
        waiting = opened.setdefault({">!": "!", "!<": "!"}.get(signs, signs[0]), [])
        if can_close(text, start, end):
            while run.left and waiting:
                opening = waiting[-1]
                paired = min(opening.left, run.left)
                opening.left -= paired
                run.left -= paired
                pairs.append(EmphasisPair(opening.start, opening.end, start, end))
                if not opening.left:
                    waiting.pop()
        if run.left and can_open(text, start, end):
            waiting.append(run)
    return pairs


def can_open(text: str, start: int, end: int) -> bool:
    """Return whether emphasis may begin at a run: a word follows it directly."""
    before, after, signs = text[max(0, start - 1) : start], text[end : end + 1], text[start:end]
    if not after or after.isspace() or signs == "!<":
        return False
    return not is_within_word(before, signs)


def can_close(text: str, start: int, end: int) -> bool:
    """Return whether emphasis may end at a run: it follows a word directly."""
    before, after, signs = text[max(0, start - 1) : start], text[end : end + 1], text[start:end]
    if not before or before.isspace() or signs == ">!":
        return False
    return not is_within_word(after, signs)


def is_within_word(outside: str, signs: str) -> bool:
    """Return whether a run touches a word on its outer side, so that it is an operator or a part of a name."""
    if signs[0] == "_" or signs in WHOLE_WORDS_ONLY:
        return outside.isalnum() or outside == "\\"
    return signs[0] == "*" and outside.isdigit()


_IN_BRACKETS = r"(?:[^\\]|\\(?![()\[\]])){1,2000}+"
PATTERNS = {
    "display": rf"\$\$(?P<dollars>[^$]{{1,2000}}+)\$\$|\\\[(?P<square>{_IN_BRACKETS})\\\]"
    rf"|\\begin\{{[a-z]{{1,12}}\*?\}}(?P<environment>(?:[^\\]|\\(?!end\b)){{1,2000}}+)\\end\{{[a-z]{{1,12}}\*?\}}",
    "formula": rf"{DOLLARS.pattern}|\\\((?P<round>{_IN_BRACKETS})\\\)",
    "hard": r"(?:(?<![ ])[ ]{2,}+|\\)\n",
    "escape": r"(?<!¯)\\(?P<escaped>[!-/:-@\[-`{-~])",
    "code": r"(?P<fence>`++)(?P<content>[^`]{1,2000}+)(?P=fence)(?!`)",
    "ticks": r"`++",
    "reference": REFERENCE.pattern,
    "address": r"<(?=(?:https?|ftp)://|mailto:|[\w.+-]{1,64}@)(?:mailto:)?(?P<bare>[^\s<>]++)>",
    "footnote": rf"\[\^[^\[\]\s]{{1,60}}\]|{FOOTNOTE_NUMBER}|{SUPERSCRIPT_NOTE}|{SOURCE_NOTE}"
    rf"|{RAISED_NOTE}|!\[\[[^\[\]\n]{{1,400}}+\]\]",
    "tag": KNOWN_TAG,
    "small": r"(?<=\w)(?:~(?P<low>[^\s~^]{1,20}+)~|(?P<high>\^[^\s~^]{1,20}+)\^)(?!\d)",
    "run": r"(?<!\S)(?:={4,}|~{3,}|/{3,}|@{3,}|#{3,}|\*{3,}|_{3,}|-{4,})(?!\S)",
    "wiki": r"\[\[(?:[^\[\]|\n]{1,200}+\|)?+(?P<title>[^\[\]|\n]{1,200}+)\]\]",
    "open": r"!?\[",
    "close": r"\](?:\(\s*+(?:<[^<>\n]*+>|[^\s()]*+(?:\([^\s()]*+\)[^\s()]*+)*+)"
    r"(?:\s++(?:\"[^\"]*+\"|'[^']*+'|\([^()]*+\)))?+\s*+\)|\[(?P<label>[^\[\]]{0,300}+)\](?!\())?+",
    "mark": r"\*+|_+|~{1,2}|==|\|\||>!|!<(?![\w/!])",
    "filler": f"{FILLER}++",
    "joiner": f"{JOINER}++",
}
"""Patterns of the marks within a paragraph. A repetition is bounded, or ends at the sign with which a next match could
begin, so that the search takes linear time."""
FIRST = rf"[\]\[\\$`&<!~^=/@#*_|>【¹²³⁰⁴-⁹{FILLER}{JOINER}-]|[ ](?=[ ])"
"""The characters with which marks begin: a search is faster if it tries no pattern at other places."""
TOKEN = re.compile(f"(?={FIRST})(?:{'|'.join(f'(?P<{name}>{pattern})' for name, pattern in PATTERNS.items())})")
CONTENT_GROUPS = ("escaped", "content", "bare", "low", "high", "title")
FORMULA_GROUPS = ("dollars", "square", "environment", "single", "round")
MAX_LABEL_CHARS = 300


@dataclass(frozen=True, slots=True)
class Paragraph:
    """The lines of a paragraph without what precedes each, and where they stand in the source."""

    text: str
    starts: Sequence[int]
    """Offset in `text` of each line."""
    places: Sequence[int]
    """Offset in the source of each line."""

    def place(self, offset: int) -> int:
        """Return the offset in the source of an offset in `text`."""
        line = bisect_right(self.starts, offset) - 1
        return self.places[line] + offset - self.starts[line]


class InlineReader:
    """Reader of the text within paragraphs, headings, items and cells."""

    def __init__(self, builder: TextBuilder, labels: Collection[str]) -> None:
        self.builder = builder
        self.labels = labels
        """Labels of the document's link definitions, in lower case."""

    def read(self, paragraph: Paragraph) -> None:
        """Read a paragraph."""
        text = paragraph.text
        tokens = list(find_tokens(text))
        pairs = pair_emphasis(text, [token.span() for token in tokens if token.lastgroup == "mark"])
        dropped = find_link_brackets(text, tokens, self.labels)
        dropped |= {place for pair in pairs for place in (pair.opening, pair.closing)}
        parted = find_parted(text, pairs)
        position = 0
        for token in tokens:
            start, end = token.span()
            self.verbatim(paragraph, position, start)
            if start in parted:
                self.end_sentence(paragraph, start)
            if start not in dropped:
                self.token(paragraph, token)
            if end in parted:
                self.end_sentence(paragraph, end - 1)
            position = end
        self.verbatim(paragraph, position, len(text))

    def token(self, paragraph: Paragraph, token: re.Match[str]) -> None:
        """Read a mark that is not a bracket of a link or a sign of emphasis."""
        kind, place = token.lastgroup, paragraph.place(token.start())
        if kind == "hard":
            self.end_sentence(paragraph, token.end() - 1)
        elif kind in ("display", "formula"):
            self.formula(paragraph, token)
        elif kind == "code":
            start, end = token.span("content")
            self.read_as(paragraph, start, end, read_code(paragraph.text[start:end]))
        elif kind == "tag":
            read_tag(self.builder, token, place)
        elif kind == "reference" and is_reference(token[0]):
            self.builder.characters(unescape(token[0]), place, place + len(token[0]))
        elif kind in ("run", "filler"):
            self.builder.blank(place)
        elif kind not in ("footnote", "ticks", "joiner"):
            start, end = find_content(token, CONTENT_GROUPS)
            if token["high"] and not paragraph.text[start - 1].isdigit():
                start += 1  # 10^6^ is a power, x^2^ an index
            if kind == "small" and paragraph.text[start].isalpha():
                self.builder.blank(place)
            self.verbatim(paragraph, start, end)

    def verbatim(self, paragraph: Paragraph, start: int, end: int) -> None:
        """Read a stretch as it stands."""
        while start < end:
            line = paragraph.text.find("\n", start, end)
            stop = end if line < 0 else line
            read_visible(self.builder, paragraph.text[start:stop], paragraph.place(start))
            if line >= 0:
                self.builder.blank(paragraph.place(line), "\n")
            start = stop + 1

    def end_sentence(self, paragraph: Paragraph, offset: int) -> None:
        """End the sentence at an offset."""
        self.builder.edge(paragraph.place(offset), paragraph=False, closing=True)

    def read_as(self, paragraph: Paragraph, start: int, end: int, words: str) -> None:
        """Read words in place of a stretch, unless they are the same or too long to be read at once."""
        self.builder.begin_reading()
        self.verbatim(paragraph, start, end)
        place, content = self.builder.marked_text()
        if content and words != paragraph.text[start:end] and estimate_length(words) <= MAX_CHARS:
            tag, speak = f"sub alias={quoteattr(words)}", partial(normalize, words)
            self.builder.readings.append(Substitution(place, place + len(content), tag, speak, apart=False))

    def formula(self, paragraph: Paragraph, token: re.Match[str]) -> None:
        """Read a formula in words; one alone in its line is a sentence."""
        text, (start, end) = paragraph.text, token.span()
        first, last = find_content(token, FORMULA_GROUPS)
        is_display = token.lastgroup == "display"
        if is_display and text[start - 1 : start] in ("", "\n"):
            self.end_sentence(paragraph, start)
        words = read_formula(text[first:last])
        if estimate_length(words) > MAX_CHARS:
            self.builder.remarks.add("dropped_formula", "A formula is too long to be read at once; it is not read.")
        elif words:
            self.read_as(paragraph, first, last, words)
        if is_display and text[end : end + 1] in ("", "\n"):
            self.end_sentence(paragraph, end - 1)


def find_content(token: re.Match[str], groups: Sequence[str]) -> tuple[int, int]:
    """Return start and end of what is read of a mark: of one of some groups, else all of it."""
    return next((token.span(group) for group in groups if token[group] is not None), token.span())


def find_tokens(text: str) -> Iterator[re.Match[str]]:
    """Yield the marks of a paragraph; dollar signs of amounts are none."""
    position = 0
    while token := TOKEN.search(text, position):
        if token["single"] is not None and not is_formula(token["single"]):
            position = token.start() + 1
        else:
            yield token
            position = token.end()


def find_link_brackets(text: str, tokens: Sequence[re.Match[str]], labels: Collection[str]) -> set[int]:
    """Return the offsets of the brackets around the texts of links and images; a closing one includes the target."""
    found: set[int] = set()
    opened: list[re.Match[str]] = []
    for token in tokens:
        if token.lastgroup == "open":
            opened.append(token)
        elif token.lastgroup == "close" and opened:
            opening = opened.pop()
            if token[0].endswith(")") or is_label(text, opening.end(), token, labels):
                found |= {opening.start(), token.start()}
    return found


def is_label(text: str, start: int, closing: re.Match[str], labels: Collection[str]) -> bool:
    """Return whether brackets contain the text of a link that is defined elsewhere."""
    label = closing["label"] or text[start : min(closing.start(), start + MAX_LABEL_CHARS)]
    return fold_label(label) in labels


def fold_label(label: str) -> str:
    """Return the canonical spelling of a link's label."""
    return " ".join(label.lower().split())


SENTENCE_BEFORE = re.compile(r"(?:\n|[.!?…~][\"”’)*_]{0,3}\s)\s*\Z")
SENTENCE_AFTER = re.compile(r"\s+[\"“‘(*_]?[A-Z0-9]")
LINE_END = re.compile(r"[ \t]*(?:\n|\Z)")
ACTION = re.compile(r"[a-z]|(?:He|She|They|I|[A-Z][a-z]+(?:s|ing|ed|ly))\b")
ACTION_VERB = re.compile(rf"(?:{'|'.join(list_alternatives('action_verbs'))})\b", re.IGNORECASE)
"""Verbs of actions in role play: emphasis that begins with one needs no mark or capital letter beside it."""
CONTEXT_CHARS = 8
"""Characters on either side of emphasis that decide whether it is an action."""


def find_parted(text: str, pairs: Sequence[EmphasisPair]) -> set[int]:
    """Return the offsets before and after emphasis that is an action (`*waves* Hello`) or the title in its own line."""
    separate = is_own_line, is_action
    return {place for pair in pairs if separate[not pair.is_strong](text, pair) for place in (pair.opening, pair.end)}


def is_own_line(text: str, pair: EmphasisPair) -> bool:
    """Return whether nothing else stands in the line of some emphasis."""
    return text[max(0, pair.opening - 1) : pair.opening] in ("", "\n") and text[pair.end : pair.end + 1] in ("", "\n")


def is_action(text: str, pair: EmphasisPair) -> bool:
    """Return whether emphasis is an action between sentences."""
    before = text[max(0, pair.opening - CONTEXT_CHARS) : pair.opening]
    begins = (len(before) == pair.opening and not before.strip()) or SENTENCE_BEFORE.search(before) is not None
    ends = LINE_END.match(text, pair.end) is not None
    if ACTION_VERB.match(text, pair.opening_end):
        return begins or ends
    after = ends or SENTENCE_AFTER.match(text, pair.end) is not None
    return begins and after and ACTION.match(text, pair.opening_end) is not None
