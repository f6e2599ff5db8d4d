"""Read HTML: a whole document, and the elements within Markdown."""

from __future__ import annotations

import re
from html import unescape
from html.entities import html5

from app.text.formats.hidden import FILLER, IN_HTML, find_hidden, find_preformatted, mask, report_code
from app.text.normalization.cleaning import KNOWN_ELEMENTS
from app.text.segment import PARAGRAPH
from app.text.text_map import TextBuilder
from app.text.word_tables import list_words

PARAGRAPH_ELEMENTS, LINE_ELEMENTS, CELL_ELEMENTS, INLINE_ELEMENTS = (
    frozenset(list_words("html_elements", name)) for name in ("paragraph", "line", "cell", "inline")
)
KNOWN_TAG = (
    rf"<(?P<closing>/?)(?P<name>(?i:{'|'.join(sorted(KNOWN_ELEMENTS))}))(?=[\s/>])"
    r"(?P<attributes>\s*+(?:open\b|[^\s<>=]++\s*+=(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)?+\s*+)/?>"
)
"""Tag of HTML within other text: no comparison such as `a <b and c> d`. It ends before the next `<`."""
ANY_TAG = re.compile(
    r"<(?P<closing>/?)(?P<name>[A-Za-z][\w:.-]{0,40})(?=[\s/>])"
    r"(?P<attributes>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+(?=>)|[^<>]*+)>|<[!?/][^<>]*+>"
)
ALTERNATIVE = re.compile(r"\balt\s{0,9}=\s{0,9}(?:\"([^\"<>]*+)\"|'([^'<>]*+)'|([^\s\"'<>]++))", re.IGNORECASE)
REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
VISIBLE = re.compile(f"[^{FILLER}]+")


def is_reference(written: str) -> bool:
    """Return whether `&…;` is a character reference."""
    return written[1] == "#" or written[1:] in html5


def read_html(builder: TextBuilder, text: str) -> None:
    """Read a document in HTML, well-formed or not."""
    hidden = find_hidden(text, IN_HTML, builder.remarks)
    code = list(find_preformatted(text))
    report_code(sum(text[start:end].strip().count("\n") + 1 for start, end in code), builder.remarks)
    source = mask(text, [*hidden, *code])
    position = 0
    for tag in ANY_TAG.finditer(source):
        read_text_with_references(builder, source[position : tag.start()], position)
        if tag["name"]:
            read_tag(builder, tag, tag.start())
        position = tag.end()
    read_text_with_references(builder, source[position:], position)


def read_tag(builder: TextBuilder, tag: re.Match[str], place: int) -> None:
    """Separate what an element separates; read the alternative text of an image."""
    name, closing = tag["name"].lower(), bool(tag["closing"])
    if name in PARAGRAPH_ELEMENTS:
        end_paragraph(builder, place)
    elif name in LINE_ELEMENTS:
        builder.edge(place, paragraph=False, closing=True)
    elif name in CELL_ELEMENTS and not closing:
        builder.comma(place, place + tag.end() - tag.start())
    elif name == "img":
        read_alternative(builder, tag, place)
    elif name not in INLINE_ELEMENTS:
        builder.blank(place)


def end_paragraph(builder: TextBuilder, place: int) -> None:
    """End the sentence and the paragraph."""
    builder.blank(place, PARAGRAPH)
    builder.edge(place, paragraph=True, closing=True)


def read_alternative(builder: TextBuilder, tag: re.Match[str], place: int) -> None:
    """Read the alternative text of an image."""
    found = ALTERNATIVE.search(tag["attributes"])
    if found:
        group = next(number for number in (1, 2, 3) if found[number] is not None)
        offset = tag.start("attributes") - tag.start() + found.start(group)
        read_text_with_references(builder, found[group], place + offset)


def read_text_with_references(builder: TextBuilder, text: str, place: int) -> None:
    """Read text in which character references stand for characters."""
    position = 0
    for reference in REFERENCE.finditer(text):
        if is_reference(reference[0]):
            read_visible(builder, text[position : reference.start()], place + position)
            builder.characters(unescape(reference[0]), place + reference.start(), place + reference.end())
            position = reference.end()
    read_visible(builder, text[position:], place + position)


def read_visible(builder: TextBuilder, text: str, place: int) -> None:
    """Read text as it stands; what is hidden separates words."""
    position = 0
    for part in VISIBLE.finditer(text):
        if position < part.start():
            builder.blank(place + position)
        builder.characters(part[0], place + part.start(), place + part.end())
        position = part.end()
    if position < len(text):
        builder.blank(place + position)
