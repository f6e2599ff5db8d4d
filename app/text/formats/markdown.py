"""Read the lines of Markdown: headings, lists, quotes, tables, code and paragraphs."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from app.text.formats.detect import BULLETS, SIGN_ROW
from app.text.formats.hidden import FILLER, IN_MARKDOWN, find_hidden, find_subtitle_marks, mask, report_code
from app.text.formats.html import end_paragraph
from app.text.formats.inline import InlineReader, Paragraph, fold_label
from app.text.segment import PARAGRAPH
from app.text.text_map import TextBuilder

WHITE = f" \t\n\r\v\f\x1c\x1d\x1e\x85\xa0\u2028\u2029{FILLER}"

QUOTE = re.compile(r"[ \t]*+(?:>(?!!)[ \t]?)++")
ITEM = re.compile(rf"(?:(?:[-*+](?=[ \t])|:(?=[ \t]++\w)|[{BULLETS}])[ \t]*+(?:\[[ xX]\](?=[ \t])[ \t]++)?+)++(?=\S)")
NUMBER = re.compile(r"\d{1,9}[.)][ \t]++\S")
HEADING = re.compile(
    r"#{2,6}(?!#)[ \t]*+|#[ \t]++(?!of\b)|(?:={2,}+|[~/@*_-]{3,}+)[ \t]++(?=\S.*[ \t](?:={2,}+|[~/@*_-]{3,}+)\Z)"
)
HEADING_END = re.compile(r"(?:\A|[ \t])(?:#++|={2,}+|[~/@*_-]{3,}+)\Z")
FENCE = re.compile(r"(?:(`{3,}+)[ \t]*+([^`]*+)|(~{3,}+)[ \t]*+([\w.+#-]*+))\Z")
ROW_OF_SIGNS = re.compile(rf"(?:{SIGN_ROW}|(?:[-*_][ \t]*+){{3,}}+|~{{3,}}+|=++|--)\Z")
TABLE_RULE = re.compile(r"\|?+[ \t]*+:?+-++:?+[ \t]*+(?:\|[ \t]*+(?::?+-++:?+[ \t]*+)?+)++\Z")
ROW = re.compile(r"\|[ \t].*\|\Z")
PIPE = re.compile(r"(?<!\\)\|")
LINK_DEFINITION = re.compile(
    r"[ ]{0,3}\[(?!\^)([^\[\]]{1,300}+)\]:[ \t]*+\S++(?:[ \t]++(?:\"[^\"]*+\"|'[^']*+'|\([^()]*+\)))?+[ \t]*+\Z"
)
NOTE_DEFINITION = re.compile(r"\[\^[^\[\]\s]{1,60}\]:")
ALERT = re.compile(r"\[!([A-Za-z]{1,20})\]\Z")
FRONT_MATTER = re.compile(
    r"---[ \t]*+\r?\n(?:[\w-]++:|[ \t#])[^\n]*+\n(?:(?!---|\.\.\.)[^\n]*+\n)*+(?:---|\.\.\.)[ \t]*+\r?(?:\n|\Z)"
)
INDENTED = re.compile(r"[ ]{0,3}\t|[ ]{4}")
CODE_LINE = re.compile(
    r"\s*+(?:(?:def|class|if|elif|else|for|while|with|try|except)\b[^#]*+:\s*+(?:#.*+)?\Z"
    r"|(?:import|from)\s\S++(?:\s++import\s.++)?\Z"
    r"|(?:return|print|const|let|var|function|sudo|pip|npm|git|cd|curl|apt|docker|#include|\$|>>>|//|/\*)(?![\w'’,]).*+\Z"
    r"|[\w.\[\]\"']++\s*+[-+*/]?+=\s*+\S.*+\Z|[\w.]++\(.*\)\Z|[})\]]++[;,]?\Z|.*[;{}]\Z)"
)
"""A line of code, which is no prose."""
LINES_ABOVE = 3
"""Lines above a fence that decide whether it ends code or begins some."""


class Line(NamedTuple):
    """A line of the source."""

    start: int
    """Offset in the source of its text."""
    text: str
    """Its text without white space and hidden characters at both ends."""
    is_indented: bool = False
    """Whether it begins with at least four blanks or a tab."""
    is_broken: bool = False
    """Whether two blanks at its end break the line."""

    @property
    def end(self) -> int:
        """Offset in the source of the end of its text."""
        return self.start + len(self.text)

    def skip(self, characters: int) -> Line:
        """Return the line without its first characters."""
        return self._replace(start=self.start + characters, text=self.text[characters:])


class MarkdownReader:
    """Reader of one document, line by line: nesting makes no difference to a listener, and has no limit."""

    def __init__(self, builder: TextBuilder, *, indented_code: bool) -> None:
        """Create a reader; `indented_code` is whether every indented block is code, not only one that looks like it."""
        self.builder = builder
        self.indented_code = indented_code
        self.lines: list[Line] = []
        self.number = 0
        """Number of the next line."""
        self.open: list[Line] = []
        """Lines of the paragraph that is being collected."""
        self.after_blank = True
        self.in_quote = False
        self.in_list = False
        self.in_table = False
        self.prose_until = 0
        """Number of the line until which indented lines are known to be prose."""
        self.unclosed = {"`": math.inf, "~": math.inf}
        """Minimum length of a fence of each sign that no later line closes."""
        self.code_lines = 0
        self.inline = InlineReader(builder, frozenset())

    def read(self, text: str) -> None:
        """Read a document."""
        remarks = self.builder.remarks
        hidden = find_hidden(text, IN_MARKDOWN, remarks)
        if front := FRONT_MATTER.match(text):
            remarks.add("dropped_front_matter", "The metadata at the beginning of the text is not read.")
            hidden.append(front.span())
        subtitles = find_subtitle_marks(text, remarks)
        self.lines = find_lines(mask(text, hidden, subtitles))
        definitions = (LINK_DEFINITION.match(line.text) for line in self.lines)
        self.inline.labels = {fold_label(definition[1]) for definition in definitions if definition}
        while self.number < len(self.lines):
            line = self.lines[self.number]
            self.number += 1
            self.line(line)
        self.end_block()
        report_code(self.code_lines, remarks)

    def line(self, line: Line) -> None:
        """Read a line, or the block that begins with it."""
        if not line.text:
            self.end_block()
            self.after_blank = True
            return
        if self.after_blank and self.skip_indented_code():
            return
        self.after_blank = False
        if not ROW_OF_SIGNS.match(line.text):
            line = self.enter_quote(line)
        if not line.text or ROW_OF_SIGNS.match(line.text) or FENCE.match(line.text):
            if not self.skip_fence(line):
                self.end_block()
        elif not (self.skip_definition(line) or self.read_row(line)):
            self.read_text(line)

    def enter_quote(self, line: Line) -> Line:
        """Return a line without the marks of a quote; a paragraph ends where a quote begins or ends."""
        quote = QUOTE.match(line.text)
        if bool(quote) != self.in_quote:
            self.end_block()
            self.in_quote = bool(quote)
        return line.skip(quote.end()) if quote else line

    def read_text(self, line: Line) -> None:
        """Read a heading, or a line of a paragraph or an item."""
        if heading := HEADING.match(line.text):
            self.end_block()
            title = line.skip(heading.end())
            self.open.append(title._replace(text=HEADING_END.sub("", title.text)))
            self.end_block()
        elif alert := ALERT.match(line.text):
            self.end_block()
            self.open.append(Line(line.start + alert.start(1), alert[1]))
            self.end_item()
        elif item := ITEM.match(line.text):
            self.end_item()
            content = line.skip(item.end())
            if not self.skip_fence(content):
                self.read_text(content)
            self.in_list = True
        else:
            if NUMBER.match(line.text):
                self.end_item()
                self.in_list = True
            elif not self.open:
                self.in_list = self.in_list and line.is_indented
            self.open.append(line)

    def read_row(self, line: Line) -> bool:
        """Read a row of a table, with commas between its cells; return whether the line is one or the rule below it."""
        if TABLE_RULE.match(line.text):
            self.in_table = True
            return True
        following = self.lines[self.number].text if self.number < len(self.lines) else ""
        is_head = "|" in line.text and TABLE_RULE.match(QUOTE.sub("", following, 1)) is not None
        is_row = ROW.match(line.text) is not None
        self.in_table = is_head or (self.in_table and "|" in line.text)
        if not (self.in_table or is_row):
            return False
        self.end_item()
        position = 0
        for pipe in (*PIPE.finditer(line.text), None):
            cell = line.text[position : pipe.start() if pipe else None]
            if cell.strip():
                self.open.append(strip_line(Line(line.start + position, cell)))
                self.builder.comma(line.start + max(0, position - 1), self.open[0].start)
                self.read_open()
            position = pipe.end() if pipe else position
        self.builder.edge(line.end, paragraph=False, closing=True)
        return True

    def skip_fence(self, line: Line) -> bool:
        """Skip code after a fence, to the next one or the end; return whether there is any.

        Tildes around prose are no fences, and neither is the end of code that began in an earlier text.
        """
        fence = FENCE.match(line.text)
        if not fence:
            return False
        signs, language = (fence[1], fence[2]) if fence[1] else (fence[3], fence[4])
        closing = re.compile(rf"(?:>[ \t]?)*+{signs[0]}{{{len(signs)},}}+\Z")
        numbers = range(self.number, len(self.lines)) if len(signs) < self.unclosed[signs[0]] else ()
        end = next((number for number in numbers if closing.match(self.lines[number].text)), None)
        if end is None:
            self.unclosed[signs[0]] = min(self.unclosed[signs[0]], len(signs))
            if signs[0] == "~":
                return False
        code = self.lines[self.number : end]
        above = self.lines[max(0, self.number - 1 - LINES_ABOVE) : self.number - 1]
        is_doubtful = signs[0] == "~" or (end is None and is_code(above))
        if is_doubtful and not (language or is_code(code)):
            return False
        self.end_block()
        self.code_lines += len(code)
        self.number = len(self.lines) if end is None else end + 1
        return True

    def skip_indented_code(self) -> bool:
        """Skip indented lines after a blank one if they are code; return whether they are."""
        first = self.number - 1
        if first < self.prose_until or not self.lines[first].is_indented:
            return False
        end = first
        while end < len(self.lines) and (self.lines[end].is_indented or not self.lines[end].text):
            end += 1
        code = [line for line in self.lines[first:end] if line.text]
        if not is_code(code) and (self.in_list or not self.indented_code):
            self.prose_until = end
            return False
        self.end_block()
        self.code_lines += len(code)
        self.number = end
        return True

    def skip_definition(self, line: Line) -> bool:
        """Skip the definition of a footnote or of a link's target; return whether the line begins one."""
        if LINK_DEFINITION.match(line.text):
            self.end_block()
            return True
        if not NOTE_DEFINITION.match(line.text):
            return False
        self.end_block()
        self.builder.remarks.add("dropped_notes", "Footnotes are not read.")
        while self.number < len(self.lines) and self.lines[self.number].is_indented:
            self.number += 1
        return True

    def read_open(self) -> None:
        """Read the paragraph that was collected."""
        if self.open:
            self.inline.read(join_lines(self.open))
            self.open = []

    def end_item(self) -> None:
        """End the item or line of a list before the next one."""
        if self.open:
            place = self.open[-1].end
            self.read_open()
            self.builder.edge(place, paragraph=False, closing=True)

    def end_block(self) -> None:
        """End the paragraph, and the table if there is one."""
        place = self.open[-1].end if self.open else self.lines[self.number - 1].start if self.number else 0
        self.read_open()
        self.in_table = False
        if self.builder.length:
            end_paragraph(self.builder, place)


def find_lines(source: str) -> list[Line]:
    """Return the lines of a text; an empty one follows each paragraph separator of Unicode."""
    lines, place = [], 0
    for written in source.splitlines(keepends=True):
        text = written.lstrip(WHITE)
        start = place + len(written) - len(text)
        is_broken = written.rstrip("\r\n").endswith("  ")
        lines.append(Line(start, text.rstrip(WHITE), INDENTED.match(written) is not None, is_broken))
        place += len(written)
        if written.endswith(PARAGRAPH):
            lines.append(Line(place - 1, ""))
    return lines


def strip_line(line: Line) -> Line:
    """Return a line without white space at its ends."""
    return line._replace(start=line.start + len(line.text) - len(line.text.lstrip()), text=line.text.strip())


def join_lines(lines: Sequence[Line]) -> Paragraph:
    """Return the paragraph that consists of some lines."""
    texts = [line.text + "  " * line.is_broken for line in lines[:-1]] + [lines[-1].text]
    starts = [0, *accumulate(len(text) + 1 for text in texts[:-1])]
    return Paragraph("\n".join(texts), starts, [line.start for line in lines])


def is_code(lines: Sequence[Line]) -> bool:
    """Return whether at least half of some lines are code and no prose."""
    found = sum(1 for line in lines if CODE_LINE.match(line.text))
    return found > 0 and 2 * found >= sum(1 for line in lines if line.text)
