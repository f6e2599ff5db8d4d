"""Texts, pins and sounds stay together: while a person types, opens other projects, or the service fails."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Route, expect

from tests.page.book import write_book
from tests.page.browsing import Visit
from tests.page.test_playing import RECORD_PIECES
from tests.page.test_projects import MISS, REDO, TABLE, UNDO, WON, export, open_file, open_projects, part


def test_a_text_that_grows_beyond_a_part_keeps_its_order(desk: Visit, tmp_path: Path) -> None:
    text = write_book(4000)[:3990]
    desk.text.fill(text)
    desk.text.press("ControlOrMeta+End")
    typed = " It went on, and on, and ended."
    desk.text.press_sequentially(typed)
    expect(part(desk)).to_have_value("2. Part 2")
    assert "".join(one["text"] for one in export(desk, tmp_path)["parts"]) == text + typed


def test_playback_leaves_the_part_in_which_a_person_writes(desk: Visit) -> None:
    open_file(desk, "two.md", f"# One\n\n{WON} {TABLE}\n\n# Two\n\n{MISS}")
    expect(desk.tags).to_have_count(3)
    desk.settle()
    desk.page.locator(".play").click()
    expect(desk.page.locator(".transport")).to_have_attribute("data-state", "playing")
    desk.text.press("ControlOrMeta+End")
    desk.text.press_sequentially(" And")
    expect(desk.status).to_have_text("Finished.")
    expect(part(desk)).to_have_value("1. One")
    expect(desk.text).to_have_value(re.compile(" And$"))


def test_nothing_can_be_typed_before_the_project_is_open(desk: Visit) -> None:
    held: list[Route] = []
    desk.page.route("**/page/main.js", lambda route: held.append(route))
    desk.page.reload(wait_until="commit")
    expect(desk.text).not_to_be_editable()
    while not held:
        desk.page.wait_for_timeout(50)
    held.pop().continue_()
    expect(desk.text).to_be_editable()


def test_an_export_has_the_project_with_which_it_began(desk: Visit, tmp_path: Path) -> None:
    held: list[Route] = []
    last = "The end of it came late."

    def hold(route: Route) -> None:
        held.append(route) if MISS in str(route.request.post_data) else route.continue_()

    desk.page.route("**/analyze", hold)
    open_file(desk, "three.md", f"# One\n\n{WON}\n\n# Two\n\n{MISS}\n\n# Three\n\n{last}")
    desk.settle()
    desk.page.get_by_role("button", name="Export").click()
    with desk.page.expect_download() as started:
        desk.page.locator("#export").get_by_role("button", name="Plan").click()
        expect(desk.status).to_contain_text("Making part 2 of 3")
        open_projects(desk).get_by_role("button", name="New project").click()
        expect(desk.text).to_have_value("")
        while len(held) < 2:
            desk.page.wait_for_timeout(50)
        held.pop().continue_()
    assert started.value.suggested_filename == "three.jsonl"
    started.value.save_as(tmp_path / "three.jsonl")
    rows = map(json.loads, (tmp_path / "three.jsonl").read_text(encoding="utf-8").splitlines())
    spoken = [row["text"] for row in rows if "text" in row]
    assert [one for one in spoken if one in (WON, MISS, last)] == [WON, MISS, last]


def test_a_part_without_a_plan_ends_the_playback_and_its_place_is_kept(desk: Visit) -> None:
    problem = {"code": "text_too_long", "title": "The text is too long", "detail": "It is.", "hint": "Cut it."}

    def refuse(route: Route) -> None:
        is_refused = MISS in str(route.request.post_data)
        route.fulfill(status=413, json=problem) if is_refused else route.continue_()

    desk.page.route("**/analyze", refuse)
    open_file(desk, "two.md", f"# One\n\n{WON}\n\n# Two\n\n{MISS}")
    desk.settle()
    desk.page.locator(".play").click()
    expect(desk.page.locator(".transport")).to_have_attribute("data-state", "playing")
    desk.wait_until_still()
    assert "Finished." not in desk.status.inner_text()
    expect(desk.alert).to_contain_text("The text is too long")
    desk.page.unroute("**/analyze")
    sent, _ = desk.speak()
    assert sent["plan"]["utterances"][-1]["text"] == MISS


def test_a_key_that_becomes_invalid_repeats_nothing(desk: Visit) -> None:
    problem = {"code": "unauthorized", "title": "No", "detail": "The key is not known.", "hint": ""}

    def refuse(route: Route) -> None:
        is_refused = MISS in str(route.request.post_data) and not route.request.header_value("authorization")
        route.fulfill(status=401, json=problem) if is_refused else route.continue_()

    open_file(desk, "two.md", f"# One\n\n{WON}\n\n# Two\n\n{MISS}")
    desk.settle()
    desk.page.route("**/synthesize", refuse)
    desk.page.evaluate(RECORD_PIECES)
    desk.page.locator(".play").click()
    desk.page.get_by_role("textbox", name="Key").fill("key-of-alice-0123456789")
    desk.page.get_by_role("button", name="Use this key").click()
    expect(desk.status).to_have_text("Finished.")
    first = desk.page.evaluate("window.pieces.splice(0)")
    part(desk).select_option(index=0)
    desk.page.locator(".play").click()
    expect(desk.status).to_have_text("Finished.")
    second = desk.page.evaluate("window.pieces")
    assert sum(one[1] for one in first) == sum(one[1] for one in second) > 0


def test_a_project_of_other_hands_is_bounded(desk: Visit, tmp_path: Path) -> None:
    pins = [{"at": 300, "text": WON, "edits": {"emotion": "fear"}}]
    text = f"{TABLE}\r\n" * 300 + WON
    project = {"format": "intone-project", "name": "Other", "parts": [{"title": "x" * 999, "text": text, "pins": pins}]}
    open_file(desk, "other.json", json.dumps(project))
    expect(desk.page.locator("#project")).to_contain_text("Other")
    parts = export(desk, tmp_path)["parts"]
    assert "".join(one["text"] for one in parts) == text.replace("\r", "")
    assert max(len(one["text"]) for one in parts) <= 4000
    assert max(len(one["title"]) for one in parts) <= 210
    assert [len(one["pins"]) for one in parts] == [0] * (len(parts) - 1) + [1]
    open_file(desk, "large.json", " " * 10_000_001)
    expect(desk.alert).to_contain_text("large.json is larger than 10 MB.")


def restore_without_plan(desk: Visit) -> None:
    """Undo and redo what is typed, while the service does not answer."""
    desk.page.route("**/analyze", lambda route: None)
    desk.text.press("ControlOrMeta+End")
    desk.page.keyboard.insert_text(" And")
    desk.text.press(UNDO)
    desk.text.press(REDO)
    expect(desk.text).to_have_value(re.compile(" And$"))


def test_equal_sentences_keep_their_pins_before_the_plan(desk: Visit) -> None:
    desk.write(f"{WON} {TABLE} {WON}", "joy", "neutral", "joy")
    desk.choose(2, "fear")
    restore_without_plan(desk)
    desk.choose(0, "anger")
    desk.page.unroute("**/analyze")
    desk.text.press("ControlOrMeta+End")
    desk.text.press_sequentially(" so on.")
    expect(desk.tags).to_have_count(4)
    desk.settle()
    assert desk.tags.all_inner_texts()[:3] == ["anger", "neutral", "fear"]


def test_a_cut_before_the_plan_leaves_pins_with_their_sentences(desk: Visit, tmp_path: Path) -> None:
    desk.write(f"{TABLE}\n\n{WON}", "neutral", "joy")
    desk.choose(1, "fear")
    restore_without_plan(desk)
    desk.text.press("ControlOrMeta+Home")
    desk.page.keyboard.insert_text(f"{TABLE} " * 150)
    expect(part(desk).locator("option")).to_have_count(2)
    assert [len(one["pins"]) for one in export(desk, tmp_path)["parts"]] == [0, 1]


ZIP_OF_5_GB = """async () => {
    const { zipped } = await import("./page/files.js");
    const piece = new Blob([new Uint8Array(1e7)]);
    const file = new Blob(Array(500).fill(piece));
    return zipped([{ name: "large.wav", file }]).then(() => "made", (problem) => problem.title);
}"""


def test_an_archive_that_is_too_large_is_refused(desk: Visit) -> None:
    assert desk.page.evaluate(ZIP_OF_5_GB) == "The file would be too large"
