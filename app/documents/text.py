"""Decode text, and read plain text of Project Gutenberg, Markdown with front matter, and HTML."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.documents.document import Chapter, Document, clean_line, split_at_headings
from app.documents.markup import make_warnings, read_markup
from app.errors import UnreadableDocument
from app.text.headings import find_headings
from app.types import InputFormat, PlanWarning

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_DECLARED = re.compile(rb"(?:encoding|charset)\s{0,3}=\s{0,3}[\"']?([A-Za-z0-9._-]{1,30})")
_CHARSETS = frozenset(("iso-8859-1", "latin-1", "iso-8859-15", "windows-1252"))
"""Character sets that are read as declared; a text that is not UTF-8 may nevertheless declare it."""
_GUTENBERG_START = re.compile(r"^\*\*\* ?START OF TH(?:E|IS) PROJECT GUTENBERG EBOOK.*$", re.MULTILINE)
_GUTENBERG_END = re.compile(
    r"^(?:\*\*\* ?END OF TH(?:E|IS) PROJECT GUTENBERG EBOOK|End of (?:the |this )?Project Gutenberg).*$",
    re.MULTILINE | re.IGNORECASE,
)
_FIELD = re.compile(r"^(title|author|language):[ \t]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
_ILLUSTRATION = re.compile(r"\[(?:Illustration|Footnote)[^\[\]]{0,2000}\]")
_NOTE_NUMBER = re.compile(r"(?<=\S)\[\d{1,3}\]")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.{0,20000}?)^(?:---|\.\.\.)[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)
_PAIR = re.compile(r"^(title|author|lang|language)[ \t]*:[ \t]*(.+?)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_LANGUAGES = {"english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it", "portuguese": "pt"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """Characters of a file."""

    text: str
    warnings: tuple[PlanWarning, ...] = ()


def decode(data: bytes, name: str) -> Decoded:
    """Decode a text file: by its byte order mark, as UTF-8, as it declares itself, else as Windows-1252 with a warning.

    Raise `UnreadableDocument` for bytes that are no text.
    """
    for mark, charset in _MARKS:
        if data.startswith(mark):
            return Decoded(_check_text(data[len(mark) :].decode(charset, "replace"), name))
    try:
        return Decoded(_check_text(data.decode("utf-8"), name))
    except UnicodeDecodeError:
        pass
    declared = _DECLARED.search(data[:1024])
    charset = declared[1].decode().lower() if declared else ""
    text = _check_text(data.decode(charset if charset in _CHARSETS else "cp1252", "replace"), name)
    detail = f"{name[:100]} is not UTF-8; it was read as {charset if charset in _CHARSETS else 'Windows-1252'}."
    return Decoded(text, (PlanWarning("charset_guessed", detail),))


def _check_text(text: str, name: str) -> str:
    """Return a text; raise `UnreadableDocument` if it contains more control characters than text does."""
    if len(_CONTROLS.findall(text[:100_000])) * 100 > len(text[:100_000]):
        raise UnreadableDocument(
            f"{name[:100]} is no text and no document of a known kind.",
            hint="Use EPUB, DOCX, HTML, Markdown, text, CSV, or a PDF that contains text.",
        )
    return text


def read_plain(decoded: Decoded) -> Document:
    """Read plain text, with chapters at headings such as `Chapter 1`; of Project Gutenberg without licence and notes.

    A text of Project Gutenberg has words in italics between underscores, which the format `auto` recognizes.
    """
    text, warnings = decoded.text.replace("\r\n", "\n"), list(decoded.warnings)
    start = _GUTENBERG_START.search(text)
    fields: dict[str, str] = {}
    if start:
        fields = {name.lower(): clean_line(value) for name, value in _FIELD.findall(text[: start.start()])}
        end = _GUTENBERG_END.search(text, start.end())
        text = text[start.end() : end.start() if end else len(text)]
        warnings.append(PlanWarning("licence_left_out", "The licence of Project Gutenberg is not read."))
        text, notes = _ILLUSTRATION.subn("", text)
        text, numbers = _NOTE_NUMBER.subn("", text)
        if notes or numbers:
            detail = f"{notes + numbers} footnotes, references to them and captions are not read."
            warnings.append(PlanWarning("footnotes_left_out", detail))
    language = fields.get("language", "")
    return Document(
        title=fields.get("title", ""),
        author=fields.get("author", ""),
        language=_LANGUAGES.get(language.lower(), language),
        cover=None,
        chapters=_check_chapters(_split_text(text, fields.get("title", ""), InputFormat.AUTO)),
        warnings=tuple(warnings),
    )


def read_markdown(decoded: Decoded) -> Document:
    """Read Markdown, with title, author and language from its front matter, and chapters at its headings."""
    text = decoded.text.replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    pairs = {name.lower(): value.strip("\"'") for name, value in _PAIR.findall(front[1])} if front else {}
    title = clean_line(pairs.get("title", ""))
    return Document(
        title=title,
        author=clean_line(pairs.get("author", "").strip("[]")),
        language=clean_line(pairs.get("lang") or pairs.get("language", "")),
        cover=None,
        chapters=_check_chapters(_split_text(text[front.end() if front else 0 :], title, InputFormat.MARKDOWN)),
        warnings=decoded.warnings,
    )


def read_html_document(decoded: Decoded) -> Document:
    """Read a page of HTML, with chapters at its headings."""
    markup = read_markup(decoded.text)
    if markup.notes:
        notes = frozenset(link.partition("#")[2] for link in markup.notes)
        markup = read_markup(decoded.text, notes)
    title = clean_line(markup.title)
    return Document(
        title=title,
        author=clean_line(markup.author),
        language=clean_line(markup.language),
        cover=None,
        chapters=_check_chapters(split_at_headings(markup.blocks, title)),
        warnings=(*decoded.warnings, *make_warnings(markup.left_out)),
    )


def _split_text(text: str, title: str, format: InputFormat) -> Iterator[Chapter]:
    headings = list(find_headings(text, markdown=format is InputFormat.MARKDOWN))
    starts = [(0, ""), *((text.rfind("\n", 0, one.start) + 1, one.title) for one in headings)]
    for (start, name), end in zip(starts, [*(place for place, _ in starts[1:]), len(text)], strict=True):
        part = text[start:end].strip("\n")
        if part.strip():
            yield Chapter(name or title, part.rstrip(), format)


def _check_chapters(chapters: Iterator[Chapter] | tuple[Chapter, ...]) -> tuple[Chapter, ...]:
    found = tuple(chapters)
    if not found:
        raise UnreadableDocument("The document contains no text.")
    return found
