"""Readers of documents: what is read of each kind, and what is refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import pytest

from app.documents.archive import MAX_ENTRIES
from app.documents.read import is_bare_text, read_document
from app.documents.script import MAX_LINES, read_lines
from app.documents.text import Decoded
from app.errors import UnreadableDocument
from app.types import InputFormat
from tests.documents.novel import AUTHOR, PARTS, TITLE, write_novel

GUTENBERG = """The Project Gutenberg eBook of A Walk

Title: A Walk
Author: Jane Roe
Language: English

*** START OF THE PROJECT GUTENBERG EBOOK A WALK ***

CHAPTER I. The Door

[Illustration: a door]

It was _very_ late.[1] She went out.

CHAPTER II. The Road

It rained.

*** END OF THE PROJECT GUTENBERG EBOOK A WALK ***

Updated editions will replace the previous one.
"""


def codes(document: object) -> set[str]:
    return {warning.code for warning in document.warnings}  # type: ignore[attr-defined]


@pytest.mark.parametrize("version", [2, 3])
def test_a_novel_has_its_chapters_without_notes_and_page_marks(tmp_path: Path, version: int) -> None:
    document = read_document(write_novel(tmp_path / "novel.epub", version=version).read_bytes())
    assert (document.title, document.author, document.language) == (TITLE, AUTHOR, "en-GB")
    assert document.cover is not None and document.cover.startswith(b"\x89PNG")
    assert [one.title for one in document.chapters] == [TITLE, *(part.title for part in PARTS)]
    for chapter, part in zip(document.chapters[1:], PARTS, strict=True):
        assert chapter.text == "\n\n".join((part.title, *part.paragraphs))
    assert codes(document) == {"footnotes_left_out", "page_marks_left_out", "images_left_out"}


def test_a_protected_book_is_refused(tmp_path: Path) -> None:
    path = write_novel(tmp_path / "novel.epub")
    method = (
        '<EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#"><EncryptionMethod Algorithm="{}"/></EncryptedData>'
    )
    fonts = method.format("http://www.idpf.org/2008/embedding")
    for content, refused in ((fonts, False), (method.format("http://www.w3.org/2001/04/xmlenc#aes128-cbc"), True)):
        with zipfile.ZipFile(tmp_path / "copy.epub", "w") as copy, zipfile.ZipFile(path) as book:
            for name in book.namelist():
                copy.writestr(name, book.read(name))
            copy.writestr("META-INF/encryption.xml", f"<encryption>{content}</encryption>")
        data = (tmp_path / "copy.epub").read_bytes()
        if refused:
            with pytest.raises(UnreadableDocument, match="DRM"):
                read_document(data)
        else:
            assert len(read_document(data).chapters) == 1 + len(PARTS)


def test_plain_text_of_project_gutenberg_has_no_licence() -> None:
    document = read_document(GUTENBERG.encode(), "walk.txt")
    assert (document.title, document.author, document.language) == ("A Walk", "Jane Roe", "en")
    assert [one.title for one in document.chapters] == ["CHAPTER I. The Door", "CHAPTER II. The Road"]
    assert document.chapters[0].text.endswith("It was _very_ late. She went out.")
    assert "Updated editions" not in document.chapters[1].text
    assert codes(document) == {"licence_left_out", "footnotes_left_out"}


def test_front_matter_of_markdown_names_the_book() -> None:
    text = '---\ntitle: "The Parcel"\nauthor: Ada Quill\nlang: en-US\n---\n\n# One\n\nHello.\n\n## Two\n\nGone.\n'
    document = read_document(text.encode(), "book.md")
    assert (document.title, document.author, document.language) == ("The Parcel", "Ada Quill", "en-US")
    assert [(one.title, one.format) for one in document.chapters] == [
        ("One", InputFormat.MARKDOWN),
        ("Two", InputFormat.MARKDOWN),
    ]
    assert "title:" not in document.chapters[0].text


def test_html_is_cut_at_headings_and_its_notes_are_left_out() -> None:
    text = (
        '<html lang="de"><head><title>Der Weg</title><meta name="author" content="A. B."></head><body><nav>Menu</nav>'
        "<h1>Eins</h1><p>Es war spät<sup><a href='#n1'>1</a></sup>.<p>Noch <b>eine</b> Zeile<br>und eine.<h2>Zwei</h2>"
        "<script>var a = 'x';</script><p>Ende.</p><ol><li id=n1>Die Note.</ol></body></html>"
    )
    document = read_document(text.encode(), "weg.html")
    assert (document.title, document.author, document.language) == ("Der Weg", "A. B.", "de")
    assert [one.text for one in document.chapters] == [
        "Eins\n\nEs war spät.\n\nNoch eine Zeile\nund eine.",
        "Zwei\n\nEnde.",
    ]


def test_superscript_marks_in_links_are_footnotes() -> None:
    page = (
        "<html><body><p>It was late.<a href='#n1'><sup>1</sup></a> x<sup>2</sup> is <a href='#p'>page 4</a>.</p>"
        "<p id='n1'>A note.</p></body></html>"
    )
    document = read_document(page.encode(), "page.html")
    assert document.chapters[0].text == "It was late. x2 is page 4."


def test_rules_of_html_divide_scenes() -> None:
    page = "<html><body><hr/><h1>One</h1><hr/><p>It was late.</p><hr/><hr/><p>It rained.</p><hr/><h1>Two</h1><p>No.</p>"
    document = read_document(page.encode(), "page.html")
    assert [one.text for one in document.chapters] == ["One\n\nIt was late.\n\n* * *\n\nIt rained.", "Two\n\nNo."]


def test_word_documents_are_cut_at_heading_styles() -> None:
    word = docx.Document()
    word.core_properties.title, word.core_properties.author = "The Parcel", "Ada Quill"
    word.add_heading("Chapter One", 1)
    word.add_paragraph("It came at nine.")
    table = word.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Tea", "two pounds"
    word.add_heading("Chapter Two", 1)
    word.add_paragraph("It ticked.")
    stream = io.BytesIO()
    word.save(stream)
    document = read_document(stream.getvalue())
    assert (document.title, document.author) == ("The Parcel", "Ada Quill")
    assert [one.text for one in document.chapters] == [
        "Chapter One\n\nIt came at nine.\n\nTea, two pounds",
        "Chapter Two\n\nIt ticked.",
    ]


def rewrite_word(changes: dict[str, tuple[str, str]]) -> bytes:
    """Return a document of Word with a table, and with other text in some entries."""
    word, stream, changed = docx.Document(), io.BytesIO(), io.BytesIO()
    word.add_paragraph("It came at nine.")
    table = word.add_table(2, 2)
    for number, text in enumerate(("Tea", "two", "Milk", "two")):
        table.cell(number // 2, number % 2).text = text
    word.save(stream)
    with zipfile.ZipFile(stream) as archive, zipfile.ZipFile(changed, "w") as copy:
        for name in archive.namelist():
            content = archive.read(name)
            for old, new in (changes[name],) if name in changes else ():
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            copy.writestr(name, content)
    return changed.getvalue()


BODY = "word/document.xml"
WIDTH = '<w:tcW w:type="dxa" w:w="4320"/>'


@pytest.mark.parametrize(
    ("old", "new", "table"),
    [
        (WIDTH, f'{WIDTH}<w:gridSpan w:val="1000000000"/>', ["Tea, two", "Milk, two"]),
        (WIDTH, f"{WIDTH}<w:vMerge/>", []),
        ("two", "Tea", ["Tea, Tea", "Milk, Tea"]),
    ],
)
def test_cells_of_tables_are_read_once(old: str, new: str, table: list[str]) -> None:
    document = read_document(rewrite_word({BODY: (old, new)}))
    assert document.chapters[0].text.split("\n\n") == ["It came at nine.", *table]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("docProps/core.xml", "<cp:coreProperties", "<<cp:coreProperties"),
        ("word/_rels/document.xml.rels", "<Relationships", "<Relationships><"),
        ("[Content_Types].xml", "<Types", "<Typed"),
        (BODY, WIDTH, f"{WIDTH}</w:tcPr><w:tcPr>"[:-1]),
    ],
)
def test_damaged_word_documents_are_typed_errors(name: str, old: str, new: str) -> None:
    with pytest.raises(UnreadableDocument):
        read_document(rewrite_word({name: (old, new)}))


def test_a_word_document_without_properties_has_no_invented_ones() -> None:
    link = ('Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"', 'Type="x"')
    document = read_document(rewrite_word({"_rels/.rels": link}))
    assert (document.title, document.author) == ("", "")


def make_pdf(*pages: str) -> bytes:
    """Return a PDF of pages with one line of text each; an empty page has no text."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {count}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, page in enumerate(pages):
        lines = "".join(f"({line}) Tj T* " for line in page.split("\n") if line)
        stream = f"BT /F1 12 Tf 14 TL 50 700 Td {lines}ET" if page else ""
        resources = "/Resources<</Font<</F1 3 0 R>>>>/MediaBox[0 0 600 800]"
        objects.append(f"<</Type/Page/Parent 2 0 R{resources}/Contents {5 + 2 * number} 0 R>>")
        objects.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
    data, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj{content}endobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"trailer<</Size {size}/Root 1 0 R>>\nstartxref\n{len(data)}\n%%EOF"
    return f"{data}xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode()


def test_a_pdf_is_read_without_page_numbers_and_hyphens() -> None:
    pages = (f"The Keeper\nThe light was won-\nderful on day {number}.\n{number}" for number in (1, 2, 3, 4))
    document = read_document(make_pdf(*pages))
    assert document.chapters[0].text.startswith("The light was wonderful on day 1.")
    assert "Keeper" not in document.chapters[0].text and "4." in document.chapters[0].text[-3:]
    assert "page_marks_left_out" in codes(document)


def test_a_scanned_pdf_is_refused_with_a_remedy() -> None:
    with pytest.raises(UnreadableDocument, match="scanner") as caught:
        read_document(make_pdf("", ""))
    assert "OCR" in caught.value.hint


def test_a_text_in_another_character_set_is_read_with_a_warning() -> None:
    document = read_document("Caf\xe9 \x93open\x94.".encode("latin-1"), "a.txt")
    assert document.chapters[0].text == "Café “open”."
    assert codes(document) == {"charset_guessed"}
    assert read_document("Café.".encode("utf-16"), "a.txt").chapters[0].text == "Café."


def test_a_declaration_of_utf_8_does_not_lose_other_characters() -> None:
    page = b'<html><head><meta charset="utf-8"><title>A</title></head><body><p>Caf\xe9.</body></html>'
    document = read_document(page, "a.html")
    assert (document.chapters[0].text, codes(document)) == ("Café.", {"charset_guessed"})


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<html><head><title>A</title><body><p>One.", "One."),
        ("<html><head><title>A</title><p>One.", "One."),
        ("<html><body><form><p>One.</p><textarea>Two.</textarea><select><option>Three</select></form>", "One."),
    ],
)
def test_what_a_browser_shows_is_read(page: str, text: str) -> None:
    assert read_document(page.encode(), "a.html").chapters[0].text == text


@pytest.mark.parametrize("field", ["author: Ada Quill", "title: A", "lang: de"])
def test_any_fact_makes_front_matter(field: str) -> None:
    assert not is_bare_text(read_document(f"---\n{field}\n---\n\nHello.\n".encode(), "a.md"))
    assert is_bare_text(read_document(b"Hello.\n", "a.md"))


def test_ids_are_unique_names_of_files() -> None:
    long = "長" * 100
    table = "\n".join(["id,line", *(f"{name},Hello." for name in ("a", "a", "a-2", "A", long, long, "../b"))])
    lines, warnings = read_lines(Decoded(table))
    names = [line.id for line in lines]
    assert names == ["a", "a-2", "a-2-2", "A-3", long[:60], f"{long[:60]}-2", "b"]
    assert len({name.lower() for name in names}) == len(names)
    assert max(len(f"{name}.flac".encode()) for name in names) < 256
    assert [one.code for one in warnings] == ["ids_changed"]


def test_lines_without_a_name_are_reported() -> None:
    text = "INT. KITCHEN\n[k1]  MIRA\t(joy) :  Hello  there.\nGUARD: Halt!\nPELL: No."
    lines, warnings = read_lines(Decoded(text))
    assert [(one.id, one.character, one.emotion, one.text) for one in lines] == [
        ("k1", "MIRA", "joy", "Hello there."),
        ("0002", "GUARD", "", "Halt!"),
        ("0003", "PELL", "", "No."),
    ]
    assert [(one.code, one.detail.split()[0]) for one in warnings] == [("lines_left_out", "1")]


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"a\na" + b" " * 1_000_000 + b"b", "a.script", "no column"),
        (b"line\n" + b"Hello.\n" * (MAX_LINES + 1), "a.csv", "more than"),
        (b"A: Hello.\n" * (MAX_LINES + 1), "a.script", "more than"),
        (b"<p>Hello." + b"<a " * 1_000_000, "a.html", "ends within"),
        (b"<p>Hello.<script>" + b"a</" * 1_000_000, "a.html", "ends within"),
    ],
)
def test_hostile_texts_are_refused_in_linear_time(data: bytes, name: str, words: str) -> None:
    with pytest.raises(UnreadableDocument, match=words):
        read_document(data, name)


def make_zip(**entries: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return stream.getvalue()


BOMB = b"<container>" + b" " * 40_000_000 + b"</container>"
ENTITIES = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><container>&c;</container>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x7fELF\x02\x01\x01" + bytes(100), "a program"),
        (bytes(range(32)) * 20, "no text"),
        (b"   \n", "empty"),
        (b"{\\rtf1 Hello}", "RTF"),
        (bytes(60) + b"BOOKMOBI" + bytes(60), "Kindle"),
        (b"PK\x03\x04 and nothing else", "damaged"),
        (b"%PDF-1.7 and nothing else", "damaged"),
        (make_zip(readme_txt=b"Hello."), "a zip archive"),
        (make_zip(content_xml=b"<a/>"), "OpenDocument"),
        (make_zip(word__document_xml=b"<a/>"), "damaged"),
        (b"<html>" + b"<div>" * 5000 + b"deep", "nested deeper"),
        (make_pdf("Hello.").replace(b"<</Length", b"<</Filter/Rare/Length"), "cannot be read|damaged"),
    ],
)
def test_what_cannot_be_read_is_a_typed_error(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableDocument, match=words):
        read_document(data, "file.bin")


def make_book(container: bytes, entries: int = 0) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", container)
        for number in range(entries):
            archive.writestr(str(number), b"")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (make_book(BOMB), "unpacks to more"),
        (make_book(ENTITIES), "cannot be read safely|not XML"),
        (make_book(b"<container/>", MAX_ENTRIES), "entries"),
        (make_book(b'<container><rootfile full-path="../../etc/passwd"/></container>'), "lacks"),
    ],
)
def test_hostile_archives_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableDocument, match=words):
        read_document(data, "book.epub")
