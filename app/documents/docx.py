"""Read DOCX with python-docx: paragraphs, tables, and chapters at headings; notes, headers and footers are not read."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.documents.archive import MAX_UNPACKED_BYTES, Archive
from app.documents.document import MAX_DOCUMENT_CHARS, Block, Document, clean_line, split_at_headings
from app.errors import UnreadableDocument
from app.types import PlanWarning

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

BODY = "word/document.xml"
_DAMAGES = (zipfile.BadZipFile, zlib.error, LookupError, ValueError, TypeError, AttributeError, RuntimeError)
"""What python-docx raises for damaged files, besides its own errors."""
_FOOTNOTES = ("word/footnotes.xml", "word/endnotes.xml")


def read_docx(data: bytes, archive: Archive) -> Document:
    """Read a document of Word; raise `UnreadableDocument` if it is damaged, too large or without text."""
    if archive.declared_bytes > MAX_UNPACKED_BYTES:
        raise UnreadableDocument("The document unpacks to more than a document has.")
    archive.read_xml(BODY)  # bounded, and without entities
    import docx  # takes some time, and few files need it
    from docx.opc.exceptions import OpcError
    from docx.oxml.exceptions import XmlchemyError
    from lxml.etree import LxmlError  # type: ignore[import-untyped]

    try:
        word = docx.Document(io.BytesIO(data))
        blocks = list(_check_length(_read_blocks(word)))
        title, author, language = _read_facts(word)
    except (OpcError, LxmlError, XmlchemyError, *_DAMAGES) as error:
        raise UnreadableDocument(f"The DOCX is damaged: {error}.", hint="Open and save it again.") from None
    title = title or next((clean_line(one.text) for one in blocks if one.level == 1), "")
    chapters = split_at_headings(blocks, title)
    if not chapters:
        raise UnreadableDocument("The document contains no text.")
    warnings: tuple[PlanWarning, ...] = ()
    if any(name in archive.names for name in _FOOTNOTES):
        warnings = (PlanWarning("footnotes_left_out", "Footnotes and endnotes are not read."),)
    return Document(title, author, language, None, chapters, warnings)


def _read_facts(word: WordDocument) -> tuple[str, str, str]:
    """Return title, author and language; python-docx invents some for a document without properties."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    if all(one.reltype != RELATIONSHIP_TYPE.CORE_PROPERTIES for one in word.part.package.rels.values()):
        return "", "", ""
    facts = word.core_properties
    return clean_line(facts.title or ""), clean_line(facts.author or ""), clean_line(facts.language or "")


def _check_length(blocks: Iterator[Block]) -> Iterator[Block]:
    count = 0
    for block in blocks:
        count += len(block.text)
        if count > MAX_DOCUMENT_CHARS:
            raise UnreadableDocument(f"The document has more than {MAX_DOCUMENT_CHARS} characters.")
        yield block


def _read_blocks(word: WordDocument) -> Iterator[Block]:
    from docx.table import Table, _Cell

    for part in word.iter_inner_content():
        if isinstance(part, Table):
            for row in part.rows:
                # Row.cells would repeat a cell for each column and row that it spans.
                own = (_Cell(one, part) for one in row._tr.tc_lst if one.vMerge != "continue")
                if text := ", ".join(text for cell in own if (text := " ".join(cell.text.split()))):
                    yield Block(text)
        elif text := part.text.replace("\t", " ").strip():
            yield Block(text, _find_level((part.style.name if part.style else "") or ""))


def _find_level(style: str) -> int:
    """Return the level of a heading style; python-docx gives styles their English names."""
    name = style.lower()
    if name == "title":
        return 1
    return min(int(name[8:9]) + 1, 6) if name.startswith("heading ") and name[8:9].isdigit() else 0
