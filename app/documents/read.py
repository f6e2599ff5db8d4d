"""Recognize the kind of a document by its bytes, its name and its media type, and read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from app.documents.archive import Archive
from app.documents.document import Document
from app.documents.text import decode, read_html_document, read_markdown, read_plain
from app.errors import UnreadableDocument
from app.text.formats.detect import HTML_DOCUMENT
from app.types import InputFormat

MAX_DOCUMENT_BYTES = 256 * 1024 * 1024
_HTML = frozenset((".html", ".htm", ".xhtml"))
_MARKDOWN = frozenset((".md", ".markdown"))
TABLES = frozenset((".csv", ".tsv"))
SCREENPLAYS = frozenset((".script", ".screenplay"))
_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
}
"""Suffixes by media type, for a document without a name."""
_KNOWN_STARTS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old file of Word (.doc)", "Save it as DOCX."),
    (b"{\\rtf", "RTF", "Save it as DOCX."),
    (b"\x7fELF", "a program", ""),
    (b"\x89PNG", "an image", "Recognize its text first (OCR)."),
    (b"\xff\xd8\xff", "an image", "Recognize its text first (OCR)."),
    (b"Rar!\x1a", "a RAR archive", "Unpack it."),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it."),
)
_MOBI_PLACE = slice(60, 68)
_MOBI = (b"BOOKMOBI", b"TEXtREAd")


def read_document(
    data: bytes, name: str = "", media_type: str = "", check: Callable[[], None] = lambda: None
) -> Document:
    """Read a document: EPUB, DOCX, PDF, HTML, Markdown, CSV, a screenplay or plain text.

    `name` is that of its file. `check` is called for each page and may raise to stop. Raise
    `UnreadableDocument` for anything else, and for what has no text.
    """
    if len(data) > MAX_DOCUMENT_BYTES:
        raise UnreadableDocument(f"The document has more than {MAX_DOCUMENT_BYTES} bytes.")
    suffix = PurePath(name).suffix.lower() or _SUFFIXES.get(media_type, "")
    if data.startswith(b"PK\x03\x04"):
        return _read_archive(data, check)
    if b"%PDF-" in data[:1024]:
        from app.documents.pdf import read_pdf

        return read_pdf(data, check)
    _refuse_known(data, name)
    decoded = decode(data, name or "The document")
    if not decoded.text.strip():
        raise UnreadableDocument("The document is empty.")
    if suffix in TABLES | SCREENPLAYS:
        from app.documents.script import read_script

        return read_script(decoded)
    if suffix in _HTML or HTML_DOCUMENT.match(decoded.text) or decoded.text.startswith("<?xml"):
        return read_html_document(decoded)
    return read_markdown(decoded) if suffix in _MARKDOWN else read_plain(decoded)


def is_bare_text(document: Document) -> bool:
    """Return whether a document is only a text, without facts about it and without parts that are left out."""
    facts = document.title or document.author or document.language
    return not facts and not document.warnings and document.chapters[0].format is not InputFormat.TEXT


def _read_archive(data: bytes, check: Callable[[], None]) -> Document:
    from app.documents.docx import BODY, read_docx
    from app.documents.epub import CONTAINER, read_epub

    archive = Archive(data)
    if CONTAINER in archive.names:
        return read_epub(archive, check)
    if BODY in archive.names:
        return read_docx(data, archive)
    kind, hint = "a zip archive", "Unpack it, and name a document in it."
    if "content.xml" in archive.names:
        kind, hint = "a file of OpenDocument", "Save it as DOCX or EPUB."
    raise UnreadableDocument(f"The file is {kind}, which cannot be read.", hint=hint)


def _refuse_known(data: bytes, name: str) -> None:
    """Raise `UnreadableDocument` for kinds of files that are known not to be read."""
    kind, hint = next(((kind, hint) for start, kind, hint in _KNOWN_STARTS if data.startswith(start)), ("", ""))
    if data[_MOBI_PLACE] in _MOBI:
        kind, hint = "a Kindle book (MOBI, AZW)", "Use its EPUB; Kindle books are often protected."
    if kind:
        raise UnreadableDocument(f"{name[:100] or 'The document'} is {kind}, which cannot be read.", hint=hint)
