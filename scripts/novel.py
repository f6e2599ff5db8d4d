"""Write a novel of any length as an EPUB with the structure of real ones: `python -m scripts.novel book.epub [WORDS]`.

Its scenes are the fiction of `data/passages.tsv.gz` (CC0), each of which occurs once up to about 180,000 words. It has
a cover, title page, copyright page, dedication, contents in the reading order, parts, chapters and sections in nested
contents, footnotes beside the text and at the end of the book, figures, letters, verses and an afterword.
"""

from __future__ import annotations

import csv
import gzip
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import cycle, groupby
from pathlib import Path

from tests.documents.novel import make_png

TITLE = "The Ledger of Small Hours & Other Weather"
AUTHOR = "Ada Quill"
PASSAGES = Path(__file__).parent.parent / "data" / "passages.tsv.gz"
SCENES_PER_CHAPTER = 9
CHAPTERS_PER_PART = 8
_TITLE_WORDS = 5
_PAGE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" xml:lang="en-GB" lang="en-GB">
<head><title>{title}</title><link rel="stylesheet" href="../style.css"/></head>
<body>{body}</body></html>"""
_CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
_PACKAGE = """<?xml version="1.0"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="i" xml:lang="en-GB">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="i">urn:intone:ledger</dc:identifier>
<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><dc:language>en-GB</dc:language></metadata>
<manifest><item id="style" href="style.css" media-type="text/css"/>
<item id="cover-image" href="images/cover.png" media-type="image/png" properties="cover-image"/>
<item id="contents" href="text/contents.xhtml" media-type="application/xhtml+xml" properties="nav"/>{items}</manifest>
<spine>{spine}</spine></package>"""


@dataclass(frozen=True)
class Section:
    """Entry of the contents."""

    title: str
    """As it is in the list of chapters."""
    address: str
    level: int
    """0 for parts and what is outside of them, 1 for chapters, 2 for sections."""


def read_scenes() -> Iterator[list[str]]:
    """Yield the sentences of each passage of fiction, without end."""
    with gzip.open(PASSAGES, "rt", encoding="utf-8") as file:
        rows = [
            row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row["genre"] == "fiction"
        ]
    yield from cycle([row["text"] for row in group] for _, group in groupby(rows, lambda row: row["passage"]))


def write_novel(path: Path, words: int) -> list[str]:
    """Write the EPUB with at least so many words; return the titles that a list of its chapters has."""
    files = {
        "cover": '<svg xmlns="http://www.w3.org/2000/svg"><image href="../images/cover.png"/></svg>',
        "title": f'<section epub:type="titlepage"><h1>{escape(TITLE)}</h1><p>by {AUTHOR}</p></section>',
        "copyright": '<section epub:type="copyright-page"><p>No rights reserved (CC0).</p></section>',
        "dedication": '<section epub:type="dedication"><p><em>For the keepers of every light.</em></p></section>',
    }
    sections = [Section("Title Page", "title.xhtml", 0), Section("Dedication", "dedication.xhtml", 0)]
    scenes, notes, count, number = read_scenes(), list[str](), 0, 0
    while count < words:
        if number % CHAPTERS_PER_PART == 0:
            name = f"part{number // CHAPTERS_PER_PART + 1}"
            title = f"Part {number // CHAPTERS_PER_PART + 1}"
            files[name] = f'<section epub:type="part"><h1>{title}</h1></section>'
            sections.append(Section(title, f"{name}.xhtml", 0))
        number += 1
        chosen = [next(scenes) for _ in range(SCENES_PER_CHAPTER)]
        count += sum(len(sentence.split()) for scene in chosen for sentence in scene)
        files[f"chapter{number}"] = "".join(_make_chapter(number, chosen, notes, sections))
    files["afterword"] = '<section epub:type="afterword"><h2>Afterword</h2><p>The light is still there.</p></section>'
    sections.append(Section("Afterword", "afterword.xhtml", 0))
    files["notes"] = f'<section epub:type="endnotes"><h2>Notes</h2><ol>{"".join(notes)}</ol></section>'
    _write_archive(path, files, sections)
    return [section.title for section in sections]


def _make_chapter(number: int, scenes: list[list[str]], notes: list[str], sections: list[Section]) -> Iterator[str]:
    """Yield the markup of a chapter, and add its notes and its entries of the contents."""
    file, title = f"chapter{number}.xhtml", _make_title(scenes[0])
    sections.append(Section(f"{number}. {title}", f"{file}#start", 1))
    yield f'<section epub:type="chapter" id="start"><h2><span>Chapter {number}</span><br/>{escape(title)}</h2>'
    yield f'<span epub:type="pagebreak" id="page{10 * number}" title="{10 * number}">{10 * number}</span>'
    for place, scene in enumerate(scenes):
        if place == 4 and number % 4 == 0:
            title = _make_title(scene)
            sections.append(Section(title, f"{file}#section{place}", 2))
            yield f'<h3 id="section{place}">{escape(title)}</h3>'
        elif place:
            yield '<hr class="scene"/>' if number % 2 else '<p class="scene">* * *</p>'
        yield from _make_scene(number, place, scene, notes)
    yield "</section>"


def _make_scene(number: int, place: int, scene: list[str], notes: list[str]) -> Iterator[str]:
    paragraphs = list(_split_paragraphs(scene))
    if place == 0:
        first = paragraphs[0]
        paragraphs[0] = f'<span class="initial">{first[0]}</span>{first[1:]}' if first[0].isalpha() else first
    if place == 1:
        paragraphs[0] += f'<a epub:type="noteref" href="#aside{number}">*</a>'
        paragraphs[-1] += f'<a href="notes.xhtml#note{number}"><sup>{number}</sup></a>'
        notes.append(f'<li id="note{number}"><p>As the parish records have it, volume {number}.</p></li>')
        yield f'<aside epub:type="footnote" id="aside{number}"><p>The spelling is that of the manuscript.</p></aside>'
    if place == 2 and number % 3 == 0:
        yield f'<figure><img src="../images/cover.png" alt="A map"/><figcaption>Plate {number}</figcaption></figure>'
    if place == 3 and number % 3 == 1:
        yield f"<blockquote>{''.join(f'<p>{one}</p>' for one in paragraphs)}</blockquote>"
    elif place == 5 and number % 3 == 2:
        yield f'<p class="verse">{"<br/>".join(paragraphs)}</p>'
    else:
        yield from (f"<p>{one}</p>" for one in paragraphs)


def _split_paragraphs(scene: list[str]) -> Iterator[str]:
    """Yield paragraphs: each speech begins one, and narration has up to four sentences in one."""
    held: list[str] = []
    for sentence in scene:
        if held and (sentence[0] in "\"“'‘" or held[0][0] in "\"“'‘" or len(held) == 4):
            yield " ".join(held)
            held = []
        held.append(escape(sentence, quote=False))
    yield " ".join(held)


def _make_title(scene: list[str]) -> str:
    words = "".join(one for one in scene[0] if one.isalnum() or one in " ’-").split()
    return " ".join(word[:1].upper() + word[1:] for word in words[:_TITLE_WORDS])


def _write_archive(path: Path, files: dict[str, str], sections: list[Section]) -> None:
    pages = {name: _PAGE.format(title=escape(TITLE), body=body) for name, body in files.items()}
    items = "".join(
        f'<item id="{name}" href="text/{name}.xhtml" media-type="application/xhtml+xml"/>' for name in files
    )
    order = ["title", "copyright", "dedication", "contents", *list(files)[4:]]
    spine = '<itemref idref="cover" linear="no"/>' + "".join(f'<itemref idref="{one}"/>' for one in order)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", _CONTAINER)
        package = _PACKAGE.format(title=escape(TITLE), author=AUTHOR, items=items, spine=spine)
        archive.writestr("EPUB/package.opf", package)
        archive.writestr("EPUB/style.css", "p { margin: 0; text-indent: 1em }")
        archive.writestr("EPUB/images/cover.png", make_png(64))
        contents = f'<nav epub:type="toc"><h1>Contents</h1>{_make_contents(sections)}</nav>'
        archive.writestr("EPUB/text/contents.xhtml", _PAGE.format(title="Contents", body=contents))
        for name, page in pages.items():
            archive.writestr(f"EPUB/text/{name}.xhtml", page)


def _make_contents(sections: list[Section], level: int = 0) -> str:
    """Return the nested list of the sections, of which the first has that level."""
    entries, place = [], 0
    while place < len(sections):
        end = place + 1
        while end < len(sections) and sections[end].level > level:
            end += 1
        inner = _make_contents(sections[place + 1 : end], level + 1) if end > place + 1 else ""
        link = f'<a href="{sections[place].address}">{escape(sections[place].title)}</a>'
        entries.append(f"<li>{link}{inner}</li>")
        place = end
    return f"<ol>{''.join(entries)}</ol>"


if __name__ == "__main__":
    write_novel(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 75_000)
