"""Typing: sentences are coloured during input."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from tests.page.browsing import Visit

WON, MISS = "We won!", "I miss her so much."
SCARED = "I am terrified of that noise!"


def test_the_page_begins_with_an_example_and_has_others(desk: Visit) -> None:
    assert desk.tags.count() >= 4
    before = desk.text.input_value()
    desk.page.get_by_role("group", name="Examples").get_by_role("button").nth(1).click()
    expect(desk.text).not_to_have_value(before)
    expect(desk.tags.first).to_be_visible()
    desk.status.get_by_role("button", name="Undo").click()
    expect(desk.text).to_have_value(before)


def test_typing_colours_sentences(desk: Visit) -> None:
    desk.text.fill("")
    expect(desk.tags).to_have_count(0)
    desk.text.press_sequentially(f"{WON} {MISS}")
    expect(desk.tags).to_have_text(["joy", "sadness"])
    expect(desk.marks).to_have_text([WON, MISS])
    colours = [mark.evaluate("mark => getComputedStyle(mark).backgroundColor") for mark in desk.marks.all()]
    assert len(set(colours)) == 2


def test_a_label_stands_above_the_beginning_of_its_sentence(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}\n\n{SCARED}", "joy", "sadness", "fear")
    for mark, tag in zip(desk.marks.all(), desk.tags.all(), strict=True):
        below, above = mark.bounding_box(), tag.bounding_box()
        assert below and above
        assert abs(above["x"] - below["x"]) < 8
        assert 0 <= below["y"] - above["y"] < 40


def test_the_coloured_text_has_the_height_of_the_typed_text(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}\n\n\t{SCARED}  " * 12)
    sizes = [desk.page.locator(part).evaluate("one => one.scrollHeight") for part in (".backdrop", "#text")]
    assert sizes[0] == sizes[1]


def test_spans_are_counted_in_code_points(desk: Visit) -> None:
    desk.write(f"😀 {WON} 𝕏 is a 👩‍🚀 letter. {MISS}")
    expect(desk.marks).to_have_count(3)
    desk.settle()
    texts = desk.marks.all_inner_texts()
    assert texts[0].endswith(WON) and texts[1] == "𝕏 is a 👩‍🚀 letter." and texts[2] == MISS


def test_a_byte_order_mark_does_not_shift_spans(desk: Visit) -> None:
    desk.write(f"\ufeff{WON} {MISS}", "joy", "sadness")
    expect(desk.marks).to_have_text([WON, MISS])


def test_a_lone_surrogate_is_accepted(desk: Visit) -> None:
    desk.text.fill("")
    desk.text.evaluate(
        "area => { area.value = 'Half \\ud83d a sign. We won!'; area.dispatchEvent(new Event('input')) }"
    )
    expect(desk.marks).to_have_count(2)
    expect(desk.alert).to_be_hidden()


def test_requests_are_debounced_and_never_concurrent(desk: Visit) -> None:
    desk.text.fill("")
    desk.requests.clear()
    desk.text.press_sequentially(MISS, delay=10)
    expect(desk.tags).to_have_count(1)
    desk.settle()
    assert len(desk.read_bodies("/analyze")) <= len(MISS) / 2

    held: list[Route] = []
    desk.page.route("**/analyze", lambda route: held.append(route))
    with desk.page.expect_request("**/analyze"):
        desk.text.press_sequentially("!")
    with desk.page.expect_event("requestfailed") as failed:
        desk.text.press_sequentially(f" {SCARED}")
    assert "ABORTED" in (failed.value.failure or "")
    desk.page.unroute("**/analyze")
    desk.text.press_sequentially(" ")
    expect(desk.tags.last).to_have_text("fear")
    expect(desk.alert).to_be_hidden()


def test_colours_move_with_their_sentences_during_typing(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    desk.page.route("**/analyze", lambda route: None)
    desk.text.press("ControlOrMeta+Home")
    desk.text.press_sequentially("Oh. ")
    expect(desk.marks.last).to_have_text(MISS)
    expect(desk.tags.last).to_have_text("sadness")


def test_the_probabilities_show_on_hover_and_on_focus(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    chances = desk.page.locator("#chances")
    box = desk.marks.nth(1).bounding_box()
    assert box
    desk.page.mouse.move(box["x"] + 20, box["y"] + 10)
    expect(chances).to_be_visible()
    expect(chances.locator("div").first).to_contain_text("sadness")
    expect(chances).to_contain_text("%")
    desk.page.keyboard.press("Escape")
    expect(chances).to_be_hidden()

    desk.text.focus()
    desk.text.press("ControlOrMeta+Home")
    desk.page.keyboard.press("Tab")
    expect(desk.tags.first).to_be_focused()
    expect(chances.locator("div").first).to_contain_text("joy")


def test_a_click_in_the_text_selects_its_sentence(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    box = desk.marks.nth(1).bounding_box()
    assert box
    desk.page.mouse.click(box["x"] + 30, box["y"] + 12)
    expect(desk.page.locator("#inspector .quote")).to_have_text(MISS)
    expect(desk.page.locator("#inspector .feeling:has(:checked)")).to_contain_text("sadness")
    shares = desk.page.locator("#inspector .share").all_inner_texts()
    assert len(shares) == 7 and 95 <= sum(int(share.rstrip("%")) for share in shares) <= 105


def test_a_reload_keeps_text_and_edits(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    desk.choose(0, "anger")
    desk.page.reload()
    expect(desk.text).to_have_value(f"{WON} {MISS}")
    expect(desk.tags).to_have_text(["anger", "sadness"])


def test_an_empty_page_sends_no_request_and_shows_a_hint(desk: Visit) -> None:
    desk.page.get_by_role("button", name="Clear").click()
    expect(desk.tags).to_have_count(0)
    desk.requests.clear()
    desk.page.locator(".play").click()
    expect(desk.status).to_contain_text("Write something first")
    assert not desk.read_bodies("/synthesize") and not desk.read_bodies("/analyze")
