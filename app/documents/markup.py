"""Read the paragraphs and headings of HTML and XHTML, without footnotes, page marks and what is not text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from app.documents.document import Block
from app.errors import UnreadableDocument
from app.types import PlanWarning

Attributes = list[tuple[str, str | None]]

MAX_DEPTH = 1000
"""Maximum nesting of elements; documents of people have under a hundred."""
_MAX_UNFINISHED_CHARS = 2000
_MAX_MARK_PIECES = 20
"""Maximum pieces of text of a link to a footnote, which has one to five."""
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_HIDDEN = frozenset(
    "script style template noscript svg math object iframe head nav rt rp audio video select button textarea".split()
)
_BLOCKS = frozenset(
    "p div section article aside header footer main blockquote figure figcaption ul ol li dl dt dd table caption tr hr "
    "pre address h1 h2 h3 h4 h5 h6 body details summary center form fieldset".split()
)
_CELLS = frozenset(("td", "th"))
_ENDED_BY_NEXT = frozenset(("p", "li", "dt", "dd", "tr", "td", "th", "option"))
"""Elements whose end tags HTML may omit before the next of them."""
_NOTE_REFERENCES = frozenset(("noteref", "doc-noteref", "doc-backlink", "backlink"))
_NOTES = frozenset(
    "footnote footnotes endnote endnotes rearnote rearnotes doc-footnote doc-endnote doc-endnotes".split()
)
_PAGES = frozenset(("pagebreak", "doc-pagebreak", "pagenum", "pagenumber", "page-number", "pageno", "page-list"))
_OTHER = frozenset(
    "toc landmarks doc-toc index doc-index cover copyright-page pg-boilerplate loi lot sr-only visually-hidden".split()
)
_MARK = re.compile(r"\s*[\[(]?(?:\d{1,4}|[*†‡§¶]{1,4}|[a-z])[\])]?\s*")
"""What a link to a footnote shows."""
_SCENE_MARK = "* * *"
"""Text of a rule between paragraphs, which plans read as a pause."""
_SPACE = re.compile(r"[ \t\r\n\f]+")
_NAMES = {
    "note": ("footnotes_left_out", "{} footnotes and references to them are not read."),
    "page": ("page_marks_left_out", "{} page numbers are not read."),
    "image": ("images_left_out", "{} images are not described."),
    "other": ("parts_left_out", "{} parts such as a table of contents or a licence are not read."),
}


@dataclass(slots=True)
class Element:
    """Element that was opened."""

    name: str
    hidden: str
    """Kind of what is not read, a key of `_NAMES` or `-`; empty if it is read."""
    link: str | None = None
    """Address, if the element is a link within the document."""
    start: int = 0
    """Number of pieces of text before the element."""
    raised: bool = False
    """Whether it contains superscript text."""


@dataclass(slots=True)
class Markup:
    """Content of one HTML file."""

    blocks: list[Block] = field(default_factory=list)
    title: str = ""
    author: str = ""
    language: str = ""
    left_out: Counter[str] = field(default_factory=Counter)
    """Numbers of parts that are not read, by the keys of `_NAMES`."""
    notes: set[str] = field(default_factory=set)
    """Addresses to which references to footnotes lead."""


def read_markup(text: str, notes: frozenset[str] = frozenset()) -> Markup:
    """Read a file of HTML or XHTML; blocks with the anchors `notes` are footnotes and not read."""
    reader = _Reader(notes)
    reader.feed(text)
    close_parser(reader)
    reader.end_block()
    return reader.markup


def close_parser(parser: HTMLParser) -> None:
    """Parse the end of a text; raise `UnreadableDocument` for a long unfinished tag, which takes quadratic time."""
    if len(parser.rawdata) > _MAX_UNFINISHED_CHARS:
        raise UnreadableDocument("The HTML ends within a tag, a comment or a script.", hint="Export it again.")
    parser.close()


def make_warnings(left_out: Counter[str]) -> Iterator[PlanWarning]:
    """Yield a warning for each kind of what is not read."""
    for kind, (code, detail) in _NAMES.items():
        if left_out[kind]:
            yield PlanWarning(code, detail.format(left_out[kind]))


class _Reader(HTMLParser):
    def __init__(self, notes: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.markup = Markup()
        self._notes = notes
        self._stack: list[Element] = []
        self._open: Counter[str] = Counter()
        self._hidden = 0
        self._pieces: list[str] = []
        self._anchors: list[str] = []
        self._level = 0
        self._is_note = False
        self._after_rule = False
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        values = {name: value or "" for name, value in attrs}
        self._read_metadata(tag, values)
        if self._open["head"] and (tag == "body" or (tag in _BLOCKS and self._stack[-1].name == "head")):
            self.handle_endtag("head")  # HTML may omit its end tag
        if tag in _BLOCKS:
            self.end_block()
            if self._stack and self._stack[-1].name == "p":
                self._close("p")
        if tag in _ENDED_BY_NEXT and self._stack and self._stack[-1].name == tag:
            self._close(tag)
        anchor = values.get("id") or (values.get("name", "") if tag == "a" else "")
        if anchor and not self._hidden:
            self._anchors.append(anchor)
            self._is_note |= anchor in self._notes and not any(piece.strip() for piece in self._pieces)
        if tag in _VOID:
            self._add_void(tag)
            return
        self._push(tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        if tag in _BLOCKS:
            self.end_block()
        if self._open[tag]:
            while self._stack[-1].name != tag:
                self._close(self._stack[-1].name)
            self._close(tag)
        if tag in _CELLS and self._pieces:
            self._pieces.append(", ")

    def handle_data(self, data: str) -> None:
        if self._in_title and not self.markup.title:
            self.markup.title = " ".join(data.split())
        if not self._hidden and not self._in_title:
            self._pieces.append(data if self._open["pre"] else _SPACE.sub(" ", data))

    def end_block(self) -> None:
        """End the current paragraph."""
        text, self._pieces = "".join(self._pieces), []
        lines = (_SPACE.sub(" ", line).strip() for line in text.replace("\xad", "").split("\n"))
        text = "\n".join(line for line in lines if line).strip(" ,")
        is_note, self._is_note = self._is_note, False
        if is_note and text:
            self.markup.left_out["note"] += 1
        elif text:
            if self._after_rule and not self._level and self.markup.blocks and not self.markup.blocks[-1].level:
                self.markup.blocks.append(Block(_SCENE_MARK))
            self._after_rule = False
            self.markup.blocks.append(Block(text, self._level, tuple(self._anchors)))
            self._anchors = []

    def _read_metadata(self, tag: str, values: dict[str, str]) -> None:
        if tag == "title":
            self._in_title = not self._open["body"] and not self._open["svg"]
        elif tag == "meta" and values.get("name", "").lower() in ("author", "dc.creator"):
            self.markup.author = self.markup.author or " ".join(values.get("content", "").split())
        if tag in ("html", "body"):
            language = values.get("xml:lang") or values.get("lang") or ""
            self.markup.language = self.markup.language or language

    def _add_void(self, tag: str) -> None:
        if self._hidden:
            return
        if tag == "br":
            self._pieces.append("\n")
        elif tag == "hr":
            self._after_rule = True
        elif tag == "img":
            self.markup.left_out["image"] += 1

    def _push(self, tag: str, values: dict[str, str]) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise UnreadableDocument(f"Elements are nested deeper than {MAX_DEPTH} levels.")
        kind = "" if self._hidden else _find_hidden_kind(tag, values)
        if not kind and not self._hidden and tag in _BLOCKS and values.get("id") in self._notes:
            kind = "note"
        link = values.get("href") if tag == "a" and "#" in values.get("href", "") else None
        if kind in _NAMES:
            self.markup.left_out[kind] += 1
        if kind == "note" and link:
            self.markup.notes.add(link)
        if len(tag) == 2 and tag[0] == "h" and tag[1] in "123456" and not self._hidden:
            self._level = int(tag[1])
        self._stack.append(Element(tag, kind, link, len(self._pieces)))
        self._open[tag] += 1
        self._hidden += bool(kind)

    def _close(self, tag: str) -> None:
        element = self._stack.pop()
        self._open[element.name] -= 1
        self._hidden -= bool(element.hidden)
        if len(tag) == 2 and tag[0] == "h" and tag[1] in "123456":
            self._level = 0
        if self._hidden or len(self._pieces) - element.start > _MAX_MARK_PIECES:
            return
        if element.link:
            shown = "".join(self._pieces[element.start :])
            raised = self._open["sup"] or element.raised
            if shown and _MARK.fullmatch(shown) and (raised or not shown.strip().isalnum()):
                del self._pieces[element.start :]
                self.markup.notes.add(element.link)
                self.markup.left_out["note"] += 1
        if tag == "sup" and self._stack:
            self._stack[-1].raised = True
        if tag == "sup" and element.start < len(self._pieces):
            inside = "".join(self._pieces[element.start :])
            if not inside.strip(" []()"):
                del self._pieces[element.start :]


def _find_hidden_kind(tag: str, values: dict[str, str]) -> str:
    """Return the kind of an element that is not read; empty if it is read."""
    if tag in _HIDDEN:
        return "-"
    if "hidden" in values or values.get("style", "").replace(" ", "").startswith("display:none"):
        return "other"
    types = {*values.get("epub:type", "").split(), values.get("role", "")}
    words = types | {*values.get("class", "").lower().split()}
    if types & _NOTE_REFERENCES or types & _NOTES:
        return "note"
    if words & _PAGES:
        return "page"
    return "other" if words & _OTHER and tag != "body" else ""
