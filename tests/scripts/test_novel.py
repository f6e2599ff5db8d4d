"""The novel of `scripts/check-novel`: what is read of an EPUB with the structure of real ones."""

from __future__ import annotations

import re
from pathlib import Path

from app.documents.read import read_document
from scripts.novel import AUTHOR, TITLE, write_novel


def test_a_novel_with_nested_contents_is_read_without_what_is_not_text(tmp_path: Path) -> None:
    titles = write_novel(path := tmp_path / "novel.epub", 6000)
    document = read_document(path.read_bytes())
    assert (document.title, document.author, document.language) == (TITLE, AUTHOR, "en-GB")
    assert document.cover is not None
    assert [one.title for one in document.chapters] == titles
    assert titles[:4] == ["Title Page", "Dedication", "Part 1", "1. The Kettle Had Boiled Twice"]
    texts = [one.text for one in document.chapters]
    assert texts[3].startswith("Chapter 1\nThe Kettle Had Boiled Twice\n\nThe kettle had boiled twice before")
    for left_out in ("No rights reserved", "spelling is that", "parish records", "Contents"):
        assert not any(left_out in text for text in texts)
    assert not re.search(r'[.!?"][*\d]', re.sub(r"\d\.\d", "", "".join(texts))), "no marks of footnotes"
    # Rules (in odd chapters) and lines of signs divide nine scenes; a heading divides two of them in the fourth.
    assert [text.count("* * *") for text in texts[3:8]] == [8, 8, 8, 3, 4]
