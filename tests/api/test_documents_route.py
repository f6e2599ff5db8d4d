"""POST /documents."""

from __future__ import annotations

import base64
from pathlib import Path

import httpx

from tests.documents.novel import AUTHOR, PARTS, TITLE, make_png, write_novel


def test_a_book_is_returned_as_chapters(client: httpx.Client, tmp_path: Path) -> None:
    data = write_novel(tmp_path / "novel.epub").read_bytes()
    response = client.post("/documents", params={"name": "novel.epub"}, content=data)
    assert response.status_code == 200, response.text
    document = response.json()
    assert set(document) == {"title", "author", "language", "cover", "chapters", "warnings"}
    assert (document["title"], document["author"], document["language"]) == (TITLE, AUTHOR, "en-GB")
    assert document["cover"] == f"data:image/png;base64,{base64.b64encode(make_png()).decode()}"
    assert [one["title"] for one in document["chapters"]] == [TITLE, *(part.title for part in PARTS)]
    assert document["chapters"][1]["text"].startswith(f"{PARTS[0].title}\n\nThe letter came")
    assert {one["format"] for one in document["chapters"]} == {"text"}
    assert {one["code"] for one in document["warnings"]} >= {"footnotes_left_out"}
    metrics = client.get("/metrics").text
    assert 'intone_warnings_total{code="footnotes_left_out"}' in metrics


def test_name_or_content_type_tells_kinds_of_text_apart(client: httpx.Client) -> None:
    text = b"---\ntitle: A\n---\n# One\n\nHello."
    named = client.post("/documents", params={"name": "a.md"}, content=text).json()
    typed = client.post("/documents", content=text, headers={"Content-Type": "text/markdown"}).json()
    assert named == typed
    assert (named["title"], named["cover"], named["chapters"][0]["format"]) == ("A", None, "markdown")
    plain = client.post("/documents", content=text).json()
    assert plain["title"] == ""


def test_a_document_that_cannot_be_read_is_a_typed_error(client: httpx.Client) -> None:
    response = client.post("/documents", params={"name": "a.epub"}, content=b"\x7fELF" + bytes(100))
    assert (response.status_code, response.json()["code"]) == (422, "unreadable_document")
    assert "program" in response.json()["detail"]


def test_the_size_of_a_document_is_bounded(client: httpx.Client) -> None:
    response = client.post("/documents", content=b"a " * 3_000_000)
    assert response.status_code == 200
    response = client.post("/documents", content=b"a " * 17_000_000)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
