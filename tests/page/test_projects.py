"""Projects: kept in the browser, opened again, exported and imported; and steps back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.page.book import write_book
from tests.page.browsing import OpenPage, Visit
from tests.serving import Server

WON, MISS, TABLE = "We won!", "I miss her so much.", "The table is made of wood."
UNDO, REDO = "ControlOrMeta+z", "ControlOrMeta+Shift+z"


def make_file(name: str, content: str) -> FilePayload:
    return {"name": name, "mimeType": "", "buffer": content.encode()}


def open_file(visit: Visit, name: str, content: str) -> None:
    visit.page.locator("#file").set_input_files(make_file(name, content))


def part(visit: Visit) -> Any:
    return visit.page.get_by_role("combobox", name="Part", exact=True)


def open_projects(visit: Visit) -> Any:
    visit.page.locator("#project").click()
    return visit.page.get_by_role("dialog", name="Project")


def export(visit: Visit, folder: Path) -> dict[str, Any]:
    with visit.page.expect_download() as started:
        open_projects(visit).get_by_role("button", name="Export as a file").click()
    started.value.save_as(folder / "project.json")
    content: dict[str, Any] = json.loads((folder / "project.json").read_text(encoding="utf-8"))
    return content


def test_a_book_is_edited_undone_played_from_its_middle_and_opened_again(
    open_page: OpenPage, server: Server, tmp_path: Path
) -> None:
    visit = open_page(f"{server.url}/")
    visit.settle()
    book = write_book(100_000)
    open_file(visit, "book.txt", book)
    expect(visit.status).to_contain_text("“book” is open")
    count = part(visit).locator("option").count()
    assert count >= 25
    middle = count // 2
    part(visit).select_option(index=middle)
    expect(visit.tags.nth(2)).to_be_visible()
    visit.settle()
    before = visit.text.input_value()
    assert before in book

    visit.choose(3, "anger")
    visit.text.press("ControlOrMeta+End")
    visit.text.press_sequentially(" The end.")
    expect(visit.marks.last).to_have_text("The end.")
    visit.settle()
    visit.choose(1, "disgust")
    visit.text.press(UNDO)
    visit.text.press(UNDO)
    expect(visit.text).to_have_value(before)
    expect(visit.tags.nth(3)).to_have_text("anger")
    visit.text.press(REDO)
    expect(visit.text).to_have_value(
        before.rstrip() + " The end." if before == before.rstrip() else before + " The end."
    )
    visit.settle()

    visit.tags.nth(4).click()
    visit.requests.clear()
    visit.page.locator("#inspector .from").click()
    expect(visit.page.locator("mark.heard")).to_have_count(1)
    first = visit.requests[0]
    assert first.url.endswith("/synthesize") and len(first.post_data or "") < 6000, "only what is heard next is sent"
    assert visit.read_bodies("/synthesize")[0]["plan"]["utterances"][0]["text"] == visit.marks.nth(4).inner_text()
    visit.page.get_by_role("button", name="Stop").click()

    exported = export(visit, tmp_path)
    edited = visit.text.input_value()
    assert "".join(one["text"] for one in exported["parts"]) == book.replace(before, edited)
    visit.requests.clear()
    visit.page.close()
    visit.page = visit.page.context.new_page()
    visit.watch()
    visit.page.goto(visit.url)
    expect(visit.text).to_have_value(edited)
    expect(visit.tags.nth(3)).to_have_text("anger")
    assert part(visit).evaluate("select => select.selectedIndex") == middle
    assert export(visit, tmp_path) == exported
    # Its plan was kept, too.
    assert edited not in [one["text"] for one in visit.read_bodies("/analyze")]


def test_parts_are_spoken_one_after_the_other(desk: Visit) -> None:
    open_file(desk, "two.md", f"# One\n\n{WON}\n\n# Two\n\n{MISS}")
    expect(part(desk).locator("option")).to_have_text(["1. One", "2. Two"])
    expect(desk.tags).to_have_count(2)
    desk.settle()
    desk.requests.clear()
    desk.page.locator(".play").click()
    expect(part(desk)).to_have_value("2. Two")
    expect(desk.page.locator("mark.heard")).to_have_text(MISS)
    expect(desk.status).to_have_text("Finished.")
    first, second = desk.read_bodies("/synthesize")
    assert first["plan"]["utterances"][-1]["pause_after"] > 0.5
    assert second["plan"]["utterances"][-1]["text"] == MISS


def test_a_text_that_is_pasted_is_cut_and_no_character_is_lost(desk: Visit, tmp_path: Path) -> None:
    text = "This is too long. " * 1200
    desk.text.fill(text)
    expect(part(desk).locator("option").nth(4)).to_be_attached()
    expect(desk.alert).to_be_hidden()
    parts = export(desk, tmp_path)["parts"]
    assert "".join(one["text"] for one in parts) == text
    assert max(len(one["text"]) for one in parts) <= 4000
    desk.page.locator("#undo").click()
    expect(desk.text).not_to_have_value(parts[0]["text"])
    expect(part(desk)).to_be_hidden()


def test_pins_stay_with_their_sentences_when_a_part_is_cut(desk: Visit) -> None:
    desk.write(f"{TABLE}\n\n{WON}", "neutral", "joy")
    desk.choose(1, "fear")
    desk.text.press("ControlOrMeta+Home")
    desk.page.keyboard.insert_text(f"{TABLE} " * 150)
    expect(part(desk).locator("option")).to_have_count(2)
    part(desk).select_option(index=1)
    expect(desk.tags.last).to_have_text("fear")
    expect(desk.marks.last).to_have_text(WON)


def test_projects_are_listed_opened_renamed_and_deleted(desk: Visit) -> None:
    desk.write(WON, "joy")
    open_projects(desk).get_by_role("textbox", name="Name").fill("Victory")
    desk.page.get_by_role("button", name="Done").click()
    expect(desk.page.locator("#project")).to_contain_text("Victory")
    open_projects(desk).get_by_role("button", name="New project").click()
    expect(desk.text).to_have_value("")
    desk.write(MISS, "sadness")
    dialog = open_projects(desk)
    dialog.get_by_role("button", name="Victory").first.click()
    expect(desk.text).to_have_value(WON)
    dialog = open_projects(desk)
    delete = dialog.get_by_role("button", name="Delete Untitled")
    delete.click()
    delete.click()
    expect(dialog.get_by_role("listitem")).to_have_count(0)


def test_an_exported_project_is_the_same_when_it_is_imported(desk: Visit, tmp_path: Path) -> None:
    desk.write(f"{WON} {TABLE} {WON}", "joy", "neutral", "joy")
    desk.choose(2, "fear")
    desk.expressiveness.fill("0.7")
    exported = export(desk, tmp_path)
    desk.page.get_by_role("button", name="Clear").click()
    open_file(desk, "project.json", json.dumps(exported))
    expect(desk.tags).to_have_text(["joy", "neutral", "fear"])
    expect(desk.expressiveness).to_have_value("0.7")
    assert export(desk, tmp_path) == exported


@pytest.mark.parametrize("content", ["{}", "not JSON", '{"format": "intone-project", "parts": 3}'])
def test_a_file_that_is_no_project_is_refused(desk: Visit, content: str) -> None:
    text = desk.text.input_value()
    open_file(desk, "other.json", content)
    expect(desk.alert).to_contain_text("The file cannot be opened")
    expect(desk.text).to_have_value(text)


def test_a_hostile_project_is_shown_as_text(desk: Visit) -> None:
    project = {
        "format": "intone-project",
        "name": "<img src=x onerror=alert(1)>",
        "parts": [
            {"title": "<b>", "text": "<script>alert(1)</script>", "pins": [{"edits": {"emotion": 3, "x": {}}}]},
            None,
        ],
        "settings": {"voices": [1], "lexicon": "no", "expressiveness": 9},
    }
    open_file(desk, "hostile.json", json.dumps(project))
    expect(desk.page.locator("#project")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(part(desk).locator("option")).to_have_text(["1. <b>", "2. Part 2"])
    expect(desk.expressiveness).to_have_value("2")


DROP = """([name, content]) => {
    const data = new DataTransfer();
    data.items.add(new File([content], name));
    for (const kind of ["dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def test_a_text_is_opened_by_dropping_it(desk: Visit) -> None:
    desk.page.evaluate(DROP, ["note.txt", f"{WON}\r\n{MISS}"])
    expect(desk.text).to_have_value(f"{WON}\n{MISS}")
    expect(desk.tags).to_have_text(["joy", "sadness"])
    expect(desk.page.locator("#project")).to_contain_text("note")


def test_the_chapters_of_a_document_become_parts(desk: Visit) -> None:
    chapters = [
        {"title": "One", "text": f"One\n\n{WON}", "format": "text"},
        {"title": "", "text": MISS, "format": "text"},
    ]
    warnings = [{"code": "footnotes_left_out", "detail": "5 footnotes are not read."}]
    document = {"title": "The book", "author": "", "language": "en", "chapters": chapters, "warnings": warnings}
    desk.page.route("**/documents?name=a%20book.epub", lambda route: route.fulfill(json=document))
    open_file(desk, "a book.epub", "PK")
    expect(desk.status).to_have_text("“The book” is open, in 2 parts. 5 footnotes are not read.")
    expect(part(desk).locator("option")).to_have_text(["1. One", "2. Part 2"])
    expect(desk.tags.last).to_have_text("joy")
    assert desk.read_bodies("/analyze")[-1]["input_format"] == "text"


def test_a_browser_that_keeps_nothing_is_reported(open_page: OpenPage, server: Server) -> None:
    page = open_page(f"{server.url}/")
    page.page.add_init_script("indexedDB.open = () => { throw new Error('forbidden'); }")
    page.page.reload()
    page.write(WON, "joy")
    expect(page.page.locator("#unkept")).to_be_visible()
    page.speak()


def test_a_service_without_documents_is_reported(desk: Visit) -> None:
    desk.page.route(
        "**/documents?*",
        lambda route: route.fulfill(status=404, json={"code": "not_found", "title": "", "detail": "", "hint": ""}),
    )
    open_file(desk, "book.epub", "PK")
    expect(desk.alert).to_contain_text("This service does not read documents such as book.epub.")


def write_in(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.wait_for_timeout(300)


def test_two_tabs_do_not_overwrite_each_other(desk: Visit) -> None:
    desk.write(WON, "joy")
    second = desk.page.context.new_page()
    second.goto(desk.url)
    expect(second.locator("#text")).to_have_value(WON)
    write_in(second, TABLE)
    write_in(desk.page, MISS)
    expect(desk.page.locator("#project")).to_contain_text("(copy)")
    desk.page.reload()
    expect(desk.text).to_have_value(MISS)
    second.reload()
    expect(second.locator("#text")).to_have_value(TABLE)
