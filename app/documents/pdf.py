"""Read a PDF that contains text with pypdf: chapters from its outline, without headers, footers and page numbers."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from app.documents.document import MAX_DOCUMENT_CHARS, Chapter, Document, clean_line
from app.errors import UnreadableDocument
from app.types import PlanWarning

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_PAGES = 3000
_DAMAGES = (
    *(ValueError, LookupError, TypeError, AttributeError, RuntimeError, ArithmeticError, AssertionError, OSError),
    *(zlib.error, struct.error),
)
"""What pypdf raises for damaged files, besides its own errors."""
_LEAST_CHARS_PER_PAGE = 5
"""Mean number of characters below which pages are images."""
_FEW_LINES = 8
"""Lines of a page whose header and footer are one line each."""
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"[-–— ]*(?:page )?\d{1,4}(?: of \d{1,4}|/\d{1,4})?[-–— ]*", re.IGNORECASE)
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad]\n(?=[a-zà-ÿ])")
_SENTENCE_END = (".", "!", "?", "”", '"', "’", ":", "…")


def read_pdf(data: bytes, check: Callable[[], None]) -> Document:
    """Read a PDF; raise `UnreadableDocument` if it is scanned, protected or damaged. `check` may raise at each page."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableDocument("The PDF is protected by a password.", hint="Save it without a password.")
        if len(reader.pages) > MAX_PAGES:
            raise UnreadableDocument(f"The PDF has {len(reader.pages)} pages, the most is {MAX_PAGES}.")
        pages = list(_extract_pages(reader, check))
        outline = list(_list_outline(reader, reader.outline))
        facts = reader.metadata
    except UnreadableDocument:
        raise
    except NotImplementedError as error:  # other protections than passwords, and rare compressions
        raise UnreadableDocument(f"The PDF cannot be read: {error}.", hint="Export it again, unprotected.") from None
    except (PyPdfError, *_DAMAGES) as error:
        raise UnreadableDocument(f"The PDF is damaged: {error}.", hint="Export it again.") from None
    except ImportError:  # pypdf needs cryptography for AES
        raise UnreadableDocument("The PDF is protected.", hint="Save it without protection.") from None
    if sum(map(len, pages)) < _LEAST_CHARS_PER_PAGE * max(len(pages), 1):
        raise UnreadableDocument(
            "The PDF contains images of pages and no text, as from a scanner.",
            hint="Recognize its text first (OCR), for example with OCRmyPDF.",
        )
    title = clean_line(str((facts and facts.title) or ""))
    kept, dropped = _drop_margins(pages)
    warnings = [PlanWarning("page_layout", "The order of the text is that of the PDF; columns may be mixed.")]
    if dropped:
        detail = f"{dropped} page numbers, headers and footers are not read."
        warnings.append(PlanWarning("page_marks_left_out", detail))
    chapters = tuple(_split_pages(kept, outline, title))
    return Document(title, clean_line(str((facts and facts.author) or "")), "", None, chapters, tuple(warnings))


def _extract_pages(reader: PdfReader, check: Callable[[], None]) -> Iterator[str]:
    count = 0
    for page in reader.pages:
        check()
        text = page.extract_text()
        count += len(text)
        if count > MAX_DOCUMENT_CHARS:
            raise UnreadableDocument(f"The PDF has more than {MAX_DOCUMENT_CHARS} characters.")
        yield text


def _list_outline(reader: PdfReader, entries: Sequence[Any], depth: int = 0) -> Iterator[tuple[int, str]]:
    """Yield page number and title of each entry of the outline, at most two levels deep."""
    for entry in entries:
        if isinstance(entry, list):
            if depth < 1:
                yield from _list_outline(reader, entry, depth + 1)
        elif (page := reader.get_destination_page_number(entry)) is not None and page >= 0:
            yield page, clean_line(str(entry.title))


def _drop_margins(pages: Sequence[str]) -> tuple[list[list[str]], int]:
    """Return the lines of each page without those that are on many pages, and how many were dropped."""
    lines = [[line.strip() for line in page.split("\n") if line.strip()] for page in pages]
    margins = Counter(mask for page in lines for mask in {_mask(page[number]) for number in _list_edges(page)})
    least = max(3, len(pages) // 4)
    kept, dropped = [], 0
    for page in lines:
        edges = _list_edges(page)
        rest = [
            line
            for number, line in enumerate(page)
            if not (number in edges and (_PAGE_NUMBER.fullmatch(line) or margins[_mask(line)] >= least))
        ]
        dropped += len(page) - len(rest)
        kept.append(rest)
    return kept, dropped


def _list_edges(page: Sequence[str]) -> set[int]:
    """Return the numbers of the lines at the top and the bottom of a page that may be headers and footers."""
    depth = 2 if len(page) > _FEW_LINES else min(1, len(page))
    return {*range(depth), *range(len(page) - depth, len(page))}


def _mask(line: str) -> str:
    return _DIGITS.sub("#", line)


def _split_pages(pages: Sequence[Sequence[str]], outline: Sequence[tuple[int, str]], title: str) -> Iterator[Chapter]:
    """Yield a chapter for each page to which the outline leads."""
    starts: dict[int, str] = {}
    for page, name in sorted(outline, key=lambda one: one[0]):
        starts[page] = f"{starts[page]}. {name}" if page in starts else name
    starts.setdefault(0, title)
    ordered = sorted(starts)
    for start, end in zip(ordered, [*ordered[1:], len(pages)], strict=True):
        text = _join_lines([line for page in pages[start:end] for line in page])
        if text.strip():
            yield Chapter(starts[start], text)


def _join_lines(lines: Sequence[str]) -> str:
    """Join the lines of paragraphs: one ends with a short line that ends a sentence."""
    usual = sorted(map(len, lines))[len(lines) * 3 // 4] if lines else 0
    parts = []
    for line in lines:
        ends = len(line) < 0.8 * usual and (line.endswith(_SENTENCE_END) or len(line) < 0.4 * usual)
        parts.append(line + ("\n\n" if ends else "\n"))
    joined = _HYPHEN.sub("", "".join(parts))
    return "\n\n".join(part.replace("\n", " ") for part in joined.split("\n\n")).strip()
