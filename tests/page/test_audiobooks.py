"""One file of all parts, with chapters, title, author and cover."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import av
import pytest
from playwright.sync_api import Route, expect

from tests.documents.novel import AUTHOR, TITLE, make_png, write_novel
from tests.page.browsing import Visit
from tests.page.test_exporting import export
from tests.page.test_projects import MISS, TABLE, WON, open_file, open_projects
from tests.page.test_projects import export as export_project

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
BOOK = f"It begins.\n\n# Öne\n\n{WON} {TABLE}\n\n# Two\n\n{MISS}"


@pytest.fixture
def book(desk: Visit) -> Visit:
    """Return a page with a project of three parts, the last two of them chapters, with an author and a cover."""
    open_file(desk, "The book.md", BOOK)
    expect(desk.status).to_contain_text("is open, in 3 parts")
    dialog = open_projects(desk)
    dialog.get_by_role("textbox", name="Author").fill("Ann Öther")
    choose_cover(desk, PICTURE)
    expect(dialog.get_by_role("img", name="Cover")).to_be_visible()
    dialog.get_by_role("button", name="Done").click()
    desk.settle()
    return desk


def choose_cover(desk: Visit, content: bytes) -> None:
    picture = {"name": "cover.png", "mimeType": "image/png", "buffer": content}
    desk.page.locator(".cover input").set_input_files(picture)  # type: ignore[arg-type]


def export_whole(desk: Visit, name: str) -> None:
    desk.page.get_by_role("button", name="Export").click()
    desk.page.get_by_role("radio", name="All parts, in one file").check()
    desk.page.locator("#export").get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize(("format", "has_cover"), [("m4b", True), ("mp3", True), ("wav", False)])
def test_all_parts_are_one_file_with_chapters_and_tags(
    book: Visit, tmp_path: Path, format: str, has_cover: bool
) -> None:
    with book.page.expect_download() as started:
        export_whole(book, format.upper())
    assert started.value.suggested_filename == f"The book.{format}"
    path = tmp_path / f"book.{format}"
    started.value.save_as(path)
    sent = book.read_bodies("/synthesize")[-3:]
    texts = [[one["text"] for one in body["plan"]["utterances"]] for body in sent]
    assert [one[-1] for one in texts] == ["It begins.", TABLE, MISS]
    assert [body["plan"]["utterances"][-1]["pause_after"] > 0.5 for body in sent] == [True, True, False]
    with av.open(str(path)) as file:
        tags = file.metadata
        assert [tags[name] for name in ("title", "artist")] == ["The book", "Ann Öther"]
        assert "Synthetic speech by Intone, voice wren" in tags["comment"]
        assert len(file.streams.video) == has_cover
        chapters = [(one["metadata"]["title"], float(one["start"] * one["time_base"])) for one in file.chapters()]
        assert [title for title, _ in chapters] == ["The book", "Öne", "Two"]
        rate = file.streams.audio[0].rate
        seconds = float(file.duration or 0) / 1e6
        samples = sum(frame.samples for frame in file.decode(audio=0))
    starts = [start for _, start in chapters]
    assert starts[0] == 0 and starts == sorted(starts) and starts[-1] < samples / rate - 0.8
    assert samples / rate == pytest.approx(seconds, abs=0.1)


def test_an_export_that_failed_goes_on_and_can_be_cancelled(book: Visit) -> None:
    held: list[Route] = []

    def hold_last(route: Route) -> None:
        held.append(route) if MISS in str(route.request.post_data) else route.continue_()

    book.page.route("**/synthesize", hold_last)
    export_whole(book, "M4B")
    while not held:
        book.page.wait_for_timeout(50)
    expect(book.status).to_contain_text("Making part 3 of 3")
    book.status.get_by_role("button", name="Cancel").click()
    expect(book.status).to_have_text("Cancelled.")
    book.requests.clear()
    book.page.unroute("**/synthesize")
    with book.page.expect_download():
        export_whole(book, "M4B")
    assert len(book.read_bodies("/synthesize")) == 1, "what was made before is not made again"


def test_author_and_cover_are_kept_with_the_project(book: Visit, tmp_path: Path) -> None:
    exported = export_project(book, tmp_path)
    assert exported["author"] == "Ann Öther"
    assert exported["cover"] == f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"
    book.page.reload()
    assert export_project(book, tmp_path) == exported
    open_file(book, "project.json", json.dumps({**exported, "name": "Again"}))
    expect(book.page.locator("#project")).to_contain_text("Again")
    assert export_project(book, tmp_path) == {**exported, "name": "Again"}
    open_projects(book).get_by_role("button", name="Remove the cover").click()
    book.page.get_by_role("button", name="Done").click()
    assert "cover" not in export_project(book, tmp_path)


def test_author_and_cover_of_a_document_become_those_of_the_project(desk: Visit, tmp_path: Path) -> None:
    desk.page.locator("#file").set_input_files(write_novel(tmp_path / "novel.epub"))
    expect(desk.page.locator("#project")).to_contain_text(TITLE)
    exported = export_project(desk, tmp_path)
    assert exported["author"] == AUTHOR
    assert exported["cover"] == f"data:image/png;base64,{base64.b64encode(make_png()).decode()}"


@pytest.mark.parametrize("cover", ["data:text/html;base64,PGI+", "https://192.0.2.1/x.png", 3])
def test_a_project_with_a_hostile_cover_has_none(desk: Visit, tmp_path: Path, cover: object) -> None:
    project = {"format": "intone-project", "name": "Other", "cover": cover, "parts": [{"text": WON}]}
    open_file(desk, "other.json", json.dumps(project))
    expect(desk.page.locator("#project")).to_contain_text("Other")
    assert "cover" not in export_project(desk, tmp_path)


def test_a_cover_that_is_too_large_is_refused(desk: Visit) -> None:
    open_projects(desk)
    choose_cover(desk, PICTURE + bytes(3_000_000))
    expect(desk.page.get_by_role("alert").filter(has_text="Choose a JPEG or PNG")).to_be_visible()
    expect(desk.page.locator(".cover img")).to_be_hidden()


def test_one_part_is_an_audiobook_too(book: Visit, tmp_path: Path) -> None:
    with book.page.expect_download() as started:
        export(book, "M4B")
    assert started.value.suggested_filename == "The book, Part 1.m4b"
    started.value.save_as(tmp_path / "part.m4b")
    with av.open(str(tmp_path / "part.m4b")) as file:
        assert (file.metadata["title"], file.metadata["artist"]) == ("The book, Part 1", "Ann Öther")
        assert file.chapters() == []
