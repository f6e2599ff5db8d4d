"""Several sentences at once, search, pronunciation, takes and subtitles."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.page.browsing import Visit
from tests.page.test_exporting import download, export
from tests.page.test_projects import open_file, part
from tests.serving import Server

WON, MISS, TABLE = "We won!", "I miss her so much.", "The table is made of wood."


def test_several_sentences_are_selected_and_changed_together(desk: Visit) -> None:
    desk.write(f"{WON} {MISS} {TABLE} {WON}", "joy", "sadness", "neutral", "joy")
    desk.tags.nth(0).click()
    desk.tags.nth(2).click(modifiers=["Shift"])
    heading = desk.page.locator("#inspector h2")
    expect(heading).to_have_text("3 sentences")
    desk.page.locator("#inspector .feeling[data-emotion=fear]").click()
    expect(desk.tags).to_have_text(["fear", "fear", "fear", "joy"])
    desk.set_dial("speed", 1.5)
    desk.text.press("ControlOrMeta+z")
    desk.text.press("ControlOrMeta+z")
    expect(desk.tags).to_have_text(["joy", "sadness", "neutral", "joy"])
    desk.text.press("ControlOrMeta+a")
    expect(heading).to_have_text("4 sentences")


def test_the_panel_says_how_a_sentence_is_read_and_what_is_left_out(desk: Visit) -> None:
    desk.write(f"{WON} Dr. Smith paid $5. She said привет to him.")
    expect(desk.tags).to_have_count(3)
    remarks = desk.page.get_by_role("list", name="Remarks").get_by_role("listitem")
    desk.tags.nth(0).click()
    expect(remarks).to_have_count(0)
    desk.tags.nth(1).click()
    expect(remarks).to_have_text(["Read as “Doctor Smith paid five dollars.”"])
    desk.tags.nth(2).click()
    expect(remarks.first).to_have_text("The voice wren cannot read 6 letters (Cyrillic), which were left out.")


def test_sentences_are_selected_by_keyboard(desk: Visit) -> None:
    desk.write(f"{WON} {MISS} {TABLE}", "joy", "sadness", "neutral")
    desk.text.press("ControlOrMeta+Home")
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Shift+ArrowRight")
    expect(desk.page.locator("#inspector h2")).to_have_text("2 sentences")
    expect(desk.page.locator(".tag.selected")).to_have_count(2)
    expect(desk.page.locator(".tag[aria-pressed=true]")).to_have_count(2)
    desk.page.keyboard.press("ArrowRight")
    expect(desk.page.locator("#inspector h2")).to_have_text("Sentence 3 of 3")


def test_neutral_labels_show_on_hover_only(desk: Visit) -> None:
    desk.write(f"{WON} {TABLE} {TABLE}", "joy", "neutral", "neutral")
    label = desk.tags.nth(2)
    expect(label).to_have_css("opacity", "0")
    box = desk.marks.nth(2).bounding_box()
    assert box
    desk.page.mouse.move(box["x"] + 20, box["y"] + 10)
    expect(label).to_have_css("opacity", "1")


def test_words_are_found_in_all_parts(desk: Visit) -> None:
    open_file(desk, "two.md", f"# One\n\n{WON} {TABLE}\n\n# Two\n\nThe TABLE again.")
    desk.settle()
    desk.text.press("ControlOrMeta+f")
    words = desk.page.get_by_role("searchbox", name="Find in all parts")
    words.fill("table")
    count = desk.page.locator(".find .count")
    expect(count).to_have_text("2 found")
    words.press("Enter")
    expect(count).to_have_text("1 of 2")
    words.press("Enter")
    expect(count).to_have_text("2 of 2")
    expect(part(desk)).to_have_value("2. Two")
    selected = "area => area.value.slice(area.selectionStart, area.selectionEnd)"
    assert desk.text.evaluate(selected) == "TABLE"
    words.press("Shift+Enter")
    expect(count).to_have_text("1 of 2")
    expect(part(desk)).to_have_value("1. One")
    for place in ("2 of 2", "1 of 2"):
        words.press("Enter")
        expect(count).to_have_text(place)
    words.press("Escape")
    expect(desk.text).to_be_focused()


def test_a_pronunciation_is_spoken_and_undone(desk: Visit) -> None:
    desk.write("Siobhan came.")
    desk.settle()
    desk.page.get_by_role("button", name="Pronunciation").click()
    dialog = desk.page.get_by_role("dialog", name="Pronunciation")
    dialog.get_by_role("textbox", name="Word").fill("Siobhan")
    dialog.get_by_role("textbox", name="Read as").fill("/ʃɪˈvɔːn/")
    with desk.page.expect_response("**/analyze"):
        dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_role("listitem")).to_contain_text("Siobhan → /ʃɪˈvɔːn/")
    dialog.get_by_role("button", name="Done").click()
    sent, _ = desk.speak()
    assert "ʃɪˈvɔːn" in sent["plan"]["utterances"][0]["ssml"]
    desk.wait_until_still()
    desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    export(desk, "SSML")
    expect(desk.status).to_have_text("The SSML is on the clipboard.")
    assert "ʃɪˈvɔːn" in desk.read_clipboard()
    desk.page.locator("#undo").click()
    sent, _ = desk.speak()
    assert "ssml" not in sent["plan"]["utterances"][0]


def test_a_retake_sounds_different_and_is_kept(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    _, before = desk.speak()
    desk.wait_until_still()
    desk.tags.nth(1).click()
    retake = desk.page.locator("#inspector .retake")
    with desk.page.expect_response("**/synthesize") as response:
        retake.click()
    expect(retake).to_have_text("Take 2")
    assert response.value.ok
    expect(desk.tags.nth(1)).to_have_class("tag edited")
    sent, after = desk.speak()
    # Only the other take is synthesized; the first sentence is there already.
    assert [one["text"] for one in sent["plan"]["utterances"]] == [MISS]
    assert after["audio"] not in before["audio"]
    desk.wait_until_still()
    desk.page.reload()
    desk.settle()
    desk.tags.nth(1).click()
    expect(retake).to_have_text("Take 2")


@pytest.mark.parametrize(("name", "mark"), [("SRT", ","), ("WebVTT", ".")])
def test_subtitles_have_the_times_of_the_sound(desk: Visit, tmp_path: Path, name: str, mark: str) -> None:
    long = "I only wish that Grandma could see the house by the river, because I miss her, and she would love it."
    desk.write(f"{WON} {long} Is 1 < 2 & 3?")
    expect(desk.marks).to_have_count(3)
    desk.settle()
    _, spoken = desk.speak()
    file = download(desk, name)
    file.save_as(tmp_path / "file")
    text = (tmp_path / "file").read_text(encoding="utf-8")
    assert text.startswith("WEBVTT\n\n" if name == "WebVTT" else "1\n00:00:00,000 --> ")
    times = re.findall(rf"(\d\d):(\d\d):(\d\d)\{mark}(\d\d\d)", text)
    seconds = [int(h) * 3600 + int(m) * 60 + int(s) + int(ms) / 1000 for h, m, s, ms in times]
    assert len(seconds) == 8 and seconds == sorted(seconds)
    utterances = spoken["plan"]["utterances"]
    assert seconds[2] == pytest.approx(utterances[1]["start"], abs=0.002)
    assert seconds[-1] == pytest.approx(utterances[2]["end"], abs=0.002)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 42
    assert ("Is 1 &lt; 2 &amp; 3?" if name == "WebVTT" else "Is 1 < 2 & 3?") in lines


def test_all_parts_are_exported_in_one_archive(desk: Visit, tmp_path: Path) -> None:
    open_file(desk, "two.md", f"# One\n\n{WON}\n\n# Two/3\n\n{MISS}")
    desk.settle()
    desk.page.get_by_role("button", name="Export").click()
    desk.page.get_by_role("radio", name="Each part in a file").check()
    desk.page.keyboard.press("Escape")
    file = download(desk, "WAV")
    assert file.suggested_filename == "two.zip"
    file.save_as(tmp_path / "file.zip")
    with zipfile.ZipFile(tmp_path / "file.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["1 One.wav", "2 Two 3.wav"]
        assert archive.read("1 One.wav").startswith(b"RIFF")


def test_an_export_can_be_cancelled(desk: Visit) -> None:
    desk.write(WON, "joy")
    desk.page.route("**/synthesize", lambda route: None)
    export(desk, "WAV")
    desk.status.get_by_role("button", name="Cancel").click()
    expect(desk.status).to_have_text("Cancelled.")
    expect(desk.alert).to_be_hidden()


def test_only_formats_of_the_service_are_offered(desk: Visit) -> None:
    buttons = desk.page.locator("#export .formats button")
    expect(buttons.filter(has_text=re.compile("^(MP3|WAV|FLAC|Opus|AAC)$"))).to_have_count(5)
    offer = {"formats": ["wav", "m4b", "new"], "max_chars": 9}
    desk.page.route("**/page/service.json", lambda route: route.fulfill(json=offer))
    desk.page.reload()
    expect(buttons).to_have_text(["M4B", "WAV"])


def test_the_plan_of_all_parts_can_be_taken_along(desk: Visit, tmp_path: Path, server: Server) -> None:
    open_file(desk, "two.md", f"# One\n\n{WON}\n\n# Two\n\n{MISS}")
    desk.settle()
    file = download(desk, "Plan")
    assert file.suggested_filename == "two.jsonl"
    file.save_as(tmp_path / "two.jsonl")
    head, *rows = map(json.loads, (tmp_path / "two.jsonl").read_text(encoding="utf-8").splitlines())
    assert head == {"voice": "wren", "title": "two"}
    assert [row["chapter"] for row in rows if "chapter" in row] == ["One", "Two"]
    utterances = [row for row in rows if "text" in row]
    assert [one["text"] for one in utterances if one["emotion"] != "neutral"] == [WON, MISS]
    with server.create_client() as client:
        spoken = client.post("/analyze", json={"plan": {"utterances": utterances}}).json()["utterances"]
    assert [one["seed"] for one in spoken] == [one["seed"] for one in utterances]
