"""Build a novel as an EPUB: `python -m tests.documents.novel book.epub [REPETITIONS]`.

The text was written for these tests and is in the public domain (CC0).
"""

from __future__ import annotations

import struct
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

TITLE = "The Keeper of Harrow Light"
AUTHOR = "Ada Quill"


@dataclass(frozen=True)
class Part:
    """Chapter of the novel."""

    title: str
    paragraphs: tuple[str, ...]


PARTS = (
    Part(
        "Chapter 1. The Letter",
        (
            "The letter came on a Tuesday, with the coal. Nora read it twice, standing in the doorway, while the rain "
            "ran down her neck.",
            "“They want me to keep the light,” she said. “Me! Nobody has kept it for nine years!” She laughed, and "
            "could not stop laughing.",
            "Her brother put down his cup. “You will be alone out there,” he said quietly. “All winter. I could not "
            "bear it.”",
            "She was so happy that she did not hear him.",
        ),
    ),
    Part(
        "Chapter 2. The Crossing",
        (
            "They crossed on the morning tide. The boatman, a man named Pell, would not look at the tower.",
            "“Something is wrong with that place,” he muttered. “I heard it breathing.” His hands shook on the oars.",
            "“How dare you frighten me like that?” Nora shouted. “Row, or give me the oars!”",
            "He rowed. Behind them the village grew small and grey, and then it was gone.",
        ),
    ),
    Part(
        "Chapter 3. The First Night",
        (
            "There were one hundred and twelve steps. The lamp at the top was black with soot, and the floor smelled "
            "of rotten fish. It was disgusting.",
            "She cleaned until midnight. Then, at last, she lit the wick, and the great lens turned.",
            "Something knocked at the door below. Once. Twice. She held her breath; she was terrified.",
            "“Who is there?” she whispered. Nobody answered.",
        ),
    ),
    Part(
        "Chapter 4. The Visitor",
        (
            "In the morning a seal lay across the threshold, fat and content, and she wept with relief.",
            "“So it was you,” she said. “You terrible, wonderful beast!”",
            "She wrote to her brother that evening. The pen scratched, the lamp turned, and far out on the water a "
            "ship blew its horn three times to thank her.",
        ),
    ),
)
_CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OEBPS/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
_PAGE = """<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" xml:lang="en-GB" lang="en-GB">
<head><title>{title}</title><style>p {{ margin: 0 }}</style></head><body>{body}</body></html>"""
_NOTE = (
    '<a epub:type="noteref" href="notes.xhtml#n{n}">{n}</a>',
    '<li id="n{n}"><p>Harrow Light was dark from 1881. <a href="c{n}.xhtml#r">back</a></p></li>',
)


def make_png(size: int = 16) -> bytes:
    """Return a grey square."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([90]) * size for _ in range(size))
    head = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write_novel(path: Path, repetitions: int = 1, parts: tuple[Part, ...] = PARTS, version: int = 3) -> Path:
    """Write the EPUB; `repetitions` lengthens each chapter, and version 2 has an NCX as its contents."""
    files = {"c0.xhtml": f'<section epub:type="titlepage"><h1>{TITLE}</h1><p>by {AUTHOR}</p></section>'}
    for number, part in enumerate(parts, 1):
        note = _NOTE[0].format(n=number)
        first, *rest = part.paragraphs * repetitions
        paragraphs = [f'{first}{note}<span epub:type="pagebreak" id="p{number}">{number}7</span>', *rest]
        body = "".join(f"<p>{one}</p>" for one in paragraphs)
        files[f"c{number}.xhtml"] = f'<h2 id="top">{part.title}</h2><img src="cover.png" alt="A tower"/>{body}'
    notes = "".join(_NOTE[1].format(n=number) for number in range(1, len(parts) + 1))
    files["notes.xhtml"] = f'<section epub:type="endnotes"><h2>Notes</h2><ol>{notes}</ol></section>'
    items = "".join(f'<item id="{name[:-6]}" href="{name}" media-type="application/xhtml+xml"/>' for name in files)
    spine = "".join(f'<itemref idref="{name[:-6]}"/>' for name in files)
    contents = _write_contents(parts) if version == 3 else _write_ncx(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", _CONTAINER)
        archive.writestr("OEBPS/package.opf", _write_package(items, spine, version))
        archive.writestr("OEBPS/contents", contents)
        archive.writestr("OEBPS/cover.png", make_png())
        for name, body in files.items():
            archive.writestr(f"OEBPS/{name}", _PAGE.format(title=TITLE, body=body))
    return path


def _write_package(items: str, spine: str, version: int) -> str:
    kind = 'application/xhtml+xml" properties="nav' if version == 3 else "application/x-dtbncx+xml"
    toc = "" if version == 3 else ' toc="contents"'
    return f"""<?xml version="1.0"?>
<package xmlns="http://www.idpf.org/2007/opf" version="{version}.0" unique-identifier="i">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="i">urn:intone:novel</dc:identifier>
<dc:title>{TITLE}</dc:title><dc:creator>{AUTHOR}</dc:creator><dc:language>en-GB</dc:language>
<meta name="cover" content="cover"/></metadata><manifest>{items}
<item id="contents" href="contents" media-type="{kind}"/>
<item id="cover" href="cover.png" media-type="image/png"/></manifest><spine{toc}>{spine}</spine></package>"""


def _write_contents(parts: tuple[Part, ...]) -> str:
    """Return a navigation document with two levels: chapters within parts."""
    links = [f'<li><a href="c{number}.xhtml#top">{part.title}</a></li>' for number, part in enumerate(parts, 1)]
    half = len(links) // 2 or 1
    groups = (("Part One", links[:half]), ("Part Two", links[half:]))
    nested = "".join(f"<li><span>{name}</span><ol>{''.join(inner)}</ol></li>" for name, inner in groups if inner)
    body = (
        f'<nav epub:type="toc"><ol>{nested}</ol></nav><nav epub:type="page-list"><ol><li><a href="c1.xhtml#p1">17</a>'
    )
    return _PAGE.format(title="Contents", body=f"{body}</li></ol></nav>")


def _write_ncx(parts: tuple[Part, ...]) -> str:
    points = "".join(
        f'<navPoint id="n{number}"><navLabel><text>{part.title}</text></navLabel><content src="c{number}.xhtml#top"/>'
        "</navPoint>"
        for number, part in enumerate(parts, 1)
    )
    doctype = '<!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://www.daisy.org/z3986/2005/ncx-2005-1.dtd">'
    return f'<?xml version="1.0"?>{doctype}<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>{points}</navMap></ncx>'


if __name__ == "__main__":
    write_novel(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
