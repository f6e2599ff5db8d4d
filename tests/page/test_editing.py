"""Edits are sent and spoken, and survive further typing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.browsing import Visit, read_speech

WON, MISS, TABLE = "We won!", "I miss her so much.", "The table is made of wood."


def test_a_chosen_emotion_is_sent_and_spoken(desk: Visit) -> None:
    desk.write(WON, "joy")
    _, before = desk.speak()
    desk.wait_until_still()
    desk.choose(0, "sadness")
    sent, after = desk.speak()
    desk.wait_until_still()
    assert [one["emotion"] for one in sent["plan"]["utterances"]] == ["sadness"]
    assert (after["plan"]["utterances"][0]["source"], sent["timing"]) == ("pinned", True)
    assert before["audio"] != after["audio"]


def test_an_unedited_plan_is_sent_unchanged(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    sent, response = desk.speak()
    assert [one["source"] for one in response["plan"]["utterances"]] == ["classifier"] * 2
    assert [one["span"] for one in response["plan"]["utterances"]] == [[0, 7], [8, 27]]
    assert set(sent["plan"]) == {"voice", "utterances"}


@pytest.mark.parametrize(("name", "value"), [("degree", 1.6), ("speed", 1.25), ("pitch", -3), ("pause_after", 1.5)])
def test_each_dial_is_sent(desk: Visit, name: str, value: float) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    desk.tags.first.click()
    desk.set_dial(name, value)
    expect(desk.tags.first).to_have_class("tag edited")
    sent, response = desk.speak()
    assert sent["plan"]["utterances"][0][name] == value
    assert sent["plan"]["utterances"][1].get(name) != value
    assert response["plan"]["utterances"][0][name] == value


def test_reset_restores_the_plan(desk: Visit) -> None:
    desk.write(WON, "joy")
    desk.choose(0, "fear")
    desk.set_dial("speed", 1.5)
    expect(desk.page.locator("#inspector .reason")).to_contain_text("You chose this")
    desk.page.get_by_role("button", name="Reset").click()
    expect(desk.tags).to_have_text(["joy"])
    expect(desk.tags.first).to_have_class("tag")
    expect(desk.page.locator("#inspector input[name=speed]")).to_have_value("1")
    expect(desk.page.get_by_role("button", name="Reset")).to_be_disabled()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{TABLE} {WON} {MISS}", ["neutral", "anger", "sadness"]),
        (f"{WON} {TABLE} {MISS}", ["anger", "neutral", "sadness"]),
        (f"{WON} {MISS} {WON}", ["anger", "sadness", "joy"]),
        (f"{MISS} {WON}", ["sadness", "anger"]),
        (f"We really won! {MISS}", ["anger", "sadness"]),
        (f"{MISS}", ["sadness"]),
        (f"{TABLE} {TABLE}", ["neutral", "neutral"]),
    ],
)
def test_an_edit_follows_its_sentence(desk: Visit, text: str, expected: list[str]) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    desk.choose(0, "anger")
    desk.write(text, *expected)


def test_of_two_equal_sentences_the_edited_one_keeps_its_edit(desk: Visit) -> None:
    desk.write(f"{WON} {TABLE} {WON}", "joy", "neutral", "joy")
    desk.choose(2, "fear")
    desk.text.press("ControlOrMeta+Home")
    desk.text.press_sequentially(f"{WON} ")
    expect(desk.tags).to_have_text(["joy", "joy", "neutral", "fear"])


UNDO, REDO = "ControlOrMeta+z", "ControlOrMeta+Shift+z"


@pytest.mark.parametrize("focus", ["#text", "#inspector input[name=speed]"])
def test_undo_takes_back_edits_before_the_text(desk: Visit, focus: str) -> None:
    desk.text.press("ControlOrMeta+a")
    desk.text.press_sequentially(f"{WON} {MISS}")
    expect(desk.tags).to_have_text(["joy", "sadness"])
    desk.settle()
    desk.choose(0, "fear")
    desk.choose(1, "anger")
    desk.page.locator(focus).press(UNDO)
    expect(desk.tags).to_have_text(["fear", "sadness"])
    expect(desk.text).to_have_value(f"{WON} {MISS}")
    desk.page.locator(focus).press(UNDO)
    expect(desk.tags).to_have_text(["joy", "sadness"])
    desk.page.locator(focus).press(REDO)
    desk.page.locator(focus).press(REDO)
    expect(desk.tags).to_have_text(["fear", "anger"])
    expect(desk.text).to_have_value(f"{WON} {MISS}")


def test_the_steps_of_a_dial_are_undone_together(desk: Visit) -> None:
    desk.write(WON, "joy")
    desk.tags.first.click()
    for speed in (1.2, 1.4, 1.6):
        desk.set_dial("speed", speed)
    desk.text.press(UNDO)
    expect(desk.page.locator("#inspector input[name=speed]")).to_have_value("1")
    expect(desk.tags.first).to_have_class("tag")


def test_edits_return_with_their_text(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    desk.choose(0, "fear")
    desk.text.press("ControlOrMeta+a")
    desk.page.keyboard.insert_text(TABLE)
    expect(desk.tags).to_have_text(["neutral"])
    desk.settle()
    desk.text.press(UNDO)
    expect(desk.text).to_have_value(f"{WON} {MISS}")
    expect(desk.tags).to_have_text(["fear", "sadness"])
    desk.text.press(REDO)
    expect(desk.tags).to_have_text(["neutral"])


def test_a_single_sentence_can_be_played(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    desk.choose(1, "fear")
    with desk.page.expect_response("**/synthesize") as response:
        desk.page.get_by_role("button", name="Hear it").click()
    assert response.value.headers["x-emotions"] == "fear"
    utterances = response.value.request.post_data_json["plan"]["utterances"]
    assert [one["text"] for one in utterances] == [MISS]


def test_a_plan_can_be_edited_and_played_by_keyboard(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    press = desk.page.keyboard.press
    desk.text.press("ControlOrMeta+Home")
    press("Tab")
    expect(desk.tags.nth(0)).to_be_focused()
    press("ArrowRight")
    expect(desk.tags.nth(1)).to_be_focused()
    expect(desk.page.locator("#inspector .quote")).to_have_text(MISS)
    press("Enter")
    expect(desk.page.get_by_role("radio", name="sadness")).to_be_focused()
    press("ArrowDown")
    expect(desk.tags).to_have_text(["joy", "anger"])
    press("Tab")
    press("ArrowRight")
    expect(desk.page.get_by_role("slider", name="Strength")).to_have_value("1.1")
    press("Escape")
    expect(desk.tags.nth(1)).to_be_focused()
    with desk.page.expect_response("**/synthesize") as response:
        press("Control+Enter")
    assert [one["emotion"] for one in read_speech(response.value)["plan"]["utterances"]] == ["joy", "anger"]


def test_warnings_of_the_plan_are_shown(desk: Visit) -> None:
    desk.write("…", "neutral")
    desk.speak()
    notes = desk.page.locator("#notes")
    expect(notes.locator("summary")).to_have_text("1 note on how this is spoken")
    notes.locator("summary").click()
    expect(notes.locator("li")).to_have_count(1)
    desk.write(WON, "joy")
    expect(notes).to_be_hidden()
