"""Read EPUB 2 and 3 (W3C EPUB 3.3): the reading order of the spine, chapters from the table of contents."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from app.documents.archive import Archive
from app.documents.document import MAX_DOCUMENT_CHARS, Block, Chapter, Document, clean_line, join_blocks
from app.documents.markup import Markup, close_parser, make_warnings, read_markup
from app.documents.text import decode
from app.errors import UnreadableDocument
from app.images import IMAGE_STARTS
from app.types import PlanWarning

CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FONT_ALGORITHMS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
"""Obfuscations of fonts, which hide no text."""
_TEXT_TYPES = frozenset(("application/xhtml+xml", "text/html", "application/x-dtbook+xml"))
MAX_COVER_BYTES = 10 * 1024 * 1024
MAX_CONTENTS = 5000


@dataclass(frozen=True, slots=True)
class Item:
    """File of the book, from its manifest."""

    path: str
    media_type: str
    properties: frozenset[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """Entry of the table of contents."""

    title: str
    target: str
    """Path and, after `#`, an anchor."""


def read_epub(archive: Archive, check: Callable[[], None]) -> Document:
    """Read a book; raise `UnreadableDocument` if it is protected, damaged or without text. `check` may raise at
    each file."""
    _refuse_protected(archive)
    package_path = _find_package(archive)
    package = archive.read_xml(package_path)
    items = _read_manifest(package, package_path)
    contents = list(_read_contents(archive, package, items))
    spine = list(_read_spine(archive, package, items, check))
    title = clean_line(_find_text(package, "title"))
    blocks, places = _join_files(spine)
    chapters, unresolved = _cut_chapters(blocks, places, contents, title)
    if not chapters:
        raise UnreadableDocument("The book contains no text, only images or an empty spine.")
    left_out = sum((one.left_out for _, one in spine), Counter[str]())
    warnings = list(make_warnings(left_out))
    if unresolved:
        warnings.append(PlanWarning("contents_unresolved", f"{unresolved} entries of the contents lead nowhere."))
    return Document(
        title=title,
        author=clean_line(", ".join(_find_texts(package, "creator"))),
        language=clean_line(_find_text(package, "language")) or next((one.language for _, one in spine), ""),
        cover=_read_cover(archive, package, items),
        chapters=chapters,
        warnings=tuple(warnings),
    )


def _refuse_protected(archive: Archive) -> None:
    """Raise `UnreadableDocument` for a book whose text is encrypted (DRM)."""
    if _ENCRYPTION not in archive.names:
        return
    for data in archive.read_xml(_ENCRYPTION).iter():
        method = data.get("Algorithm", "")
        if _local_name(data) == "EncryptionMethod" and method not in _FONT_ALGORITHMS:
            raise UnreadableDocument(
                "The book is protected (DRM), so its text cannot be read.",
                hint="Use a copy without protection, as its publisher or author can provide.",
            )


def _find_package(archive: Archive) -> str:
    if CONTAINER in archive.names:
        for one in archive.read_xml(CONTAINER).iter():
            if _local_name(one) == "rootfile" and one.get("full-path"):
                return one.get("full-path", "")
    raise UnreadableDocument(f"The EPUB has no {CONTAINER} that names its package.")


def _read_manifest(package: Element, package_path: str) -> dict[str, Item]:
    """Return the files of the book by their ids."""
    items = {}
    for one in package.iter():
        if _local_name(one) == "item":
            path = _resolve(package_path, one.get("href", ""))
            properties = frozenset(one.get("properties", "").split())
            items[one.get("id", "")] = Item(path, one.get("media-type", ""), properties)
    return items


def _read_spine(
    archive: Archive, package: Element, items: Mapping[str, Item], check: Callable[[], None]
) -> Iterator[tuple[str, Markup]]:
    """Yield path and content of each file in reading order, except those beside it, such as notes and contents."""
    paths = []
    for one in package.iter():
        if _local_name(one) == "itemref" and one.get("linear") != "no":
            item = items.get(one.get("idref", ""))
            if item and item.media_type in _TEXT_TYPES and "nav" not in item.properties:
                paths.append(item.path)
    texts = {path: decode(archive.read(path), path).text for path in dict.fromkeys(paths)}
    if sum(map(len, texts.values())) > MAX_DOCUMENT_CHARS:
        raise UnreadableDocument(f"The book has more than {MAX_DOCUMENT_CHARS} characters.")
    # References to notes may precede the file that contains the notes, so all are read before any note is left out.
    first = {}
    for path, text in texts.items():
        check()
        first[path] = read_markup(text)
    notes: defaultdict[str, set[str]] = defaultdict(set)
    for path, markup in first.items():
        for link in markup.notes:
            target, _, anchor = _resolve(path, link).partition("#")
            notes[target].add(anchor)
    for path, text in texts.items():
        check()
        yield path, read_markup(text, frozenset(notes[path])) if path in notes else first[path]


def _join_files(spine: Sequence[tuple[str, Markup]]) -> tuple[list[Block], dict[str, int]]:
    """Return all blocks, and the number of the block to which each address leads."""
    blocks: list[Block] = []
    places: dict[str, int] = {}
    for path, markup in spine:
        places.setdefault(path, len(blocks))
        for block in markup.blocks:
            for anchor in block.anchors:
                places.setdefault(f"{path}#{anchor}", len(blocks))
            blocks.append(block)
    return blocks, places


def _cut_chapters(
    blocks: Sequence[Block], places: Mapping[str, int], contents: Sequence[Entry], title: str
) -> tuple[tuple[Chapter, ...], int]:
    """Return the chapters, and the number of entries of the contents that lead nowhere.

    Without a table of contents, each file that begins with a heading begins a chapter.
    """
    starts: dict[int, str] = {}
    unresolved = 0
    for entry in contents:
        place = places.get(entry.target, places.get(entry.target.partition("#")[0]))
        if place is None:
            unresolved += 1
        elif place < len(blocks):
            starts[place] = f"{starts[place]}. {entry.title}" if place in starts else entry.title
    if not starts:
        files = (place for address, place in places.items() if "#" not in address and place < len(blocks))
        starts = {place: clean_line(blocks[place].text) for place in files if blocks[place].level}
    if blocks and 0 not in starts:
        starts[0] = ""
    ordered = sorted(starts)
    chapters = [
        join_blocks(starts[start], blocks[start:end])
        for start, end in zip(ordered, [*ordered[1:], len(blocks)], strict=True)
    ]
    return tuple(one if one.title else replace(one, title=title) for one in chapters if one.text.strip()), unresolved


def _read_contents(archive: Archive, package: Element, items: Mapping[str, Item]) -> Iterator[Entry]:
    """Yield the entries of the table of contents of EPUB 3, else of the NCX of EPUB 2, nested ones after their own."""
    navigation = next((one for one in items.values() if "nav" in one.properties), None)
    if navigation is not None:
        parser = _Navigation()
        parser.feed(decode(archive.read(navigation.path), navigation.path).text)
        close_parser(parser)
        found = [(title, link) for title, link in parser.entries if title]
        yield from _resolve_entries(navigation.path, found)
        if found:
            return
    named = next((one.get("toc", "") for one in package.iter() if _local_name(one) == "spine"), "")
    ncx = items.get(named) or next((one for one in items.values() if one.media_type.endswith("x-dtbncx+xml")), None)
    if ncx is not None and ncx.path in archive.names:
        yield from _resolve_entries(ncx.path, list(_list_points(archive.read_xml(ncx.path))))


def _resolve_entries(path: str, found: Sequence[tuple[str, str]]) -> Iterator[Entry]:
    for title, link in found[:MAX_CONTENTS]:
        yield Entry(clean_line(title), _resolve(path, link))


def _list_points(root: Element) -> Iterator[tuple[str, str]]:
    """Yield title and address of each point of an NCX, in document order."""
    for point in root.iter():
        if _local_name(point) != "navPoint":
            continue
        label = next((one for one in point if _local_name(one) == "navLabel"), None)
        content = next((one for one in point if _local_name(one) == "content"), None)
        if label is not None and content is not None:
            yield " ".join("".join(label.itertext()).split()), content.get("src", "")


class _Navigation(HTMLParser):
    """Parser of the navigation document, of which only the table of contents counts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.entries: list[tuple[str, str]] = []
        self._in_contents = False
        self._link: str | None = None
        self._title = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "nav":
            self._in_contents = "toc" in values.get("epub:type", "").split() or values.get("role") == "doc-toc"
        elif tag == "a" and self._in_contents:
            self._link, self._title = values.get("href", ""), ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "nav":
            self._in_contents = False
        elif tag == "a" and self._link is not None:
            self.entries.append((" ".join(self._title.split()), self._link))
            self._link = None

    def handle_data(self, data: str) -> None:
        self._title += data if self._link is not None else ""


def _read_cover(archive: Archive, package: Element, items: Mapping[str, Item]) -> bytes | None:
    """Return the cover image if it is JPEG or PNG and not too large."""
    named = {one.get("content", "") for one in package.iter() if one.get("name") == "cover"}
    candidates = [one for one in items.values() if "cover-image" in one.properties]
    candidates += [items[name] for name in named if name in items]
    for item in candidates:
        if item.path in archive.names and (data := archive.read(item.path)).startswith(IMAGE_STARTS):
            return data if len(data) <= MAX_COVER_BYTES else None
    return None


def _find_texts(package: Element, name: str) -> list[str]:
    return [text for one in package.iter() if _local_name(one) == name and (text := " ".join(one.itertext()).strip())]


def _find_text(package: Element, name: str) -> str:
    return next(iter(_find_texts(package, name)), "")


def _local_name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _resolve(base: str, link: str) -> str:
    """Return the address within the archive to which a link in a file leads."""
    path, _, anchor = link.partition("#")
    resolved = posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(path))) if path else base
    return f"{resolved}#{unquote(anchor)}" if anchor else resolved
