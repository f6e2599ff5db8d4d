"""Read DOCX with python-docx: paragraphs, tables, and chapters at headings; notes, headers and footers are not read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.documents.archive import MAX_UNPACKED_BYTES, Archive
from app.documents.document import Block, Document, clean_line, split_at_headings
from app.errors import UnreadableDocument
from app.types import PlanWarning

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

BODY = "word/document.xml"
_FOOTNOTES = ("word/footnotes.xml", "word/endnotes.xml")


def read_docx(data: bytes, archive: Archive) -> Document:
    """Read a document of Word; raise `UnreadableDocument` if it is damaged, too large or without text."""
    if archive.declared_bytes > MAX_UNPACKED_BYTES:
        raise UnreadableDocument("The document unpacks to more than a document has.")
    archive.read_xml(BODY)  # bounded, and without entities
    import docx  # takes some time, and few files need it
    from docx.opc.exceptions import OpcError

    try:
        word = docx.Document(io.BytesIO(data))
        blocks = list(_read_blocks(word))
    except (OpcError, KeyError, ValueError, AttributeError) as error:
        raise UnreadableDocument(f"The DOCX is damaged: {error}.", hint="Open and save it again.") from None
    facts = word.core_properties
    title = clean_line(facts.title or "") or next((clean_line(one.text) for one in blocks if one.level == 1), "")
    chapters = split_at_headings(blocks, title)
    if not chapters:
        raise UnreadableDocument("The document contains no text.")
    warnings: tuple[PlanWarning, ...] = ()
    if any(name in archive.names for name in _FOOTNOTES):
        warnings = (PlanWarning("footnotes_left_out", "Footnotes and endnotes are not read."),)
    return Document(title, clean_line(facts.author or ""), clean_line(facts.language or ""), None, chapters, warnings)


def _read_blocks(word: WordDocument) -> Iterator[Block]:
    from docx.table import Table

    for part in word.iter_inner_content():
        if isinstance(part, Table):
            for row in part.rows:
                cells = dict.fromkeys(" ".join(cell.text.split()) for cell in row.cells)
                if text := ", ".join(cell for cell in cells if cell):
                    yield Block(text)
        elif text := part.text.replace("\t", " ").strip():
            yield Block(text, _find_level((part.style.name if part.style else "") or ""))


def _find_level(style: str) -> int:
    """Return the level of a heading style; python-docx gives styles their English names."""
    name = style.lower()
    if name == "title":
        return 1
    return min(int(name[8:9]) + 1, 6) if name.startswith("heading ") and name[8:9].isdigit() else 0
